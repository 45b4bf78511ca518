/**
 * The hash by which flows are found: HalfSipHash-1-3 (Aumasson and Bernstein's SipHash over 32-bit words) of a flow's key,
 * under a secret. Whoever does not know the secret cannot choose addresses and ports that fall together, so that a chain
 * of the table is never much longer than chance makes it.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { FlowKey } from "./segment.ts";

const V2 = 0x6c79_6765;
const V3 = 0x7465_6462;
const FINAL_ROUNDS = 3;
/** Words of a key that differ: addresses and ports. Of IPv4's addresses the first word only. */
const WORDS_6 = FlowKey.family.offset >> 2;
const STRIDE_4 = FlowKey.destination0.offset >> 2;
const WORDS_4 = 3;

/** 32 bits, signed: of the 12 bytes source, destination, ports of an IPv4 key, or the 36 bytes of an IPv6 key. */
export function flowHash(memory: Memory, key: Address<"FlowKey">, secret0: number, secret1: number): number {
  const words = memory.i32;
  const first = key >> 2;
  const isVersion4 = FlowKey.family.get(memory, key) === 4;
  const stride = isVersion4 ? STRIDE_4 : 1;
  const count = isVersion4 ? WORDS_4 : WORDS_6;
  let v0 = secret0;
  let v1 = secret1;
  let v2 = V2 ^ secret0;
  let v3 = V3 ^ secret1;
  for (let index = 0; index <= count + FINAL_ROUNDS; index++) {
    // Behind the words their length in bytes; then rounds without input.
    const word = index < count ? words[first + index * stride] : index === count ? count << 26 : 0;
    if (index === count + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return v1 ^ v3;
}

/**
 * One word of a secret: the `ordinal`th that a net of this generation draws from the machine's seed. Each step can be
 * undone (MurmurHash3's finaliser), so words that differ in one of the three only are different.
 */
export function drawSecret(seed: number, generation: number, ordinal: number): number {
  let word = (seed ^ Math.imul(2 * generation + ordinal + 1, 0x9e37_79b9)) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return word ^ (word >>> 16);
}
