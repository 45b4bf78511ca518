/**
 * Shares: the groups among which a route, or a rule's default, divides its requests by weight. Whose turn it is, smooth
 * weighted round robin says (as nginx does it for backends): each share's running sum grows by its weight, the largest
 * takes the request and pays the sum of all weights. Over any whole round each share has taken exactly its weight.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { GroupReference } from "./group-reference.ts";
import type { GroupReferenceAddress } from "./group-reference.ts";
import { routeTextKeep, routeTextRelease } from "./route-text.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** The Share records follow. */
export const Shares = layout("Shares", 8, {
  count: i32,
  weightTotal: i32,
});
export type SharesAddress = Address<"Shares">;

export const Share = layout("Share", 24, {
  reference: nested(GroupReference),
  /** 0 to 1000 as configured; 0 takes nothing. */
  weight: i32,
  /** The running sum. */
  current: i32,
  /** Requests that it took. */
  hits: u64("statistic"),
});
export type ShareAddress = Address<"Share">;

/**
 * The shares (0 for none) with one more. Their new address, or tableFull at sharesMax, messageTooLarge, outOfMemory; then
 * they are as before, where they were.
 */
export function sharesAdd(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, shares: number, source: Memory, nameAt: number, nameBytes: number, weight: number,
): number {
  const memory = heap.memory;
  const count = shares === 0 ? 0 : Shares.count.get(memory, shares as SharesAddress);
  if (count >= limits.sharesMax) return LbErrno.tableFull;
  const name = routeTextKeep(heap, limits, routing, source, nameAt, nameBytes);
  if (name < 0) return name;
  const bytes = Shares.size + (count + 1) * Share.size;
  const grown = (shares === 0 ? heap.allocate(bytes) : heap.resize(shares, bytes)) as SharesAddress;
  if (grown < 0) {
    routeTextRelease(heap, routing, name);
    return grown;
  }
  const share = shareAt(grown, count);
  memory.fill(share, Share.size, 0);
  GroupReference.name.set(memory, Share.reference.at(share), name);
  Share.weight.set(memory, share, weight);
  Shares.count.set(memory, grown, count + 1);
  Shares.weightTotal.set(memory, grown, weight + (count === 0 ? 0 : Shares.weightTotal.get(memory, grown)));
  return grown;
}

/** Frees shares with their names, or nothing if they are 0. */
export function sharesFree(heap: Heap, routing: RoutingAddress, shares: number): void {
  if (shares === 0) return;
  const memory = heap.memory;
  for (let i = Shares.count.get(memory, shares as SharesAddress) - 1; i >= 0; i--) {
    routeTextRelease(heap, routing, GroupReference.name.get(memory, Share.reference.at(shareAt(shares as SharesAddress, i))));
  }
  heap.free(shares);
}

/** Whose turn it is, counted. Among equal sums the first one's; if all weights are 0 (no configuration says so) the first share's. */
export function sharesTake(memory: Memory, shares: SharesAddress): GroupReferenceAddress {
  const count = Shares.count.get(memory, shares);
  let best = shareAt(shares, 0);
  let most = 0;
  for (let i = 0; i < count; i++) {
    const share = shareAt(shares, i);
    const weight = Share.weight.get(memory, share);
    const current = Share.current.get(memory, share) + weight;
    Share.current.set(memory, share, current);
    if (weight === 0 || current <= most) continue;
    best = share;
    most = current;
  }
  Share.current.add(memory, best, -Shares.weightTotal.get(memory, shares));
  Share.hits.add(memory, best, 1);
  return Share.reference.at(best);
}

/** A share by its number, from 0. */
export function shareAt(shares: SharesAddress, index: number): ShareAddress {
  return (shares + Shares.size + index * Share.size) as ShareAddress;
}
