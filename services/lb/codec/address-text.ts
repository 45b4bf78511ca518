/**
 * IP addresses as text, written as bytes: IPv4 dotted, IPv6 as RFC 5952 says (lower case, no leading zeros, the longest
 * run of two or more zero groups as "::", the first of equals; an IPv4-mapped address ends dotted, section 5).
 */

import type { Memory } from "../../../hal/memory.ts";

/** The longest text: an IPv4-mapped address has 22 bytes, eight full groups have 39. */
export const ADDRESS_TEXT_BYTES = 40;

const COLON = 0x3a;
const DOT = 0x2e;

/** Writes the address of `family` 4 or 6 that lies at `from` in network order. The number of bytes written at `to`. */
export function writeAddressText(target: Memory, to: number, source: Memory, from: number, family: number): number {
  return family === 4 ? writeVersion4(target, to, source, from) - to : writeVersion6(target, to, source, from) - to;
}

/** These return the address behind the last byte written. */
function writeVersion4(target: Memory, to: number, source: Memory, from: number): number {
  let at = writeDecimal(target, to, source.u8[from]);
  for (let i = 1; i < 4; i++) {
    target.u8[at] = DOT;
    at = writeDecimal(target, at + 1, source.u8[from + i]);
  }
  return at;
}

function writeVersion6(target: Memory, to: number, source: Memory, from: number): number {
  if (isMapped(source, from)) {
    let at = to;
    for (let i = 0; i < MAPPED_PREFIX.length; i++) target.u8[at++] = MAPPED_PREFIX.charCodeAt(i);
    return writeVersion4(target, at, source, from + 12);
  }
  const zeros = longestZeroRun(source, from);
  const first = zeros >> 4;
  const behind = first + (zeros & 15);
  let at = to;
  for (let group = 0; group < 8; group++) {
    if (group >= first && group < behind) {
      if (group === first) at = writeDoubleColon(target, at);
      continue;
    }
    if (group > 0 && group !== behind) target.u8[at++] = COLON;
    at = writeGroup(target, at, (source.u8[from + group * 2] << 8) | source.u8[from + group * 2 + 1]);
  }
  return at;
}

const MAPPED_PREFIX = "::ffff:";

function isMapped(source: Memory, from: number): boolean {
  for (let i = 0; i < 10; i++) if (source.u8[from + i] !== 0) return false;
  return source.u8[from + 10] === 0xff && source.u8[from + 11] === 0xff;
}

function writeDoubleColon(target: Memory, at: number): number {
  target.u8[at] = COLON;
  target.u8[at + 1] = COLON;
  return at + 2;
}

/** First group times 16 plus number of groups of the longest run of at least two zero groups; 8 * 16 if there is none. */
function longestZeroRun(source: Memory, from: number): number {
  let best = 8 << 4;
  let length = 0;
  for (let group = 0; group < 8; group++) {
    const zero = source.u8[from + group * 2] === 0 && source.u8[from + group * 2 + 1] === 0;
    length = zero ? length + 1 : 0;
    if (length > 1 && length > (best & 15)) best = ((group - length + 1) << 4) | length;
  }
  return best;
}

function writeDecimal(target: Memory, to: number, value: number): number {
  let at = to;
  if (value >= 100) target.u8[at++] = 48 + ((value / 100) | 0);
  if (value >= 10) target.u8[at++] = 48 + (((value / 10) | 0) % 10);
  target.u8[at++] = 48 + (value % 10);
  return at;
}

function writeGroup(target: Memory, to: number, value: number): number {
  let at = to;
  for (let shift = 12; shift >= 0; shift -= 4) {
    if (shift > 0 && value >> shift === 0) continue;
    const digit = (value >> shift) & 15;
    target.u8[at++] = digit < 10 ? 48 + digit : 87 + digit;
  }
  return at;
}
