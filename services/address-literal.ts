/**
 * IP literals: text to bytes, for any service. IPv4 is four decimal numbers without leading zeros (as inet_pton
 * has it); IPv6 is RFC 4291 section 2.2: eight groups, "::" at most once for one group or more, the last two groups
 * perhaps dotted. No zone, no brackets, no prefix length.
 */

import type { Memory } from "../hal/memory.ts";

const COLON = 0x3a;
const DOT = 0x2e;

/**
 * 4 or 6 if the `bytes` bytes at `from` are a literal of that family; its bytes then lie at `to` in network order, 16
 * of them, the rest of an IPv4 address zero. 0 if they are no literal: a name, or nonsense; the 16 bytes are then zero.
 */
export function parseAddressLiteral(target: Memory, to: number, source: Memory, from: number, bytes: number): number {
  target.fill(to, 16, 0);
  if (parseVersion4(target, to, source, from, from + bytes)) return 4;
  target.fill(to, 16, 0);
  if (parseVersion6(target, to, source, from, from + bytes)) return 6;
  target.fill(to, 16, 0);
  return 0;
}

function parseVersion4(target: Memory, to: number, source: Memory, from: number, end: number): boolean {
  let at = from;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && (at >= end || source.u8[at++] !== DOT)) return false;
    const begin = at;
    let value = 0;
    while (at < end && at - begin < 4 && isDigit(source.u8[at])) value = value * 10 + source.u8[at++] - 48;
    const digits = at - begin;
    if (digits === 0 || value > 255 || (digits > 1 && source.u8[begin] === 48)) return false;
    target.u8[to + part] = value;
  }
  return at === end;
}

function parseVersion6(target: Memory, to: number, source: Memory, from: number, end: number): boolean {
  if (end - from < 2) return false;
  let at = from;
  let group = 0;
  /** The group that "::" stands before, -1 while there was none. */
  let gap = -1;
  if (source.u8[at] === COLON) {
    if (source.u8[at + 1] !== COLON) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    if (group === 8) return false;
    const next = groupEnd(source, at, end);
    if (next < end && source.u8[next] === DOT) {
      if (group > 6 || !parseVersion4(target, to + group * 2, source, at, end)) return false;
      group += 2;
      at = end;
      break;
    }
    if (next === at || !storeGroup(target, to + group * 2, source, at, next)) return false;
    group += 1;
    at = next;
    if (at === end) break;
    if (source.u8[at++] !== COLON || at === end) return false;
    if (source.u8[at] !== COLON) continue;
    if (gap >= 0) return false;
    gap = group;
    at += 1;
  }
  return gap < 0 ? group === 8 : spread(target, to, gap, group);
}

/** Moves the groups from `gap` on to the end, zeros between. */
function spread(target: Memory, to: number, gap: number, groups: number): boolean {
  if (groups > 7) return false;
  const moved = (groups - gap) * 2;
  target.copy(to + 16 - moved, to + gap * 2, moved);
  target.fill(to + gap * 2, (8 - groups) * 2, 0);
  return true;
}

function groupEnd(source: Memory, from: number, end: number): number {
  let at = from;
  while (at < end && at - from < 5 && hexDigit(source.u8[at]) >= 0) at++;
  return at;
}

function storeGroup(target: Memory, to: number, source: Memory, from: number, end: number): boolean {
  if (end - from > 4) return false;
  let value = 0;
  for (let at = from; at < end; at++) value = (value << 4) | hexDigit(source.u8[at]);
  target.u8[to] = value >> 8;
  target.u8[to + 1] = value;
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function hexDigit(byte: number): number {
  if (isDigit(byte)) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
