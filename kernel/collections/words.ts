/** What the collections share: judging sizes, and filling records word by word. */

import type { Memory } from "../../hal/memory.ts";

/** No collection's records take more than the largest arena. */
const COLLECTION_BYTES_MAX = 2 ** 30;

/** Records are whole words. */
export function isStride(bytes: number): boolean {
  return bytes > 0 && bytes <= COLLECTION_BYTES_MAX && (bytes & 3) === 0 && (bytes | 0) === bytes;
}

/** A bound that can be reached: so many records fit an address. */
export function isCount(count: number, strideBytes: number): boolean {
  return count > 0 && (count | 0) === count && count * strideBytes <= COLLECTION_BYTES_MAX;
}

/** Fills `bytes` bytes (both numbers are multiples of 4) with a word. */
export function fillWords(memory: Memory, at: number, bytes: number, word: number): void {
  const words = memory.i32;
  const end = (at + bytes) >> 2;
  for (let index = at >> 2; index < end; index++) words[index] = word;
}
