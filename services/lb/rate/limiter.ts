/**
 * The limit by client that always applies, in the seed's arithmetic: a bucket is made when a client is first seen, from
 * the defaults in force at that moment, which later defaults do not touch.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { BucketKind } from "./bucket.ts";
import { limiterCharge, limiterFind, limiterMake } from "./limiter-table.ts";

export { limitersClear } from "./limiter-table.ts";

/**
 * Takes a token from the bucket of the client whose key is the `bytes` bytes at `at`. 0, or rateLimitExceeded; or, if
 * there is no bucket and none can be made, limiterFull, outOfMemory, messageTooLarge.
 */
export function limiterAllow(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, at: number, bytes: number, tick: number): number {
  const memory = heap.memory;
  let slot = limiterFind(memory, balancer, 0, source, at, bytes);
  if (slot < 0) {
    const rate = Balancer.defaultRequestsPerTick.get(memory, balancer);
    const burst = Balancer.defaultBurst.get(memory, balancer);
    slot = limiterMake(heap, limits, balancer, 0, source, at, bytes, BucketKind.perTick, rate, burst, tick);
  }
  if (slot < 0) return slot;
  return limiterCharge(memory, balancer, slot, tick) ? 0 : LbErrno.rateLimitExceeded;
}
