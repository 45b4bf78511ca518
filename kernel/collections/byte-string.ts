/**
 * Byte strings: a length and that many bytes, in a heap. They never change. Texts on the machine are bytes, one code
 * point a byte; nothing here knows of characters.
 *
 * Comparing and hashing work on any bytes in any Memory, at any alignment, a word at a time. The caller proves that the
 * range lies in the memory; outside it the view throws.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";

/** The bytes follow the record. */
export const ByteString = layout("ByteString", 4, {
  lengthBytes: i32,
});

/**
 * Copies `length` bytes (0 and more) from `source` at `from` into the heap; `source` may be the heap's own memory. The
 * new string's address, or a negative errno: outOfMemory, invalidArgument. It is given back by `heap.free`.
 */
export function byteStringCreate(heap: Heap, source: Memory, from: number, length: number): Address<"ByteString"> {
  if (!(length >= 0 && from >= 0 && from + length <= source.bytes)) return Errno.invalidArgument as number as Address<"ByteString">;
  const at = heap.allocate(ByteString.size + length) as Address<"ByteString">;
  if (at < 0) return at;
  ByteString.lengthBytes.set(heap.memory, at, length);
  copyBytes(heap.memory, at + ByteString.size, source, from, length);
  return at;
}

export function byteStringLength(memory: Memory, string: Address<"ByteString">): number {
  return ByteString.lengthBytes.get(memory, string);
}

/** The address of the first byte. */
export function byteStringBytes(_memory: Memory, string: Address<"ByteString">): number {
  return string + ByteString.size;
}

export function byteStringEquals(memory: Memory, string: Address<"ByteString">, other: Memory, at: number, length: number): boolean {
  return byteStringLength(memory, string) === length && bytesEqual(memory, string + ByteString.size, other, at, length);
}

export function bytesEqual(memory: Memory, at: number, other: Memory, otherAt: number, length: number): boolean {
  const view = memory.view;
  const otherView = other.view;
  const wholeWords = length & ~3;
  for (let i = 0; i < wholeWords; i += 4) {
    if (view.getInt32(at + i, true) !== otherView.getInt32(otherAt + i, true)) return false;
  }
  for (let i = wholeWords; i < length; i++) {
    if (memory.u8[at + i] !== other.u8[otherAt + i]) return false;
  }
  return true;
}

/** Copies between memories without making a view for it; the ranges do not overlap. */
export function copyBytes(to: Memory, at: number, from: Memory, fromAt: number, length: number): void {
  if (to === from && length > COPY_LOOP_BYTES) {
    to.copy(at, fromAt, length);
    return;
  }
  const view = to.view;
  const fromView = from.view;
  const wholeWords = length & ~3;
  for (let i = 0; i < wholeWords; i += 4) view.setInt32(at + i, fromView.getInt32(fromAt + i, true), true);
  for (let i = wholeWords; i < length; i++) to.u8[at + i] = from.u8[fromAt + i];
}

/** From here on copyWithin beats a loop. */
const COPY_LOOP_BYTES = 64;

/**
 * A 32-bit hash of the bytes, the same wherever they lie. Not secret: who knows the seed can make collisions, so that a
 * table that uses it must be bounded. Mixing constants after MurmurHash3 (Appleby, public domain).
 */
export function bytesHash(memory: Memory, at: number, length: number, seed = 0): number {
  const view = memory.view;
  const wholeWords = length & ~3;
  let hash = seed ^ length;
  for (let i = 0; i < wholeWords; i += 4) hash = mix(hash, view.getInt32(at + i, true));
  let tail = 0;
  for (let i = wholeWords; i < length; i++) tail = (tail << 8) | memory.u8[at + i];
  if (wholeWords !== length) hash = mix(hash, tail);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const spread = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
