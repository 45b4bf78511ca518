/**
 * A keyed hash of words: whoever does not know the key can neither guess a value nor find two inputs that share one more
 * easily than by trying. HalfSipHash-1-3 (Aumasson and Bernstein's SipHash over 32-bit words), two words of key, one of
 * result: made for hash tables and short tags, not for secrets that must last.
 */

import type { Memory } from "../../../hal/memory.ts";

const V2 = 0x6c79_6765;
const V3 = 0x7465_6462;
const FINAL_ROUNDS = 3;

/** The hash of `words` words (4-byte aligned) at `at`, and of one word more. */
export function keyedHash(memory: Memory, at: number, words: number, more: number, key0: number, key1: number): number {
  const first = at >> 2;
  // The words, the one more, and the length in bytes as SipHash ends every input; then rounds without input.
  const inputs = words + 2;
  let v0 = key0;
  let v1 = key1;
  let v2 = V2 ^ key0;
  let v3 = V3 ^ key1;
  for (let i = 0; i < inputs + FINAL_ROUNDS; i++) {
    const word = i < words ? memory.i32[first + i] : i === words ? more : i < inputs ? (words + 1) << 26 : 0;
    if (i === inputs) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
