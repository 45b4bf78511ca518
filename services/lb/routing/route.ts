/**
 * One route: the seed's `HttpRoute`, and what semantics=strict adds. A route matches when its path, its host and all its
 * conditions do. Here routes are built; search.ts finds them.
 *
 * A route is a block of its own and never moves; its texts and conditions are its routing's, shared with other routes.
 * route-index.ts says what all that takes.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { Condition, ConditionKind, ConditionLink, conditionKeep, conditionRelease } from "./condition.ts";
import type { ConditionAddress, ConditionLinkAddress } from "./condition.ts";
import { GroupReference } from "./group-reference.ts";
import { routeTextKeep, routeTextRelease } from "./route-text.ts";
import type { RoutingAddress } from "./routing-record.ts";
import { sharesAdd, sharesFree } from "./shares.ts";

export { ConditionKind } from "./condition.ts";
export { GroupReference, referenceSet } from "./group-reference.ts";
export type { GroupReferenceAddress } from "./group-reference.ts";

export const Route = layout("Route", 48, {
  /** The rule's next route, 0 for the last. */
  next: i32("identity"),
  /** The next route at the same place of the index; the last one's is the first. */
  nextHere: i32("identity"),
  /** Position over all rules, and the rule's position; set when the rule moves in. */
  number: i32,
  rule: u16,
  /** Whether the whole path must be what `prefix` says. */
  exact: u8,
  reserved: u8,
  /** RouteTexts; an empty host is any host. */
  prefix: i32("identity"),
  host: i32("identity"),
  /** ConditionLink, 0 for none. */
  conditions: i32("identity"),
  /** Shares, 0 for none: then the target only says what reports show. */
  shares: i32("identity"),
  target: nested(GroupReference),
  /** Requests that it took. */
  hits: u64("statistic"),
});
export type RouteAddress = Address<"Route">;

/** Gives a new, zeroed route its texts. 0, or messageTooLarge, outOfMemory; then routeFree() takes away what there is. */
export function routeSetPrefix(heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  const prefix = routeTextKeep(heap, limits, routing, source, at, bytes);
  if (prefix < 0) return prefix;
  Route.prefix.set(heap.memory, route, prefix);
  return 0;
}

/** As it is configured; under semantics=strict one that hostPatternJudge() finds sound. */
export function routeSetHost(heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  const host = routeTextKeep(heap, limits, routing, source, at, bytes);
  if (host < 0) return host;
  Route.host.set(heap.memory, route, host);
  return 0;
}

/** Only semantics=strict: the whole path must be what was set as its prefix. */
export function routeSetExact(memory: Memory, route: RouteAddress): void {
  Route.exact.set(memory, route, 1);
}

/** Only semantics=strict: one more method that the route takes. 0, or tableFull, messageTooLarge, outOfMemory. */
export function routeAddMethod(heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  return routeAddHeader(heap, limits, routing, route, source, at, 0, ConditionKind.method, at, bytes);
}

/**
 * One more condition, of a kind of ConditionKind; the value of present and absent is not looked at. 0, or tableFull at
 * requiredHeadersMax (methods count as well), messageTooLarge, outOfMemory; then the route is as before.
 */
export function routeAddHeader(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory,
  nameAt: number, nameBytes: number, kind: number, valueAt: number, valueBytes: number,
): number {
  const memory = heap.memory;
  const condition = conditionKeep(heap, limits, routing, kind, source, nameAt, nameBytes, valueAt, valueBytes);
  if (condition < 0) return condition;
  const room = conditionCount(memory, route) < limits.requiredHeadersMax;
  const link = (room ? heap.allocate(ConditionLink.size) : LbErrno.tableFull) as ConditionLinkAddress;
  if (link < 0) {
    conditionRelease(heap, routing, condition as ConditionAddress);
    return link;
  }
  ConditionLink.condition.set(memory, link, condition);
  ConditionLink.next.set(memory, link, Route.conditions.get(memory, route));
  Route.conditions.set(memory, route, link);
  return 0;
}

/** The seed's: one more required header; one of a name that is required already takes its value. As routeAddHeader. */
export function routeRequireHeader(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory,
  nameAt: number, nameBytes: number, valueAt: number, valueBytes: number,
): number {
  const memory = heap.memory;
  const condition = conditionKeep(heap, limits, routing, ConditionKind.exact, source, nameAt, nameBytes, valueAt, valueBytes);
  if (condition < 0) return condition;
  const link = linkNamed(memory, route, Condition.name.get(memory, condition as ConditionAddress));
  const before = link === 0 ? condition : ConditionLink.condition.get(memory, link);
  const status = link === 0 ? routeAddHeader(heap, limits, routing, route, source, nameAt, nameBytes, ConditionKind.exact, valueAt, valueBytes) : 0;
  if (link !== 0) ConditionLink.condition.set(memory, link, condition);
  conditionRelease(heap, routing, before as ConditionAddress);
  return status;
}

/**
 * Only semantics=strict: one more group among which the route divides its requests, by weight. The route's target
 * (referenceSet) then only says what reports show. 0, or tableFull at sharesMax, messageTooLarge, outOfMemory.
 */
export function routeAddShare(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory, nameAt: number, nameBytes: number, weight: number,
): number {
  const shares = sharesAdd(heap, limits, routing, Route.shares.get(heap.memory, route), source, nameAt, nameBytes, weight);
  if (shares < 0) return shares;
  Route.shares.set(heap.memory, route, shares);
  return 0;
}

/** Frees a route, whole or half made, that stands in no index. */
export function routeFree(heap: Heap, routing: RoutingAddress, route: RouteAddress): void {
  const memory = heap.memory;
  let link = Route.conditions.get(memory, route) as ConditionLinkAddress;
  while (link !== 0) {
    const next = ConditionLink.next.get(memory, link) as ConditionLinkAddress;
    conditionRelease(heap, routing, ConditionLink.condition.get(memory, link) as ConditionAddress);
    heap.free(link);
    link = next;
  }
  sharesFree(heap, routing, Route.shares.get(memory, route));
  routeTextRelease(heap, routing, Route.prefix.get(memory, route));
  routeTextRelease(heap, routing, Route.host.get(memory, route));
  routeTextRelease(heap, routing, GroupReference.name.get(memory, Route.target.at(route)));
  heap.free(route);
}

function conditionCount(memory: Memory, route: RouteAddress): number {
  let count = 0;
  for (let link = Route.conditions.get(memory, route) as ConditionLinkAddress; link !== 0; link = ConditionLink.next.get(memory, link) as ConditionLinkAddress) count++;
  return count;
}

/** The link to the route's condition on that name, or 0. */
function linkNamed(memory: Memory, route: RouteAddress, name: number): ConditionLinkAddress | 0 {
  let link = Route.conditions.get(memory, route) as ConditionLinkAddress;
  while (link !== 0 && Condition.name.get(memory, ConditionLink.condition.get(memory, link) as ConditionAddress) !== name) {
    link = ConditionLink.next.get(memory, link) as ConditionLinkAddress;
  }
  return link;
}
