/**
 * The 16-bit one's complement sum of the Internet protocols (RFC 1071), as a NIC computes it over bytes of a frame that
 * may begin anywhere: the first byte is the upper half of the first word, a last odd byte the upper half of a word.
 */

import type { Memory } from "../memory.ts";

/** Folded below 2^32 on the way: so many bytes may be summed without it. */
const BYTES_MAX = 128 * 1024;

/** The sum, folded to 16 bits, of `bytes` bytes (0 to 128 KiB) from `at` on. 0xffff and 0 are the same number. */
export function onesComplementSum(ram: Memory, at: number, bytes: number): number {
  const { u8 } = ram;
  const end = at + Math.min(bytes, BYTES_MAX);
  const even = end - ((end - at) & 1);
  let sum = 0;
  for (let i = at; i < even; i += 2) sum += (u8[i] << 8) | u8[i + 1];
  if (even < end) sum += u8[even] << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

/**
 * Writes the complement of that sum, as a checksum field holds it. A checksum of 0 is written as 0xffff, which is the
 * same number: in UDP 0 says that there is none (RFC 768).
 */
export function writeChecksum(ram: Memory, from: number, bytes: number, at: number): void {
  const checksum = ~onesComplementSum(ram, from, bytes) & 0xffff;
  ram.view.setUint16(at, checksum === 0 ? 0xffff : checksum, false);
}
