/**
 * The pieces that values of the configuration are made of: numbers, parts between colons, names of algorithms. They
 * read spans of the text and leave what they found in the ConfigLine.
 */

import type { Memory } from "../../../hal/memory.ts";
import { ConfigLine, TextSpan, findByte, setSpan } from "./line.ts";
import type { ConfigLineAddress, SpanAddress } from "./line.ts";

const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** Algorithm numbers by their names in configuration text. */
const ALGORITHM_NAMES: readonly { readonly name: string; readonly algorithm: number }[] = Object.freeze([
  { name: "roundrobin", algorithm: 0 },
  { name: "rr", algorithm: 0 },
  { name: "leastconn", algorithm: 1 },
  { name: "lc", algorithm: 1 },
  { name: "weighted", algorithm: 2 },
  { name: "wrr", algorithm: 2 },
  { name: "random", algorithm: 3 },
  { name: "iphash", algorithm: 4 },
]);

/** Whether the span is exactly this ASCII text. */
export function spanIs(memory: Memory, span: SpanAddress, source: Memory, text: string): boolean {
  if (TextSpan.bytes.get(memory, span) !== text.length) return false;
  const at = TextSpan.at.get(memory, span);
  for (let i = 0; i < text.length; i++) if (source.u8[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The algorithm that the span names, or -1. */
export function algorithmNamed(memory: Memory, span: SpanAddress, source: Memory): number {
  for (let i = 0; i < ALGORITHM_NAMES.length; i++) if (spanIs(memory, span, source, ALGORITHM_NAMES[i].name)) return ALGORITHM_NAMES[i].algorithm;
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

function valueEnd(memory: Memory, line: ConfigLineAddress): number {
  const value = ConfigLine.value.at(line);
  return TextSpan.at.get(memory, value) + TextSpan.bytes.get(memory, value);
}
