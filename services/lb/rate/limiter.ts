/**
 * Rate limits by client: a table of token buckets with a bound. A client's bucket is made when it is first seen, from
 * the defaults in force at that moment, which later defaults do not touch.
 *
 * At the bound, or when the arena has no room for one more, a new client takes the place of one whose bucket would be
 * full again by now: for that one nothing changes but that it would be given the defaults then in force. If there is
 * none, the new client is refused and nothing is kept of it: whoever varies his key gains no memory and no requests.
 *
 * The search goes round the table from where the last one ended. A search in vain is not repeated before the tick at
 * which the first bucket will be full, so that a tick costs two rounds at most, however many strangers knock.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapCount, mapCreate, mapFind, mapFirst, mapFree, mapInsert, mapKeyAt, mapKeyBytes, mapNext, mapRemove, mapValueAt } from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { RateLimit, rateLimitAllow, rateLimitFullTick, rateLimitReset } from "./token-bucket.ts";
import type { RateLimitAddress } from "./token-bucket.ts";

const TICK_MAX = Number.MAX_SAFE_INTEGER;

type LimitersAddress = Address<"HashMap">;

/**
 * Takes a token from the bucket of the client whose key is the `bytes` bytes at `at`. 0, or rateLimitExceeded; or, if
 * there is no bucket and none can be made, tableFull, outOfMemory, messageTooLarge.
 */
export function limiterAllow(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, at: number, bytes: number, tick: number): number {
  const memory = heap.memory;
  const limiters = Balancer.limiters.get(memory, balancer) as LimitersAddress;
  const known = limiters === 0 ? 0 : mapFind<"RateLimit">(memory, limiters, source, at, bytes);
  const limit = known !== 0 ? known : limiterMake(heap, limits, balancer, source, at, bytes, tick);
  if (limit < 0) return limit;
  return rateLimitAllow(memory, limit as RateLimitAddress, tick) ? 0 : LbErrno.rateLimitExceeded;
}

/** Forgets all clients. */
export function limitersClear(heap: Heap, balancer: BalancerAddress): void {
  const limiters = Balancer.limiters.get(heap.memory, balancer) as LimitersAddress;
  if (limiters !== 0) mapFree(heap, limiters);
  Balancer.limiters.set(heap.memory, balancer, 0);
  Balancer.limiterHand.set(heap.memory, balancer, -1);
  Balancer.noneFullBeforeTick.set(heap.memory, balancer, 0);
}

function limiterMake(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, at: number, bytes: number, tick: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = Balancer.limiters.get(memory, balancer) === 0;
  const limiters = fresh ? mapCreate(heap, RateLimit.size, limits.limitersMax) : (Balancer.limiters.get(memory, balancer) as LimitersAddress);
  if (limiters < 0) return limiters;
  if (mapCount(memory, limiters) >= limits.limitersMax && !evictFull(heap, balancer, limiters, tick)) return LbErrno.tableFull;
  let limit = mapInsert<"RateLimit">(heap, limiters, source, at, bytes);
  if (limit < 0 && evictFull(heap, balancer, limiters, tick)) limit = mapInsert<"RateLimit">(heap, limiters, source, at, bytes);
  if (limit < 0) {
    if (fresh) mapFree(heap, limiters);
    return limit;
  }
  Balancer.limiters.set(memory, balancer, limiters);
  rateLimitReset(memory, limit, Balancer.defaultRequestsPerTick.get(memory, balancer), Balancer.defaultBurst.get(memory, balancer));
  if (tick < Balancer.noneFullBeforeTick.get(memory, balancer)) Balancer.noneFullBeforeTick.set(memory, balancer, tick);
  return limit;
}

/** Takes out one limiter that is full by `tick`; false if there is none. */
function evictFull(heap: Heap, balancer: BalancerAddress, limiters: LimitersAddress, tick: number): boolean {
  const memory = heap.memory;
  if (tick < Balancer.noneFullBeforeTick.get(memory, balancer)) return false;
  let soonest = Infinity;
  let slot = Balancer.limiterHand.get(memory, balancer);
  for (let left = mapCount(memory, limiters); left > 0; left--) {
    slot = mapNext(memory, limiters, slot);
    if (slot < 0) slot = mapFirst(memory, limiters);
    const fullTick = rateLimitFullTick(memory, mapValueAt<"RateLimit">(memory, limiters, slot));
    if (fullTick <= tick) {
      mapRemove(heap, limiters, memory, mapKeyAt(memory, limiters, slot), mapKeyBytes(memory, limiters, slot));
      Balancer.limiterHand.set(memory, balancer, slot);
      Balancer.limitersEvicted.add(memory, balancer, 1);
      return true;
    }
    if (fullTick < soonest) soonest = fullTick;
  }
  Balancer.noneFullBeforeTick.set(memory, balancer, Math.min(soonest, TICK_MAX));
  return false;
}
