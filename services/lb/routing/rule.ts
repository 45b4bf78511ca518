/**
 * One rule: routes in order, the first match counts, and a default for when none does: the seed's `L7Rule`. A rule is
 * built as a draft outside the list of rules and moved in when it is whole; its texts are its routing's from the start.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringLength } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { GroupReference } from "./group-reference.ts";
import { Route, routeFree } from "./route.ts";
import type { RouteAddress } from "./route.ts";
import { routeTextRelease } from "./route-text.ts";
import type { RoutingAddress } from "./routing-record.ts";
import { sharesAdd, sharesFree } from "./shares.ts";
import type { TextAddress } from "../text.ts";

export const Rule = layout("Rule", 24, {
  /** Chained by Route.next; 0 for none. */
  firstRoute: i32("identity"),
  lastRoute: i32("identity"),
  routeCount: i32,
  /** Shares of the default, 0 for none. */
  shares: i32("identity"),
  /** Its name is 0 or empty for no default. */
  default: nested(GroupReference),
});
export type RuleAddress = Address<"Rule">;

/** Appends a zeroed route. Its address, or tableFull, outOfMemory; then the rule is as before. */
export function ruleAddRoute(heap: Heap, limits: LbLimits, rule: RuleAddress): number {
  const memory = heap.memory;
  if (Rule.routeCount.get(memory, rule) >= limits.routesMax) return LbErrno.tableFull;
  const route = heap.allocate(Route.size) as RouteAddress;
  if (route < 0) return route;
  memory.fill(route, Route.size, 0);
  const last = Rule.lastRoute.get(memory, rule) as RouteAddress;
  if (last === 0) Rule.firstRoute.set(memory, rule, route);
  else Route.next.set(memory, last, route);
  Rule.lastRoute.set(memory, rule, route);
  Rule.routeCount.add(memory, rule, 1);
  return route;
}

export function ruleRouteCount(memory: Memory, rule: RuleAddress): number {
  return Rule.routeCount.get(memory, rule);
}

/** As routeAddShare, for the default. */
export function ruleAddShare(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, rule: RuleAddress, source: Memory, nameAt: number, nameBytes: number, weight: number,
): number {
  const shares = sharesAdd(heap, limits, routing, Rule.shares.get(heap.memory, rule), source, nameAt, nameBytes, weight);
  if (shares < 0) return shares;
  Rule.shares.set(heap.memory, rule, shares);
  return 0;
}

/** Whether requests that match no route have somewhere to go. */
export function ruleHasDefault(memory: Memory, rule: RuleAddress): boolean {
  const name = GroupReference.name.get(memory, Rule.default.at(rule)) as TextAddress;
  return Rule.shares.get(memory, rule) !== 0 || (name !== 0 && byteStringLength(memory, name) > 0);
}

/** Frees what the rule holds and zeroes the record, which belongs to whoever holds it. No index has its routes. */
export function ruleClear(heap: Heap, routing: RoutingAddress, rule: RuleAddress): void {
  const memory = heap.memory;
  let route = Rule.firstRoute.get(memory, rule) as RouteAddress;
  while (route !== 0) {
    const next = Route.next.get(memory, route) as RouteAddress;
    routeFree(heap, routing, route);
    route = next;
  }
  sharesFree(heap, routing, Rule.shares.get(memory, rule));
  routeTextRelease(heap, routing, GroupReference.name.get(memory, Rule.default.at(rule)));
  memory.fill(rule, Rule.size, 0);
}
