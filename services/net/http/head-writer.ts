/**
 * Writes heads into a stretch of memory, piece by piece: each function answers the address behind what it wrote. The caller
 * has made room: a head never grows by more than REWRITE_BYTES_MAX.
 */

import type { Memory } from "../../../hal/memory.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import { COLON } from "./characters.ts";

/** What the proxy adds to a head at most: its own fields, an address, a session's name. */
export const REWRITE_BYTES_MAX = 1024;

export function putText(memory: Memory, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) memory.u8[at + i] = text.charCodeAt(i);
  return at + text.length;
}

export function putBytes(memory: Memory, at: number, source: Memory, from: number, bytes: number): number {
  copyBytes(memory, at, source, from, bytes);
  return at + bytes;
}

/** A whole number below 2^53 in decimal. */
export function putNumber(memory: Memory, at: number, value: number): number {
  let digits = 1;
  for (let rest = Math.floor(value / 10); rest > 0; rest = Math.floor(rest / 10)) digits += 1;
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    memory.u8[at + i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  return at + digits;
}

export function putHex(memory: Memory, at: number, value: number): number {
  let cursor = at;
  for (let shift = 28, begun = false; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 15;
    if (digit === 0 && !begun && shift > 0) continue;
    begun = true;
    memory.u8[cursor] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    cursor += 1;
  }
  return cursor;
}

/** An IP address in text: IPv4 dotted, IPv6 as RFC 5952, 4, has it (lower case, the longest run of zeros left out). */
export function putAddress(memory: Memory, at: number, family: number, source: Memory, addressAt: number): number {
  return family === 4 ? putAddress4(memory, at, source, addressAt) : putAddress6(memory, at, source, addressAt);
}

function putAddress4(memory: Memory, at: number, source: Memory, addressAt: number): number {
  let cursor = at;
  for (let i = 0; i < 4; i++) {
    if (i > 0) cursor = putText(memory, cursor, ".");
    cursor = putNumber(memory, cursor, source.u8[addressAt + i]);
  }
  return cursor;
}

const GROUPS = 8;

function putAddress6(memory: Memory, at: number, source: Memory, addressAt: number): number {
  const from = longestZeros(source, addressAt);
  let cursor = at;
  for (let i = 0; i < GROUPS; i++) {
    if (i === from) {
      cursor = putText(memory, cursor, "::");
      i += zerosFrom(source, addressAt, i) - 1;
      continue;
    }
    if (i > 0 && memory.u8[cursor - 1] !== COLON) cursor = putText(memory, cursor, ":");
    cursor = putHex(memory, cursor, groupAt(source, addressAt, i));
  }
  return cursor;
}

/** Position of the first of the longest runs of two zero groups or more; -1 if there is none (RFC 5952, 4.2). */
function longestZeros(source: Memory, addressAt: number): number {
  let longest = 1;
  let from = -1;
  for (let i = 0; i < GROUPS; i++) {
    const zeros = zerosFrom(source, addressAt, i);
    if (zeros <= longest) continue;
    longest = zeros;
    from = i;
  }
  return from;
}

function zerosFrom(source: Memory, addressAt: number, first: number): number {
  let i = first;
  while (i < GROUPS && groupAt(source, addressAt, i) === 0) i++;
  return i - first;
}

function groupAt(source: Memory, addressAt: number, index: number): number {
  return (source.u8[addressAt + 2 * index] << 8) | source.u8[addressAt + 2 * index + 1];
}

/** The field that says who handed a message on, and in which version it came (RFC 9110, 7.6.3). */
export function putVia(memory: Memory, at: number, versionMinor: number): number {
  return putText(memory, putNumber(memory, putText(memory, at, "Via: 1."), versionMinor), " veridian\r\n");
}
