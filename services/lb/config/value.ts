/**
 * The pieces that values of the configuration are made of: numbers, parts between colons, items between commas, words.
 * They read spans of the text and leave what they found in the ConfigLine.
 */

import type { Memory } from "../../../hal/memory.ts";
import { UPSTREAM_ALGORITHMS } from "../control.ts";
import { ConfigLine, TextSpan, findByte, setSpan } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** What a token may hold besides letters and digits. */
const TOKEN_MARKS: readonly number[] = Object.freeze([0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e, 0x5f, 0x60, 0x7c, 0x7e]);

/** Names of algorithms in configuration text, and their positions in ALGORITHMS; upstream's first. */
export const ALGORITHM_NAMES: readonly { readonly name: string; readonly algorithm: number }[] = Object.freeze(
  [
    { name: "roundrobin", algorithm: 0 },
    { name: "rr", algorithm: 0 },
    { name: "leastconn", algorithm: 1 },
    { name: "lc", algorithm: 1 },
    { name: "weighted", algorithm: 2 },
    { name: "wrr", algorithm: 2 },
    { name: "random", algorithm: 3 },
    { name: "iphash", algorithm: 4 },
    { name: "p2c", algorithm: 5 },
    { name: "peakewma", algorithm: 6 },
    { name: "ringhash", algorithm: 7 },
    { name: "maglev", algorithm: 8 },
    { name: "rendezvous", algorithm: 9 },
  ].map((entry) => Object.freeze(entry)),
);

/** Whether the span is exactly this ASCII text. */
export function spanIs(memory: Memory, span: SpanAddress, source: Memory, text: string): boolean {
  if (TextSpan.bytes.get(memory, span) !== text.length) return false;
  const at = TextSpan.at.get(memory, span);
  for (let i = 0; i < text.length; i++) if (source.u8[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The algorithm that the span names, one of upstream's or one for semantics=strict; or -1. */
export function algorithmNamed(memory: Memory, span: SpanAddress, source: Memory): number {
  for (let i = 0; i < ALGORITHM_NAMES.length; i++) if (spanIs(memory, span, source, ALGORITHM_NAMES[i].name)) return ALGORITHM_NAMES[i].algorithm;
  return -1;
}

/** The same, of upstream's only. */
export function upstreamAlgorithm(memory: Memory, span: SpanAddress, source: Memory): number {
  const named = algorithmNamed(memory, span, source);
  return named < UPSTREAM_ALGORITHMS ? named : -1;
}

/** Which of the words the span is, from 0; or -1. */
export function wordNamed(memory: Memory, span: SpanAddress, source: Memory, words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) if (spanIs(memory, span, source, words[i])) return i;
  return -1;
}

/**
 * Reads a span of ASCII digits into numberLow and numberHigh. False if there is anything else, or the value exceeds
 * 2^64-1. No digits at all are 0, as upstream has it.
 */
export function readNumber(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress): boolean {
  const begin = TextSpan.at.get(memory, span);
  const end = begin + TextSpan.bytes.get(memory, span);
  let low = 0;
  let high = 0;
  for (let at = begin; at < end; at++) {
    const digit = source.u8[at] - 48;
    if (digit < 0 || digit > 9) return false;
    const product = low * 10 + digit;
    low = product >>> 0;
    high = high * 10 + Math.floor(product / 0x1_0000_0000);
    if (high > 0xffff_ffff) return false;
  }
  ConfigLine.numberLow.set(memory, line, low | 0);
  ConfigLine.numberHigh.set(memory, line, high | 0);
  return true;
}

/** Whether the number that was read is at most `maximum` (below 2^32). */
export function numberAtMost(memory: Memory, line: ConfigLineAddress, maximum: number): boolean {
  return ConfigLine.numberHigh.get(memory, line) === 0 && numberLow(memory, line) <= maximum;
}

/** The lower 32 bits of the number that was read. */
export function numberLow(memory: Memory, line: ConfigLineAddress): number {
  return ConfigLine.numberLow.get(memory, line) >>> 0;
}

/** Whether the span is a number in digits, from `least` to `most` (below 2^32). */
export function isNumber(memory: Memory, line: ConfigLineAddress, source: Memory, span: SpanAddress, least: number, most: number): boolean {
  return TextSpan.bytes.get(memory, span) > 0 && readNumber(memory, line, source, span) && numberAtMost(memory, line, most) && numberLow(memory, line) >= least;
}

/** Whether the span is a token (RFC 9110 5.6.2): the name of a header, a method or a cookie. */
export function isToken(memory: Memory, source: Memory, span: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, span);
  const end = at + TextSpan.bytes.get(memory, span);
  for (let i = at; i < end; i++) if (!isTokenByte(source.u8[i])) return false;
  return end > at;
}

function isTokenByte(byte: number): boolean {
  const letter = byte | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39)) return true;
  return TOKEN_MARKS.includes(byte);
}

/** Begins to cut the value at colons. */
export function partsOpen(memory: Memory, line: ConfigLineAddress): void {
  ConfigLine.restAt.set(memory, line, TextSpan.at.get(memory, ConfigLine.value.at(line)));
}

/** Takes what stands before the next colon, and the colon. False, and nothing taken, if there is no colon. */
export function takeToColon(memory: Memory, line: ConfigLineAddress, source: Memory, part: SpanAddress): boolean {
  const begin = ConfigLine.restAt.get(memory, line);
  const end = valueEnd(memory, line);
  const colon = findByte(source, begin, end, COLON);
  if (colon >= end) return false;
  setSpan(memory, part, begin, colon - begin);
  ConfigLine.restAt.set(memory, line, colon + 1);
  return true;
}

/**
 * The same for an address, in which "[...]" stands for an IPv6 literal with its colons; the part is what the brackets
 * hold. False if no colon follows.
 */
export function takeAddress(memory: Memory, line: ConfigLineAddress, source: Memory, part: SpanAddress): boolean {
  const begin = ConfigLine.restAt.get(memory, line);
  const end = valueEnd(memory, line);
  if (begin >= end || source.u8[begin] !== OPENING_BRACKET) return takeToColon(memory, line, source, part);
  const closing = findByte(source, begin, end, CLOSING_BRACKET);
  if (closing + 1 >= end || source.u8[closing + 1] !== COLON) return false;
  setSpan(memory, part, begin + 1, closing - begin - 1);
  ConfigLine.restAt.set(memory, line, closing + 2);
  return true;
}

/** Whether the part that takeAddress() found stood in brackets. */
export function isBracketed(memory: Memory, source: Memory, part: SpanAddress): boolean {
  const at = TextSpan.at.get(memory, part);
  return at > 0 && source.u8[at - 1] === OPENING_BRACKET;
}

/** Takes all that is left. */
export function takeRest(memory: Memory, line: ConfigLineAddress, part: SpanAddress): void {
  const begin = ConfigLine.restAt.get(memory, line);
  setSpan(memory, part, begin, valueEnd(memory, line) - begin);
}

/** Takes what stands before the next comma, or all that is left, into `item`. False if nothing was left. */
export function takeItem(memory: Memory, line: ConfigLineAddress, source: Memory): boolean {
  const begin = ConfigLine.restAt.get(memory, line);
  const end = valueEnd(memory, line);
  if (begin > end) return false;
  const comma = findByte(source, begin, end, COMMA);
  setSpan(memory, ConfigLine.item.at(line), begin, comma - begin);
  ConfigLine.restAt.set(memory, line, comma + 1);
  return true;
}

/** Whether nothing of the value is left. */
export function isTaken(memory: Memory, line: ConfigLineAddress): boolean {
  return ConfigLine.restAt.get(memory, line) >= valueEnd(memory, line);
}

function valueEnd(memory: Memory, line: ConfigLineAddress): number {
  const value = ConfigLine.value.at(line);
  return TextSpan.at.get(memory, value) + TextSpan.bytes.get(memory, value);
}
