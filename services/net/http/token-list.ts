/** Comma-separated lists of tokens in field values (RFC 9110, 5.6.1), compared without regard to case. */

import type { Memory } from "../../../hal/memory.ts";
import { blanksEnd, nameIs, trimmedEnd } from "./search.ts";

const COMMA = 0x2c;

/** Whether the list from `from` up to `stop` has this member, given in lower case. */
export function hasToken(source: Memory, from: number, stop: number, token: string): boolean {
  for (let cursor = blanksEnd(source, from, stop); cursor < stop; ) {
    const end = memberEnd(source, cursor, stop);
    if (trimmedEnd(source, cursor, end) - cursor === token.length && nameIs(source, cursor, token)) return true;
    cursor = blanksEnd(source, end + 1, stop);
  }
  return false;
}

/** Whether the list has the name of `nameBytes` bytes at `nameAt` as a member. */
export function namesField(source: Memory, from: number, stop: number, nameAt: number, nameBytes: number): boolean {
  for (let cursor = blanksEnd(source, from, stop); cursor < stop; ) {
    const end = memberEnd(source, cursor, stop);
    if (trimmedEnd(source, cursor, end) - cursor === nameBytes && sameName(source, cursor, nameAt, nameBytes)) return true;
    cursor = blanksEnd(source, end + 1, stop);
  }
  return false;
}

function memberEnd(source: Memory, from: number, stop: number): number {
  let cursor = from;
  while (cursor < stop && source.u8[cursor] !== COMMA) cursor++;
  return cursor;
}

function sameName(source: Memory, one: number, other: number, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) if (lower(source.u8[one + i]) !== lower(source.u8[other + i])) return false;
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
