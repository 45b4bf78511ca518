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
  let hash = mixBegin(bytes, seed);
  for (let i = 0; i < bytes; i++) hash = mixByte(hash, memory.u8[at + i]);
  return mixWord(hash);
}

/** mixBytes() in steps: mixBegin(), mixByte() for each of so many bytes, and mixWord() at the end. */
export function mixBegin(bytes: number, seed: number): number {
  return mixWord(seed ^ bytes);
}

export function mixByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x0100_0193);
}

/** The polynomial of IEEE 802.3, lowest bit first. */
const POLYNOMIAL = 0xedb8_8320 | 0;

const CRC32_TABLE: readonly number[] = Object.freeze(Array.from({ length: 256 }, (_, byte) => crc32Entry(byte)));

function crc32Entry(byte: number): number {
  let word = byte;
  for (let bit = 0; bit < 8; bit++) word = (word & 1) !== 0 ? (word >>> 1) ^ POLYNOMIAL : word >>> 1;
  return word | 0;
}

/**
 * CRC-32 (IEEE 802.3) in steps: begin with CRC32_BEGIN, add bytes one by one, and complement the result (~) at the end.
 * All three are signed words.
 */
export const CRC32_BEGIN = -1;

export function crc32Byte(crc: number, byte: number): number {
  return CRC32_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
}

/** Adds a word's four bytes, the lowest first. */
export function crc32Word(crc: number, word: number): number {
  return crc32Byte(crc32Byte(crc32Byte(crc32Byte(crc, word), word >>> 8), word >>> 16), word >>> 24);
}

/** Adds `bytes` bytes at `at`. */
export function crc32Bytes(memory: Memory, at: number, bytes: number, crc: number): number {
  let sum = crc;
  for (let i = 0; i < bytes; i++) sum = crc32Byte(sum, memory.u8[at + i]);
  return sum;
}
