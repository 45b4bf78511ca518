/**
 * The hash by which flows are found: of a flow's key, under a secret (half-sip-hash.ts). Whoever does not know the secret
 * cannot choose addresses and ports that fall together, so that a chain of the table is never much longer than chance makes it.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { halfSipHash } from "./half-sip-hash.ts";
import { FlowKey } from "./segment.ts";

/** Words of a key that differ: addresses and ports. Of IPv4's addresses the first word only. */
const WORDS_6 = FlowKey.family.offset >> 2;
const STRIDE_4 = FlowKey.destination0.offset >> 2;
const WORDS_4 = 3;

/** 32 bits, signed: of the 12 bytes source, destination, ports of an IPv4 key, or the 36 bytes of an IPv6 key. */
export function flowHash(memory: Memory, key: Address<"FlowKey">, secret0: number, secret1: number): number {
  const isVersion4 = FlowKey.family.get(memory, key) === 4;
  return halfSipHash(memory.i32, key >> 2, isVersion4 ? STRIDE_4 : 1, isVersion4 ? WORDS_4 : WORDS_6, 0, 0, secret0, secret1);
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
