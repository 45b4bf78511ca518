/**
 * Finding the first byte of some class, four bytes at a time. Each function looks at `from..end` only and answers the
 * address of the first such byte, or `end`.
 *
 * The word tests mark bytes with their top bit. A borrow can mark a byte falsely only above one that is marked rightly,
 * so the lowest mark is always true; words are read little-endian, so the lowest is the first.
 */

import type { Memory } from "../../../hal/memory.ts";
import { LF, isBlank, isTokenByte } from "./characters.ts";

const ONES = 0x01010101;
const TOPS = 0x80808080 | 0;

/** Which of a word's four bytes is the first one marked. */
function firstMark(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

/** Bytes of a word that are zero. */
function zeros(word: number): number {
  return (word - ONES) & ~word & TOPS;
}

/** The first line feed. */
export function lineFeedAt(source: Memory, from: number, end: number): number {
  const view = source.view;
  let cursor = from;
  for (const last = end - 4; cursor <= last; cursor += 4) {
    const marks = zeros(view.getInt32(cursor, true) ^ 0x0a0a0a0a);
    if (marks !== 0) return cursor + firstMark(marks);
  }
  while (cursor < end && source.u8[cursor] !== LF) cursor++;
  return cursor;
}

/** The first byte of 0x20 or less: a space or a control byte. */
export function blankOrControlAt(source: Memory, from: number, end: number): number {
  const view = source.view;
  let cursor = from;
  for (const last = end - 4; cursor <= last; cursor += 4) {
    const word = view.getInt32(cursor, true);
    const marks = (word - 0x21212121) & ~word & TOPS;
    if (marks !== 0) return cursor + firstMark(marks);
  }
  while (cursor < end && source.u8[cursor] > 0x20) cursor++;
  return cursor;
}

/** The first control byte: below 0x20, or DEL. */
export function controlAt(source: Memory, from: number, end: number): number {
  const view = source.view;
  let cursor = from;
  for (const last = end - 4; cursor <= last; cursor += 4) {
    const word = view.getInt32(cursor, true);
    const marks = ((word - 0x20202020) & ~word & TOPS) | zeros(word ^ 0x7f7f7f7f);
    if (marks !== 0) return cursor + firstMark(marks);
  }
  while (cursor < end && source.u8[cursor] >= 0x20 && source.u8[cursor] !== 0x7f) cursor++;
  return cursor;
}

/** The first byte that no target holds: a control byte, or "#". */
export function controlOrHashAt(source: Memory, from: number, end: number): number {
  const view = source.view;
  let cursor = from;
  for (const last = end - 4; cursor <= last; cursor += 4) {
    const word = view.getInt32(cursor, true);
    const marks = ((word - 0x20202020) & ~word & TOPS) | zeros(word ^ 0x7f7f7f7f) | zeros(word ^ 0x23232323);
    if (marks !== 0) return cursor + firstMark(marks);
  }
  for (; cursor < end; cursor++) {
    const byte = source.u8[cursor];
    if (byte < 0x20 || byte === 0x7f || byte === 0x23) break;
  }
  return cursor;
}

/** The first byte with this value. */
export function byteAt(source: Memory, from: number, end: number, value: number): number {
  let cursor = from;
  while (cursor < end && source.u8[cursor] !== value) cursor++;
  return cursor;
}

/** The first byte that no token holds. Names are short: byte by byte is no slower than by words. */
export function tokenEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  let cursor = from;
  while (cursor < end && isTokenByte(u8[cursor])) cursor++;
  return cursor;
}

/** The first byte that is neither space nor tab. */
export function blanksEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  let cursor = from;
  while (cursor < end && isBlank(u8[cursor])) cursor++;
  return cursor;
}

/** Where `from..end` ends without the blanks at its end. */
export function trimmedEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  let cursor = end;
  while (cursor > from && isBlank(u8[cursor - 1])) cursor--;
  return cursor;
}

/**
 * Whether the bytes at `at` are this name, given in lower case, without regard to the case of letters (RFC 9110, 5.1).
 * The caller knows that so many bytes are there, and that none of them is a control byte.
 */
export function nameIs(source: Memory, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if ((source.u8[at + i] | 0x20) !== name.charCodeAt(i)) return false;
  return true;
}
