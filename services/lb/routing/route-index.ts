/**
 * The index of a routing: where the routes are put so that search.ts finds the first that matches. Per host pattern there
 * is a trie of prefixes; at a node stand the routes whose prefix ends there, by number: those without a looked-up
 * condition in a ring, the others in buckets, each under one of its conditions of kind exact or method, the one under
 * which there are fewest so far.
 *
 * A decision takes time by the length of the request's path, once for each host pattern that its host fits, by the length
 * of its host, and by its header lines if there are looked-up conditions; not by the number of routes. What stays
 * linear, bounded by routesMax, are routes of one prefix and host that differ only in conditions of kinds prefix, present
 * and absent or in sets of several methods, and routes that share each of their looked-up conditions with many others. A
 * route behind one that takes all it would take is left out of the index.
 *
 * Measured, 10,000 routes in one rule, all that a route takes with its texts and what the arena adds: 170 bytes where
 * prefixes differ ("/api/v1/service-1234/"), 179 where hosts do as well (64 of them), 197 where only the value of one
 * header does.
 *
 * Routes enter with growing numbers. Those of a rule that could not enter whole leave together: then nothing is left of
 * them, and node labels lie in texts of routes that stay.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { mixWords } from "../hash.ts";
import type { TextAddress } from "../text.ts";
import { Condition, ConditionKind, ConditionLink } from "./condition.ts";
import type { ConditionAddress, ConditionLinkAddress } from "./condition.ts";
import { Route } from "./route.ts";
import type { RouteAddress } from "./route.ts";
import { hostMake, hostOfRoute, hostRemove, hostRoot } from "./route-host.ts";
import type { HostEntryAddress } from "./route-host.ts";
import { NONE, RouteNode, nodeAlong, nodeMake, nodeMelt, nodeRemove } from "./route-node.ts";
import type { RouteNodeAddress } from "./route-node.ts";
import { EntryKind, TableEntry, entryHash, tableEnter, tableFirst, tableRemove } from "./route-table.ts";
import type { EntryAddress, RouteTableAddress } from "./route-table.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** The routes of one node that are found under one condition. */
export const RouteBucket = layout("RouteBucket", 24, {
  next: i32("identity"),
  hash: i32,
  node: i32("identity"),
  condition: i32("identity"),
  /** The last of them, in a ring by Route.nextHere. */
  lastRoute: i32("identity"),
  routeCount: i32,
});
export type RouteBucketAddress = Address<"RouteBucket">;

/**
 * Enters a route whose number is greater than any that is in. 0, or outOfMemory; then routeLeave() takes away what was
 * made. A route that was only half made, because a text of it could not be kept, stays out: nothing is to be found there.
 */
export function routeEnter(heap: Heap, routing: RoutingAddress, table: RouteTableAddress, route: RouteAddress): number {
  const memory = heap.memory;
  if (isHalfMade(memory, route)) return 0;
  const host = hostMake(heap, routing, table, route);
  if (host < 0) return host;
  const prefix = Route.prefix.get(memory, route) as TextAddress;
  const made = nodeMake(heap, table, hostRoot(host as HostEntryAddress), byteStringBytes(memory, prefix), byteStringLength(memory, prefix));
  if (made < 0) return made;
  const node = made as RouteNodeAddress;
  const last = RouteNode.lastRoute.get(memory, node) as RouteAddress;
  if (last !== 0 && takesAll(memory, last, route)) return 0;
  const condition = telling(memory, table, node, route);
  if (condition === 0) RouteNode.lastRoute.set(memory, node, append(memory, last, route));
  else {
    const bucket = bucketMake(heap, table, node, condition);
    if (bucket < 0) return bucket;
    appendToBucket(memory, node, bucket as RouteBucketAddress, route);
  }
  const number = Route.number.get(memory, route);
  for (let above = node; above !== 0 && RouteNode.smallestNumber.get(memory, above) > number; above = RouteNode.parent.get(memory, above) as RouteNodeAddress) {
    RouteNode.smallestNumber.set(memory, above, number);
  }
  return 0;
}

/** Takes out a route of number `limit` or more; the others of such numbers leave as well, one after the other in any order. */
export function routeLeave(heap: Heap, routing: RoutingAddress, table: RouteTableAddress, route: RouteAddress, limit: number): void {
  const memory = heap.memory;
  const host = isHalfMade(memory, route) ? 0 : hostOfRoute(memory, routing, table, route);
  if (host === 0) return;
  const prefix = Route.prefix.get(memory, route) as TextAddress;
  const node = nodeAlong(memory, table, hostRoot(host), byteStringBytes(memory, prefix), byteStringLength(memory, prefix));
  RouteNode.lastRoute.set(memory, node, cut(memory, RouteNode.lastRoute.get(memory, node) as RouteAddress, limit));
  for (let link = Route.conditions.get(memory, route) as ConditionLinkAddress; link !== 0; link = ConditionLink.next.get(memory, link) as ConditionLinkAddress) {
    const bucket = bucketFind(memory, table, node, ConditionLink.condition.get(memory, link) as ConditionAddress);
    if (bucket !== 0) cutBucket(heap, table, node, bucket, limit);
  }
  if (RouteNode.smallestInBuckets.get(memory, node) >= limit) RouteNode.smallestInBuckets.set(memory, node, NONE);
  prune(heap, table, node, limit);
}

/** The bucket of that node for that condition, or 0. */
export function bucketFind(memory: Memory, table: RouteTableAddress, node: RouteNodeAddress, condition: ConditionAddress): RouteBucketAddress | 0 {
  const hash = entryHash(mixWords(node, condition), EntryKind.bucket);
  let entry = tableFirst(memory, table, hash);
  while (entry !== 0) {
    const bucket = entry as number as RouteBucketAddress;
    if (TableEntry.hash.get(memory, entry) === hash && RouteBucket.node.get(memory, bucket) === node && RouteBucket.condition.get(memory, bucket) === condition) return bucket;
    entry = TableEntry.next.get(memory, entry) as EntryAddress;
  }
  return 0;
}

function isHalfMade(memory: Memory, route: RouteAddress): boolean {
  return Route.prefix.get(memory, route) === 0 || Route.host.get(memory, route) === 0;
}

/** Whether a route takes every request that a later one at the same node would take. */
function takesAll(memory: Memory, earlier: RouteAddress, later: RouteAddress): boolean {
  return Route.conditions.get(memory, earlier) === 0 && (Route.exact.get(memory, earlier) === 0 || Route.exact.get(memory, later) !== 0);
}

/** The condition under which the route is found: of those that must hold and can be looked up, the one with the fewest routes here; 0 if there is none. */
function telling(memory: Memory, table: RouteTableAddress, node: RouteNodeAddress, route: RouteAddress): ConditionAddress | 0 {
  let best: ConditionAddress | 0 = 0;
  let fewest = NONE;
  const methods = methodCount(memory, route);
  for (let link = Route.conditions.get(memory, route) as ConditionLinkAddress; link !== 0; link = ConditionLink.next.get(memory, link) as ConditionLinkAddress) {
    const condition = ConditionLink.condition.get(memory, link) as ConditionAddress;
    const kind = Condition.kind.get(memory, condition);
    if (kind !== ConditionKind.exact && (kind !== ConditionKind.method || methods > 1)) continue;
    const bucket = bucketFind(memory, table, node, condition);
    const count = bucket === 0 ? 0 : RouteBucket.routeCount.get(memory, bucket);
    if (count >= fewest) continue;
    best = condition;
    fewest = count;
  }
  return best;
}

function methodCount(memory: Memory, route: RouteAddress): number {
  let count = 0;
  for (let link = Route.conditions.get(memory, route) as ConditionLinkAddress; link !== 0; link = ConditionLink.next.get(memory, link) as ConditionLinkAddress) {
    if (Condition.kind.get(memory, ConditionLink.condition.get(memory, link) as ConditionAddress) === ConditionKind.method) count++;
  }
  return count;
}

function bucketMake(heap: Heap, table: RouteTableAddress, node: RouteNodeAddress, condition: ConditionAddress): number {
  const memory = heap.memory;
  const found = bucketFind(memory, table, node, condition);
  if (found !== 0) return found;
  const bucket = heap.allocate(RouteBucket.size) as RouteBucketAddress;
  if (bucket < 0) return bucket;
  memory.fill(bucket, RouteBucket.size, 0);
  RouteBucket.node.set(memory, bucket, node);
  RouteBucket.condition.set(memory, bucket, condition);
  RouteNode.bucketCount.add(memory, node, 1);
  tableEnter(heap, table, bucket as number as EntryAddress, entryHash(mixWords(node, condition), EntryKind.bucket));
  return bucket;
}

function appendToBucket(memory: Memory, node: RouteNodeAddress, bucket: RouteBucketAddress, route: RouteAddress): void {
  RouteBucket.lastRoute.set(memory, bucket, append(memory, RouteBucket.lastRoute.get(memory, bucket) as RouteAddress, route));
  RouteBucket.routeCount.add(memory, bucket, 1);
  const number = Route.number.get(memory, route);
  if (RouteNode.smallestInBuckets.get(memory, node) > number) RouteNode.smallestInBuckets.set(memory, node, number);
}

/** Puts a route behind the last of a ring (0: an empty one). The ring's new last. */
function append(memory: Memory, last: RouteAddress | 0, route: RouteAddress): RouteAddress {
  Route.nextHere.set(memory, route, last === 0 ? route : Route.nextHere.get(memory, last));
  if (last !== 0) Route.nextHere.set(memory, last, route);
  return route;
}

/** Takes the routes from number `limit` on out of a ring. The ring's new last, 0 if none is left. */
function cut(memory: Memory, last: RouteAddress | 0, limit: number): RouteAddress | 0 {
  if (last === 0 || Route.number.get(memory, last) < limit) return last;
  const first = Route.nextHere.get(memory, last) as RouteAddress;
  if (Route.number.get(memory, first) >= limit) return 0;
  let kept = first;
  let next = Route.nextHere.get(memory, kept) as RouteAddress;
  while (Route.number.get(memory, next) < limit) {
    kept = next;
    next = Route.nextHere.get(memory, kept) as RouteAddress;
  }
  Route.nextHere.set(memory, kept, first);
  return kept;
}

function cutBucket(heap: Heap, table: RouteTableAddress, node: RouteNodeAddress, bucket: RouteBucketAddress, limit: number): void {
  const memory = heap.memory;
  const last = cut(memory, RouteBucket.lastRoute.get(memory, bucket) as RouteAddress, limit);
  RouteBucket.lastRoute.set(memory, bucket, last);
  if (last !== 0) {
    RouteBucket.routeCount.set(memory, bucket, ringCount(memory, last));
    return;
  }
  RouteNode.bucketCount.add(memory, node, -1);
  tableRemove(heap, table, bucket as number as EntryAddress);
}

function ringCount(memory: Memory, last: RouteAddress): number {
  let count = 1;
  for (let route = Route.nextHere.get(memory, last) as RouteAddress; route !== last; route = Route.nextHere.get(memory, route) as RouteAddress) count++;
  return count;
}

/** Removes nodes, upwards from this one, below which no route is left, and melts one that is left with a single child. */
function prune(heap: Heap, table: RouteTableAddress, from: RouteNodeAddress, limit: number): void {
  const memory = heap.memory;
  let node = from;
  while (RouteNode.smallestNumber.get(memory, node) >= limit) {
    // What is left here has a number of `limit` or more, and leaves in its turn.
    if (RouteNode.lastRoute.get(memory, node) !== 0 || RouteNode.bucketCount.get(memory, node) > 0 || RouteNode.childCount.get(memory, node) > 0) return;
    if (RouteNode.parent.get(memory, node) === 0) {
      hostRemove(heap, table, node);
      return;
    }
    node = nodeRemove(heap, table, node);
  }
  const bare = RouteNode.lastRoute.get(memory, node) === 0 && RouteNode.bucketCount.get(memory, node) === 0;
  if (bare && RouteNode.parent.get(memory, node) !== 0 && RouteNode.childCount.get(memory, node) === 1) nodeMelt(heap, table, node);
}
