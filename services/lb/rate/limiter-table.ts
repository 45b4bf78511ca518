/**
 * The table of limiters: a bucket for each client that a limit tells apart, of all limits together, with one bound. All
 * limiters stand in the order of their last use as well, whether or not that use was let through.
 *
 * At the bound, or when the arena has no room for one more, a new limiter takes the place of one whose bucket would be
 * full again by now: for that one nothing changes but that it would be made anew, from the settings then in force. If
 * there is none, the policy decides: nothing is made, or the limiter used longest ago makes room, and is counted.
 *
 * The search goes round the table from where the last one ended. A search in vain is not repeated before the tick at
 * which the first bucket will be full, so that a tick costs two rounds at most, however many strangers knock. Limiters
 * that the present request has claimed are passed over: none of its own makes room for another.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapCount, mapCreate, mapFind, mapFirst, mapFree, mapInsert, mapNext, mapRemoveAt, mapSlotOf, mapValueAt } from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { LimiterFull, Policy } from "../policy.ts";
import { bucketFullTick, bucketReset, bucketTake } from "./bucket.ts";
import { RateLimit } from "./token-bucket.ts";

const TICK_MAX = Number.MAX_SAFE_INTEGER;

export const Limiter = layout("Limiter", {
  /** Of whatever kind (bucket.ts). */
  bucket: nested(RateLimit),
  /** One of BucketKind. */
  kind: u8,
  /** The present request counts on it. */
  claimed: u8("scratch"),
  reserved: u16,
  /** Neighbours in the order of use, as links: slot + 1, 0 for none. */
  older: i32("identity"),
  newer: i32("identity"),
});
export type LimiterAddress = Address<"Limiter">;

type MapAddress = Address<"HashMap">;

/** The limiter in a slot that limiterFind() or limiterMake() gave, good until the next one is made. */
export function limiterAt(memory: Memory, balancer: BalancerAddress, slot: number): LimiterAddress {
  return mapValueAt<"Limiter">(memory, Balancer.limiters.get(memory, balancer) as MapAddress, slot);
}

/** The slot of the limiter that limit number `number` has for this key, used now; -1 if there is none. */
export function limiterFind(memory: Memory, balancer: BalancerAddress, number: number, key: Memory, at: number, bytes: number): number {
  const limiters = Balancer.limiters.get(memory, balancer) as MapAddress;
  const limiter = limiters === 0 ? 0 : mapFind<"Limiter">(memory, limiters, key, at, bytes, number);
  if (limiter === 0) return -1;
  const slot = mapSlotOf(memory, limiters, limiter);
  if (Balancer.limiterNewest.get(memory, balancer) !== slot + 1) {
    unlink(memory, balancer, slot);
    linkNewest(memory, balancer, slot);
  }
  return slot;
}

/**
 * Makes the limiter that is not there, its bucket full. Its slot; or limiterFull, outOfMemory, messageTooLarge (the key):
 * then no bucket has changed for anybody.
 */
export function limiterMake(heap: Heap, limits: LbLimits, balancer: BalancerAddress, number: number, key: Memory, at: number, bytes: number, kind: number, rate: number, burst: number, tick: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = Balancer.limiters.get(memory, balancer) === 0;
  const limiters = fresh ? mapCreate(heap, Limiter.size, limits.limitersMax) : (Balancer.limiters.get(memory, balancer) as MapAddress);
  if (limiters < 0) return limiters;
  if (mapCount(memory, limiters) >= limits.limitersMax && !evict(heap, balancer, limiters, tick)) return LbErrno.limiterFull;
  let limiter = mapInsert<"Limiter">(heap, limiters, key, at, bytes, number);
  if (limiter < 0 && evict(heap, balancer, limiters, tick)) limiter = mapInsert<"Limiter">(heap, limiters, key, at, bytes, number);
  if (limiter < 0) {
    if (fresh) mapFree(heap, limiters);
    return limiter;
  }
  Balancer.limiters.set(memory, balancer, limiters);
  Limiter.kind.set(memory, limiter, kind);
  bucketReset(memory, Limiter.bucket.at(limiter), kind, rate, burst);
  const slot = mapSlotOf(memory, limiters, limiter);
  linkNewest(memory, balancer, slot);
  return slot;
}

/** Lets one request through the limiter and counts it, or not. It is claimed no more. */
export function limiterCharge(memory: Memory, balancer: BalancerAddress, slot: number, tick: number): boolean {
  const limiter = limiterAt(memory, balancer, slot);
  const taken = bucketTake(memory, Limiter.bucket.at(limiter), Limiter.kind.get(memory, limiter), tick);
  Limiter.claimed.set(memory, limiter, 0);
  heed(memory, balancer, fullTickOf(memory, limiter));
  return taken;
}

/**
 * Ends the claim of a request that found no room for another of its limiters. One that is full is forgotten, for which
 * nothing changes; one that was made for that request is. The last one takes the table with it. Then what the search found
 * that passed the claimed ones over is true of all.
 */
export function limiterRelease(heap: Heap, balancer: BalancerAddress, slot: number, tick: number): void {
  const memory = heap.memory;
  const limiter = limiterAt(memory, balancer, slot);
  const fullTick = fullTickOf(memory, limiter);
  Limiter.claimed.set(memory, limiter, 0);
  if (fullTick > tick) {
    heed(memory, balancer, fullTick);
    return;
  }
  remove(heap, balancer, slot);
  if (mapCount(memory, Balancer.limiters.get(memory, balancer) as MapAddress) === 0) limitersClear(heap, balancer);
}

function fullTickOf(memory: Memory, limiter: LimiterAddress): number {
  return bucketFullTick(memory, Limiter.bucket.at(limiter), Limiter.kind.get(memory, limiter));
}

/** A bucket that the last search did not see will be full at that tick. */
function heed(memory: Memory, balancer: BalancerAddress, fullTick: number): void {
  if (fullTick < Balancer.noneFullBeforeTick.get(memory, balancer)) Balancer.noneFullBeforeTick.set(memory, balancer, fullTick);
}

/** Forgets all limiters: to be done whenever the limits change, since buckets keep the settings they were made with. */
export function limitersClear(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const limiters = Balancer.limiters.get(memory, balancer) as MapAddress;
  if (limiters !== 0) mapFree(heap, limiters);
  Balancer.limiters.set(memory, balancer, 0);
  Balancer.limiterHand.set(memory, balancer, -1);
  Balancer.limiterOldest.set(memory, balancer, 0);
  Balancer.limiterNewest.set(memory, balancer, 0);
  Balancer.noneFullBeforeTick.set(memory, balancer, 0);
}

function remove(heap: Heap, balancer: BalancerAddress, slot: number): void {
  unlink(heap.memory, balancer, slot);
  mapRemoveAt(heap, Balancer.limiters.get(heap.memory, balancer) as MapAddress, slot);
}

/** Takes out one limiter that may go; false if there is none. */
function evict(heap: Heap, balancer: BalancerAddress, limiters: MapAddress, tick: number): boolean {
  if (evictFull(heap, balancer, limiters, tick)) return true;
  return Policy.limiterFull.get(heap.memory, Balancer.policy.at(balancer)) === LimiterFull.evict && evictOldest(heap, balancer);
}

/** Takes out one that is full by `tick`. */
function evictFull(heap: Heap, balancer: BalancerAddress, limiters: MapAddress, tick: number): boolean {
  const memory = heap.memory;
  if (tick < Balancer.noneFullBeforeTick.get(memory, balancer)) return false;
  let soonest = Infinity;
  let slot = Balancer.limiterHand.get(memory, balancer);
  for (let left = mapCount(memory, limiters); left > 0; left--) {
    slot = mapNext(memory, limiters, slot);
    if (slot < 0) slot = mapFirst(memory, limiters);
    const limiter = mapValueAt<"Limiter">(memory, limiters, slot);
    if (Limiter.claimed.get(memory, limiter) !== 0) continue;
    const fullTick = fullTickOf(memory, limiter);
    if (fullTick <= tick) {
      remove(heap, balancer, slot);
      Balancer.limiterHand.set(memory, balancer, slot);
      Balancer.limitersEvicted.add(memory, balancer, 1);
      return true;
    }
    if (fullTick < soonest) soonest = fullTick;
  }
  Balancer.noneFullBeforeTick.set(memory, balancer, Math.min(soonest, TICK_MAX));
  return false;
}

/** Takes out the one used longest ago. Claimed ones are among the newest: no more are passed over than one request claims. */
function evictOldest(heap: Heap, balancer: BalancerAddress): boolean {
  const memory = heap.memory;
  let link = Balancer.limiterOldest.get(memory, balancer);
  while (link !== 0 && Limiter.claimed.get(memory, limiterAt(memory, balancer, link - 1)) !== 0) {
    link = Limiter.newer.get(memory, limiterAt(memory, balancer, link - 1));
  }
  if (link === 0) return false;
  remove(heap, balancer, link - 1);
  Balancer.limitersEvictedOldest.add(memory, balancer, 1);
  return true;
}

function linkNewest(memory: Memory, balancer: BalancerAddress, slot: number): void {
  const limiter = limiterAt(memory, balancer, slot);
  const newest = Balancer.limiterNewest.get(memory, balancer);
  Limiter.older.set(memory, limiter, newest);
  Limiter.newer.set(memory, limiter, 0);
  if (newest === 0) Balancer.limiterOldest.set(memory, balancer, slot + 1);
  else Limiter.newer.set(memory, limiterAt(memory, balancer, newest - 1), slot + 1);
  Balancer.limiterNewest.set(memory, balancer, slot + 1);
}

function unlink(memory: Memory, balancer: BalancerAddress, slot: number): void {
  const limiter = limiterAt(memory, balancer, slot);
  const older = Limiter.older.get(memory, limiter);
  const newer = Limiter.newer.get(memory, limiter);
  if (older === 0) Balancer.limiterOldest.set(memory, balancer, newer);
  else Limiter.newer.set(memory, limiterAt(memory, balancer, older - 1), newer);
  if (newer === 0) Balancer.limiterNewest.set(memory, balancer, older);
  else Limiter.older.set(memory, limiterAt(memory, balancer, newer - 1), older);
}
