/**
 * Configuration text, line by line: what upstream's parser sees before it looks at keys. The text is UTF-8 bytes in
 * shared memory; nothing is copied, a ConfigLine says where things lie.
 *
 * Lines end at LF only. White space is Unicode's White_Space, trimmed from the line and again from key and value. A
 * line that is empty or begins with '#' is skipped. The key is what stands before the first '='.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HostText } from "../routing/host.ts";

/** A part of the text: address in the memory of the text, and length. */
export const TextSpan = layout("TextSpan", 8, { at: i32("scratch"), bytes: i32("scratch") });

/**
 * One line, and what was found in it: each key's judge says what it leaves here. Everything is scratch: it means nothing
 * after the handler.
 */
export const ConfigLine = layout("ConfigLine", 168, {
  /** Where the next line begins, and where the text ends. */
  nextAt: i32("scratch"),
  endAt: i32("scratch"),
  /** From 1. */
  line: i32("scratch"),
  /** First byte of this line, before trimming. */
  startAt: i32("scratch"),
  key: nested(TextSpan),
  value: nested(TextSpan),
  /** Position in the table of keys (keys.ts). */
  keyNumber: i32("scratch"),
  /** Where the part of the value that was not taken yet begins. */
  restAt: i32("scratch"),
  /** The parts of a value that is cut at colons, in their order. */
  first: nested(TextSpan),
  second: nested(TextSpan),
  third: nested(TextSpan),
  /** One item of a list between commas. */
  item: nested(TextSpan),
  /** What a problem is about. */
  fault: nested(TextSpan),
  numberLow: i32("scratch"),
  numberHigh: i32("scratch"),
  port: i32("scratch"),
  vipPort: i32("scratch"),
  algorithm: i32("scratch"),
  weight: u32("scratch"),
  /** Which of a few words stood there. */
  word: i32("scratch"),
  /** Numbers of an option, in their order. */
  number0: u32("scratch"),
  number1: u32("scratch"),
  number2: u32("scratch"),
  number3: u32("scratch"),
  number4: u32("scratch"),

  /* Of the whole text. */
  /** One of Semantics, and the line that says so; 0 if none does. */
  semantics: i32("scratch"),
  semanticsLine: i32("scratch"),
  /** Bit by bit: which of the keys that only one line may have were met. */
  met: i32("scratch"),
  /** The route that method= and header= refine: 0 none in this rule, -1 one that was refused. */
  route: i32("scratch"),
  /** A host or an address that is read only to know that it is one. */
  host: nested(HostText)("scratch"),
});
export type ConfigLineAddress = Address<"ConfigLine">;
export type SpanAddress = Address<"TextSpan">;

export const LineKind = Object.freeze({
  /** The text is at its end. */
  end: 0,
  /** A key and a value. */
  entry: 1,
  /** Text without "=". */
  noEquals: 2,
});

export const EQUALS = 0x3d;
const LINE_FEED = 0x0a;
const HASH = 0x23;

/** Begins at the first line of the `bytes` bytes at `at`. */
export function linesOpen(memory: Memory, line: ConfigLineAddress, at: number, bytes: number): void {
  ConfigLine.nextAt.set(memory, line, at);
  ConfigLine.endAt.set(memory, line, at + bytes);
  ConfigLine.line.set(memory, line, 0);
  ConfigLine.startAt.set(memory, line, at);
}

/** Goes to the next line that is neither empty nor a comment. One of LineKind. */
export function lineNext(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const end = ConfigLine.endAt.get(memory, line);
  for (;;) {
    const begin = ConfigLine.nextAt.get(memory, line);
    if (begin >= end) return LineKind.end;
    const lineEnd = findByte(source, begin, end, LINE_FEED);
    ConfigLine.startAt.set(memory, line, begin);
    ConfigLine.nextAt.set(memory, line, lineEnd + 1);
    ConfigLine.line.add(memory, line, 1);
    const value = ConfigLine.value.at(line);
    setTrimmed(memory, value, source, begin, lineEnd);
    const bytes = TextSpan.bytes.get(memory, value);
    if (bytes === 0 || source.u8[TextSpan.at.get(memory, value)] === HASH) continue;
    return splitAtEquals(memory, line, source);
  }
}

/** The column of a byte of the present line: characters from 1, one for each code point. */
export function columnOf(memory: Memory, line: ConfigLineAddress, source: Memory, at: number): number {
  let column = 1;
  for (let i = ConfigLine.startAt.get(memory, line); i < at; i++) if ((source.u8[i] & 0xc0) !== 0x80) column++;
  return column;
}

export function setSpan(memory: Memory, span: SpanAddress, at: number, bytes: number): void {
  TextSpan.at.set(memory, span, at);
  TextSpan.bytes.set(memory, span, bytes);
}

/** Remembers the span as what the problem is about, and hands the problem on. */
export function fault(memory: Memory, line: ConfigLineAddress, span: SpanAddress, problem: number): number {
  setSpan(memory, ConfigLine.fault.at(line), TextSpan.at.get(memory, span), TextSpan.bytes.get(memory, span));
  return problem;
}

/** Address of the first byte of this value in begin..end, or `end`. */
export function findByte(source: Memory, begin: number, end: number, byte: number): number {
  let at = begin;
  while (at < end && source.u8[at] !== byte) at++;
  return at;
}

function splitAtEquals(memory: Memory, line: ConfigLineAddress, source: Memory): number {
  const value = ConfigLine.value.at(line);
  const begin = TextSpan.at.get(memory, value);
  const end = begin + TextSpan.bytes.get(memory, value);
  const equals = findByte(source, begin, end, EQUALS);
  setTrimmed(memory, ConfigLine.key.at(line), source, begin, equals);
  if (equals === end) return LineKind.noEquals;
  setTrimmed(memory, value, source, equals + 1, end);
  return LineKind.entry;
}

/** The bytes begin..end without white space at either end. */
function setTrimmed(memory: Memory, span: SpanAddress, source: Memory, begin: number, end: number): void {
  let first = begin;
  let last = end;
  for (let width = spaceAt(source, first, last); width > 0; width = spaceAt(source, first, last)) first += width;
  for (let width = spaceBefore(source, first, last); width > 0; width = spaceBefore(source, first, last)) last -= width;
  setSpan(memory, span, first, last - first);
}

/** Bytes of the white space character that ends before `at`; 0 if there is none. */
function spaceBefore(source: Memory, begin: number, at: number): number {
  for (let width = 1; width <= 3 && at - width >= begin; width++) if (spaceAt(source, at - width, at) === width) return width;
  return 0;
}

/** Bytes of the white space character at `at`; 0 if there is none. */
function spaceAt(source: Memory, at: number, end: number): number {
  if (at >= end) return 0;
  const byte = source.u8[at];
  if (byte < 0x80) return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) ? 1 : 0;
  if (byte === 0xc2) return at + 1 < end && (source.u8[at + 1] === 0x85 || source.u8[at + 1] === 0xa0) ? 2 : 0;
  return at + 2 < end && isWideSpace((byte << 16) | (source.u8[at + 1] << 8) | source.u8[at + 2]) ? 3 : 0;
}

/** White space of three bytes, by its UTF-8: U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000. */
function isWideSpace(bytes: number): boolean {
  if (bytes >= 0xe28080 && bytes <= 0xe2808a) return true;
  return bytes === 0xe19a80 || bytes === 0xe280a8 || bytes === 0xe280a9 || bytes === 0xe280af || bytes === 0xe2819f || bytes === 0xe38080;
}
