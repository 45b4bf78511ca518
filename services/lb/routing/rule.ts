/**
 * One rule: routes in order, the first match counts, and a default for when none does: the seed's `L7Rule`. A rule is
 * built as a draft outside the list of rules and moved in when it is whole.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { listAt, listCount, listCreate, listFree, listPush } from "../../../kernel/collections/list.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import type { RequestViewAddress } from "../request-view.ts";
import { GroupReference, Route, routeClear, routeMatches } from "./route.ts";
import type { GroupReferenceAddress } from "./route.ts";
import type { RoutingAddress } from "./routing.ts";
import { textCreate, textFree } from "../text.ts";

export const Rule = layout("Rule", 16, {
  /** List of Route, 0 for none. */
  routes: i32,
  reserved: i32("scratch"),
  /** Its name is 0 or empty for no default. */
  default: nested(GroupReference),
});
export type RuleAddress = Address<"Rule">;

/** Appends a zeroed route. Its address until the next one, or tableFull, outOfMemory. */
export function ruleAddRoute(heap: Heap, limits: LbLimits, rule: RuleAddress): number {
  if (Rule.routes.get(heap.memory, rule) === 0) {
    const created = listCreate(heap, Route.size, limits.routesMax);
    if (created < 0) return created;
    Rule.routes.set(heap.memory, rule, created);
  }
  const route = listPush<"Route">(heap, Rule.routes.get(heap.memory, rule) as Address<"List">);
  return route === Errno.resourceExhausted ? LbErrno.tableFull : route;
}

export function ruleRouteCount(memory: Memory, rule: RuleAddress): number {
  const routes = Rule.routes.get(memory, rule) as Address<"List">;
  return routes === 0 ? 0 : listCount(memory, routes);
}

/** Frees what the rule holds and zeroes the record, which belongs to whoever holds it. */
export function ruleClear(heap: Heap, routing: RoutingAddress, rule: RuleAddress): void {
  const memory = heap.memory;
  const routes = Rule.routes.get(memory, rule) as Address<"List">;
  if (routes !== 0) {
    for (let i = listCount(memory, routes) - 1; i >= 0; i--) routeClear(heap, routing, listAt<"Route">(memory, routes, i));
    listFree(heap, routes);
  }
  textFree(heap, GroupReference.name.get(memory, Rule.default.at(rule)));
  memory.fill(rule, Rule.size, 0);
}

/** As routeAddShare, for the default. */
export function ruleAddShare(
  heap: Heap, limits: LbLimits, _routing: RoutingAddress, _rule: RuleAddress, source: Memory, nameAt: number, nameBytes: number, _weight: number,
): number {
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name < 0) return name;
  textFree(heap, name);
  return 0;
}

/** Where the first matching route leads, or 0. */
export function ruleMatch(memory: Memory, rule: RuleAddress, source: Memory, request: RequestViewAddress): GroupReferenceAddress | 0 {
  const routes = Rule.routes.get(memory, rule) as Address<"List">;
  const count = routes === 0 ? 0 : listCount(memory, routes);
  for (let i = 0; i < count; i++) {
    const route = listAt<"Route">(memory, routes, i);
    if (routeMatches(memory, route, source, request)) return Route.target.at(route);
  }
  return 0;
}
