/**
 * A leaky bucket in the arithmetic of nginx's limit_req with "nodelay" (nginx 1.22, module documentation and observed
 * behaviour): the *excess* is how many requests, in thousandths, have come beyond the rate. A request adds 1000, each
 * millisecond that has passed takes away the rate, it never falls below 0, and a request that would lift it above
 * burst x 1000 is refused and changes nothing. The first request has excess 0, whatever the burst. A tick is a millisecond.
 *
 * The clock may go backwards: by up to 60,000 ms it counts as standing still, by more as having moved by 1 ms, and is
 * believed from then on. (nginx stores its rate in thousandths and divides by 1000 at each request; here rates are whole
 * requests per second, so that the division never leaves a remainder.)
 *
 * All in whole numbers below 2^53; a product of elapsed ticks and rate that exceeds it empties any bucket, however it is
 * rounded.
 */

import type { Address } from "../../../hal/field.ts";
import { u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

/** What one request adds. */
const REQUEST = 1000;
/** Beyond so many milliseconds a step back of the clock is believed. */
const STEP_BACK_MAX = 60_000;

export const LeakyBucket = layout("LeakyBucket", 24, {
  requestsPerSecond: u32,
  /** Requests beyond the rate that are let through. */
  burst: u32,
  /** The excess that one more request would have had at lastTick: 1000 more than the excess then; 0 before the first request. */
  level: u64,
  /** When the latest request was let through. */
  lastTick: u64("time"),
});
export type LeakyBucketAddress = Address<"LeakyBucket">;

/** A bucket that no request has gone through. Both numbers from 0 to 2^32-1. */
export function leakyReset(memory: Memory, bucket: LeakyBucketAddress, requestsPerSecond: number, burst: number): void {
  LeakyBucket.requestsPerSecond.set(memory, bucket, requestsPerSecond);
  LeakyBucket.burst.set(memory, bucket, burst);
  LeakyBucket.level.set(memory, bucket, 0);
  LeakyBucket.lastTick.set(memory, bucket, 0);
}

/** Whether one more request would go through. `tick` from 0 to 2^53-1, and may lie before an earlier call's. */
export function leakyAllows(memory: Memory, bucket: LeakyBucketAddress, tick: number): boolean {
  return excessAt(memory, bucket, tick) <= LeakyBucket.burst.get(memory, bucket) * REQUEST;
}

/** Lets one request through, or changes nothing. */
export function leakyTake(memory: Memory, bucket: LeakyBucketAddress, tick: number): boolean {
  const excess = excessAt(memory, bucket, tick);
  if (excess > LeakyBucket.burst.get(memory, bucket) * REQUEST) return false;
  LeakyBucket.level.set(memory, bucket, excess + REQUEST);
  if (passedAt(memory, bucket, tick) !== 0) LeakyBucket.lastTick.set(memory, bucket, tick);
  return true;
}

/**
 * The first tick from which on the next request has excess 0, as a first one has. Above 2^53-1 for one that no tick
 * reaches. It falls only when a step back of the clock is believed.
 */
export function leakyFullTick(memory: Memory, bucket: LeakyBucketAddress): number {
  const last = LeakyBucket.lastTick.get(memory, bucket);
  const level = LeakyBucket.level.get(memory, bucket);
  if (level === 0) return last;
  const rate = LeakyBucket.requestsPerSecond.get(memory, bucket);
  return rate === 0 ? Infinity : last + Math.ceil(level / rate);
}

/** The excess of a request that comes now, in thousandths. */
function excessAt(memory: Memory, bucket: LeakyBucketAddress, tick: number): number {
  const drained = passedAt(memory, bucket, tick) * LeakyBucket.requestsPerSecond.get(memory, bucket);
  return Math.max(LeakyBucket.level.get(memory, bucket) - drained, 0);
}

/** Milliseconds that count as passed since the latest request. */
function passedAt(memory: Memory, bucket: LeakyBucketAddress, tick: number): number {
  const elapsed = tick - LeakyBucket.lastTick.get(memory, bucket);
  if (elapsed >= 0) return elapsed;
  return elapsed < -STEP_BACK_MAX ? 1 : 0;
}
