/**
 * What bodies are made of: bytes that follow from one word. Whoever knows the word and the length knows every byte, so both
 * ends compare a body byte by byte as it comes, without keeping it. A message says its body's word and length in a field,
 * `X-Content: 1a2b3c4d/2048` (eight lower-case hex digits, and the bytes in decimal, without the coding's own).
 */

import type { Memory } from "../../hal/memory.ts";
import { hexDigit, isDigit } from "../../services/net/http/characters.ts";
import { putNumber, putText } from "../../services/net/http/head-writer.ts";

/** In lower case, as field names are compared. */
export const CONTENT_FIELD = "x-content";
/** Bytes of the longest field line. */
export const CONTENT_LINE_BYTES_MAX = 40;

const WORD_DIGITS = 8;
const SLASH = 0x2f;
/** No length is longer: 2^53 has 16 digits. */
const LENGTH_DIGITS_MAX = 15;

/** Bytes `offset` to `offset + bytes` of the body that this word stands for, written at `at`. */
export function writeContent(memory: Memory, at: number, bytes: number, word: number, offset: number): void {
  const { u8 } = memory;
  let four = 0;
  for (let i = 0; i < bytes; i++) {
    const place = offset + i;
    if (i === 0 || (place & 3) === 0) four = fourBytes(word, place);
    u8[at + i] = four >>> ((place & 3) << 3);
  }
}

/** How many of the bytes at `at` are those from `offset` on of the body that this word stands for: all of them, if nothing is wrong. */
export function matchContent(memory: Memory, at: number, bytes: number, word: number, offset: number): number {
  const { u8 } = memory;
  let four = 0;
  for (let i = 0; i < bytes; i++) {
    const place = offset + i;
    if (i === 0 || (place & 3) === 0) four = fourBytes(word, place);
    if (u8[at + i] !== ((four >>> ((place & 3) << 3)) & 0xff)) return i;
  }
  return bytes;
}

/** Writes the field line, its CRLF included; the address behind it. */
export function putContentLine(memory: Memory, at: number, word: number, bytes: number): number {
  let cursor = putText(memory, at, "X-Content: ");
  for (let shift = 28; shift >= 0; shift -= 4) {
    const digit = (word >>> shift) & 15;
    memory.u8[cursor++] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
  memory.u8[cursor++] = SLASH;
  return putText(memory, putNumber(memory, cursor, bytes), "\r\n");
}

/** The length that the field's value says; -1 if it is no such value. */
export function contentBytes(source: Memory, at: number, bytes: number): number {
  const digits = bytes - WORD_DIGITS - 1;
  if (digits < 1 || digits > LENGTH_DIGITS_MAX || source.u8[at + WORD_DIGITS] !== SLASH) return -1;
  for (let i = 0; i < WORD_DIGITS; i++) if (hexDigit(source.u8[at + i]) < 0) return -1;
  let length = 0;
  for (let i = WORD_DIGITS + 1; i < bytes; i++) {
    if (!isDigit(source.u8[at + i])) return -1;
    length = length * 10 + source.u8[at + i] - 0x30;
  }
  return length;
}

/** The word of a value for which contentBytes() was not negative. */
export function contentWord(source: Memory, at: number): number {
  let word = 0;
  for (let i = 0; i < WORD_DIGITS; i++) word = (word << 4) | hexDigit(source.u8[at + i]);
  return word;
}

/** The four bytes among which a place lies; constants after MurmurHash3 (Appleby, public domain). */
function fourBytes(word: number, place: number): number {
  let mixed = Math.imul((place >>> 2) + 0x9e37_79b9, 0x85eb_ca6b) ^ word;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2_ae35);
  return mixed ^ (mixed >>> 13);
}
