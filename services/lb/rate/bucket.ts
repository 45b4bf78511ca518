/**
 * The kinds of bucket that a limiter may be, behind one door. All three records begin with a rate and a burst, have one
 * size, and can be asked without being changed.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { leakyAllows, leakyFullTick, leakyReset, leakyTake } from "./leaky-bucket.ts";
import type { LeakyBucketAddress } from "./leaky-bucket.ts";
import { secondAllows, secondFullTick, secondReset, secondTake } from "./second-bucket.ts";
import type { SecondBucketAddress } from "./second-bucket.ts";
import { rateLimitAllow, rateLimitFullTick, rateLimitReset } from "./token-bucket.ts";

export const BucketKind = Object.freeze({
  /** The seed's: its rate is per tick. */
  perTick: 0,
  /** Token bucket, its rate is per second. */
  perSecond: 1,
  /** Leaky bucket as nginx computes it, its rate is per second. */
  leaky: 2,
});

/** Where a bucket lies, of whatever kind. */
export type BucketAddress = Address<"RateLimit">;

/** A bucket from which nobody has taken. Both numbers from 0 to 2^32-1. */
export function bucketReset(memory: Memory, bucket: BucketAddress, kind: number, rate: number, burst: number): void {
  if (kind === BucketKind.perTick) rateLimitReset(memory, bucket, rate, burst);
  else if (kind === BucketKind.perSecond) secondReset(memory, bucket as number as SecondBucketAddress, rate, burst);
  else leakyReset(memory, bucket as number as LeakyBucketAddress, rate, burst);
}

/** Whether bucketTake() would take now. Of the kinds per second only. */
export function bucketAllows(memory: Memory, bucket: BucketAddress, kind: number, tick: number): boolean {
  return kind === BucketKind.perSecond ? secondAllows(memory, bucket as number as SecondBucketAddress, tick) : leakyAllows(memory, bucket as number as LeakyBucketAddress, tick);
}

/** Whether a bucket from which nobody has taken would let one request through. Of the kinds per second only. */
export function freshBucketAllows(kind: number, burst: number): boolean {
  return kind === BucketKind.leaky || burst > 0;
}

/** Lets one request through and counts it, or changes nothing that matters. */
export function bucketTake(memory: Memory, bucket: BucketAddress, kind: number, tick: number): boolean {
  if (kind === BucketKind.perTick) return rateLimitAllow(memory, bucket, tick);
  return kind === BucketKind.perSecond ? secondTake(memory, bucket as number as SecondBucketAddress, tick) : leakyTake(memory, bucket as number as LeakyBucketAddress, tick);
}

/** The first tick from which on one that was just reset would act the same in its place. Above 2^53-1 for never. */
export function bucketFullTick(memory: Memory, bucket: BucketAddress, kind: number): number {
  if (kind === BucketKind.perTick) return rateLimitFullTick(memory, bucket);
  return kind === BucketKind.perSecond ? secondFullTick(memory, bucket as number as SecondBucketAddress) : leakyFullTick(memory, bucket as number as LeakyBucketAddress);
}
