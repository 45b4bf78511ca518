/**
 * Draws of the balancer: each is a hash of (seed, number of the draw), so that there is no stream to shift: the same seed
 * draws the same, and one group's draws do not touch another's.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { mixWord } from "./hash.ts";

export const Random = layout("Random", 8, {
  seed: i32,
  /** Draws so far; wraps. */
  drawn: u32,
});
export type RandomAddress = Address<"Random">;

export function randomSeed(memory: Memory, random: RandomAddress, seed: number): void {
  Random.seed.set(memory, random, seed | 0);
  Random.drawn.set(memory, random, 0);
}

/** A whole number from 0 to `count` - 1, each as likely as the others to one part in 2^32 / count. `count` from 1 to 2^31. */
export function randomBelow(memory: Memory, random: RandomAddress, count: number): number {
  const ordinal = Random.drawn.get(memory, random);
  Random.drawn.add(memory, random, 1);
  const word = mixWord(mixWord(Random.seed.get(memory, random)) + Math.imul(ordinal, 0x9e37_79b9)) >>> 0;
  return Math.floor((word * count) / 0x1_0000_0000);
}
