/**
 * A token bucket whose rate is per second: in any span of time it lets through at most burst + rate x seconds requests.
 *
 * It counts in thousandths of a token, of which a tick brings as many as a second brings tokens. So nothing is ever
 * rounded: how often and at which ticks it is asked makes no difference.
 *
 * All in whole numbers below 2^53. The product of elapsed ticks and rate may exceed that; it is then far above the
 * capacity, to which it is cut, however it is rounded.
 */

import type { Address } from "../../../hal/field.ts";
import { u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

/** Ticks in a second, and thousandths in a token. */
const THOUSAND = 1000;

export const SecondBucket = layout("SecondBucket", 24, {
  requestsPerSecond: u32,
  /** Tokens of a full bucket. */
  burst: u32,
  /** Thousandths of a token in it at lastTick. */
  level: u64,
  /** The latest tick at which a token was taken: an earlier one brings nothing. */
  lastTick: u64("time"),
});
export type SecondBucketAddress = Address<"SecondBucket">;

/** A full bucket. Both numbers from 0 to 2^32-1. */
export function secondReset(memory: Memory, bucket: SecondBucketAddress, requestsPerSecond: number, burst: number): void {
  SecondBucket.requestsPerSecond.set(memory, bucket, requestsPerSecond);
  SecondBucket.burst.set(memory, bucket, burst);
  SecondBucket.level.set(memory, bucket, burst * THOUSAND);
  SecondBucket.lastTick.set(memory, bucket, 0);
}

/** Whether there is a token. `tick` from 0 to 2^53-1, and may lie before an earlier call's. */
export function secondAllows(memory: Memory, bucket: SecondBucketAddress, tick: number): boolean {
  return levelAt(memory, bucket, tick) >= THOUSAND;
}

/** Takes one token if there is one, else changes nothing. */
export function secondTake(memory: Memory, bucket: SecondBucketAddress, tick: number): boolean {
  const level = levelAt(memory, bucket, tick);
  if (level < THOUSAND) return false;
  SecondBucket.level.set(memory, bucket, level - THOUSAND);
  if (tick > SecondBucket.lastTick.get(memory, bucket)) SecondBucket.lastTick.set(memory, bucket, tick);
  return true;
}

/** The first tick by which this bucket is full again if nobody takes from it. Above 2^53-1 for one that no tick reaches. It never falls. */
export function secondFullTick(memory: Memory, bucket: SecondBucketAddress): number {
  const last = SecondBucket.lastTick.get(memory, bucket);
  const missing = SecondBucket.burst.get(memory, bucket) * THOUSAND - SecondBucket.level.get(memory, bucket);
  if (missing === 0) return last;
  const rate = SecondBucket.requestsPerSecond.get(memory, bucket);
  return rate === 0 ? Infinity : last + Math.ceil(missing / rate);
}

function levelAt(memory: Memory, bucket: SecondBucketAddress, tick: number): number {
  const level = SecondBucket.level.get(memory, bucket);
  const elapsed = tick - SecondBucket.lastTick.get(memory, bucket);
  if (elapsed <= 0) return level;
  return Math.min(level + elapsed * SecondBucket.requestsPerSecond.get(memory, bucket), SecondBucket.burst.get(memory, bucket) * THOUSAND);
}
