/**
 * One client's token bucket: the seed's `RateLimit`, bit for bit.
 *
 * All in whole numbers below 2^53. The product of elapsed ticks and rate may exceed that; it is only ever compared with
 * the burst, and a product above 2^53 stays above 2^32 however it is rounded, so the comparison is exact.
 */

import type { Address } from "../../../hal/field.ts";
import { u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

export const RateLimit = layout("RateLimit", 24, {
  /** The seed's `requests_per_second`, which is a rate per tick. */
  requestsPerTick: u32,
  /** Tokens of a full bucket. */
  burst: u32,
  currentTokens: u32,
  reserved: u32("scratch"),
  lastRefillTick: u64("time"),
});
export type RateLimitAddress = Address<"RateLimit">;

/** A full bucket, never refilled yet. Both numbers from 0 to 2^32-1. */
export function rateLimitReset(memory: Memory, limit: RateLimitAddress, requestsPerTick: number, burst: number): void {
  RateLimit.requestsPerTick.set(memory, limit, requestsPerTick);
  RateLimit.burst.set(memory, limit, burst);
  RateLimit.currentTokens.set(memory, limit, burst);
  RateLimit.lastRefillTick.set(memory, limit, 0);
}

/** Takes one token if there is one. `tick` from 0 to 2^53-1, and may lie before an earlier call's. */
export function rateLimitAllow(memory: Memory, limit: RateLimitAddress, tick: number): boolean {
  refill(memory, limit, tick);
  const tokens = RateLimit.currentTokens.get(memory, limit);
  if (tokens === 0) return false;
  RateLimit.currentTokens.set(memory, limit, tokens - 1);
  return true;
}

/**
 * The first tick by which this bucket would be full again if nobody took from it: from then on a new bucket of the same
 * settings in its place would act the same. Above 2^53-1 for one that no tick reaches. It never falls by use.
 */
export function rateLimitFullTick(memory: Memory, limit: RateLimitAddress): number {
  const last = RateLimit.lastRefillTick.get(memory, limit);
  const missing = RateLimit.burst.get(memory, limit) - RateLimit.currentTokens.get(memory, limit);
  if (missing === 0) return last;
  const rate = RateLimit.requestsPerTick.get(memory, limit);
  return rate === 0 ? Infinity : last + Math.ceil(missing / rate);
}

function refill(memory: Memory, limit: RateLimitAddress, tick: number): void {
  const last = RateLimit.lastRefillTick.get(memory, limit);
  if (tick <= last) return;
  const burst = RateLimit.burst.get(memory, limit);
  const added = Math.min((tick - last) * RateLimit.requestsPerTick.get(memory, limit), burst);
  RateLimit.currentTokens.set(memory, limit, Math.min(RateLimit.currentTokens.get(memory, limit) + added, burst));
  RateLimit.lastRefillTick.set(memory, limit, tick);
}
