/** The keyed hash of a TCP stack: of a connection's key and one word more, under two of the stack's secret words. */

import type { Memory } from "../../../hal/memory.ts";
import { halfSipHash } from "../half-sip-hash.ts";

/** The hash of `words` words (4-byte aligned) at `at`, and of one word more. */
export function keyedHash(memory: Memory, at: number, words: number, more: number, key0: number, key1: number): number {
  return halfSipHash(memory.i32, at >> 2, 1, words, 1, more, key0, key1);
}
