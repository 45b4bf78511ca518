/**
 * The Internet checksum (RFC 1071) over bytes in a Memory.
 *
 * A partial sum is a number from 0 to 0xffff: the one's complement sum of 16-bit words read little-endian, as the host
 * reads them fastest (RFC 1071, 2B: the byte order does not matter until the end). Partial sums of runs that begin at
 * even offsets of the checked data add up, in any order, by handing one to the next. `checksumValue` alone turns a
 * partial sum into the number that a `u16be` field stores.
 *
 * Callers have proven that the bytes lie in memory. Nothing is allocated.
 */

import type { Memory } from "../../hal/memory.ts";

/** What a correct run, its own checksum included, sums to. */
const ALL_ONES = 0xffff;

/** Folds carries of up to 16 bits back in: the argument is any sum below 2^32, signed or not. */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * Adds `bytes` bytes (at most 65,535) at any address to a partial sum. An odd last byte counts as the first of a pair
 * whose second is zero (RFC 1071, 1), so only the last run of checked data may be odd.
 */
export function checksumAdd(memory: Memory, at: number, bytes: number, sum: number): number {
  const view = memory.view;
  const end = at + bytes;
  // 16,384 words of two halves each stay below 2^31 per lane.
  let low = sum;
  let high = 0;
  let from = at;
  for (const last = end - 8; from <= last; from += 8) {
    const first = view.getInt32(from, true);
    const second = view.getInt32(from + 4, true);
    low = (low + (first & 0xffff) + (second & 0xffff)) | 0;
    high = (high + (first >>> 16) + (second >>> 16)) | 0;
  }
  for (const last = end - 2; from <= last; from += 2) low = (low + view.getUint16(from, true)) | 0;
  if (from < end) low = (low + memory.u8[from]) | 0;
  return fold(fold(low) + fold(high));
}

/** Adds one 16-bit number in network order, as it would stand in a header. */
export function checksumAddNumber(sum: number, value: number): number {
  return fold(sum + (((value & 0xff) << 8) | ((value >> 8) & 0xff)));
}

/**
 * The partial sum of a pseudo header (RFC 9293, 3.1 for IPv4; RFC 8200, 8.1 for IPv6): source and destination address
 * side by side, as both IP headers hold them (8 bytes in all for IPv4, 32 for IPv6), protocol number, and length of
 * what the protocol sends, header included (below 65,536).
 */
export function checksumPseudoHeader(memory: Memory, addressesAt: number, addressesBytes: number, protocol: number, bytes: number): number {
  return checksumAddNumber(checksumAddNumber(checksumAdd(memory, addressesAt, addressesBytes, 0), protocol), bytes);
}

/** What belongs in the checksum field, as a number for a `u16be` field, given the sum over all else with that field 0. */
export function checksumValue(sum: number): number {
  const value = ~sum & 0xffff;
  return ((value & 0xff) << 8) | (value >> 8);
}

/** Whether the sum over checked data and its checksum field is right. */
export function checksumHolds(sum: number): boolean {
  return sum === ALL_ONES;
}
