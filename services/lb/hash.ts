/** Hashes of the balancer: where a published algorithm names its hash, that algorithm's; elsewhere a 32-bit mixer. */

import type { Memory } from "../../hal/memory.ts";

/** A bijection of 32-bit words in which every bit of the argument reaches every bit of the answer (as a signed word). */
export function mixWord(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xd35a_2d97 | 0);
  return mixed ^ (mixed >>> 15);
}

/** Hash of two words. */
export function mixWords(one: number, other: number): number {
  return mixWord(mixWord(one) ^ Math.imul(other, 0x9e37_79b9));
}

/** Hash of `bytes` bytes at `at`, byte by byte, begun with `seed`. */
export function mixBytes(memory: Memory, at: number, bytes: number, seed: number): number {
  let hash = mixWord(seed ^ bytes);
  for (let i = 0; i < bytes; i++) hash = Math.imul(hash ^ memory.u8[at + i], 0x0100_0193);
  return mixWord(hash);
}
