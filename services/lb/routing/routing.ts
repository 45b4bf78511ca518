/**
 * Rules and groups: what a configuration is made of, and what is replaced as a whole when one is loaded. The Routing
 * record lies in the process's state; two of them can be exchanged.
 *
 * Lists and map are made when the first thing is put in; 0 stands for empty.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { listAt, listCount, listCreate, listFree, listPush } from "../../../kernel/collections/list.ts";
import { mapCreate, mapFind, mapFree, mapInsert } from "../../../kernel/collections/map.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { Group, groupExchange, groupFree } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import type { RequestViewAddress } from "../request-view.ts";
import { GroupReference, Route } from "./route.ts";
import type { GroupReferenceAddress, RouteAddress } from "./route.ts";
import { routeEnter, routeLeave } from "./route-index.ts";
import { tableFree } from "./route-table.ts";
import type { RouteTableAddress } from "./route-table.ts";
import { Routing } from "./routing-record.ts";
import type { RoutingAddress } from "./routing-record.ts";
import { Rule, ruleClear, ruleHasDefault, ruleRouteCount } from "./rule.ts";
import type { RuleAddress } from "./rule.ts";
import { searchSeed, searchStrict } from "./search.ts";
import { sharesTake } from "./shares.ts";
import type { SharesAddress } from "./shares.ts";
import type { TextAddress } from "../text.ts";

export { Routing } from "./routing-record.ts";
export type { RoutingAddress } from "./routing-record.ts";

export const GroupEntry = layout("GroupEntry", 8, { group: i32, reserved: i32("scratch") });

/** Frees all rules and groups. */
export function routingClear(heap: Heap, routing: RoutingAddress): void {
  const memory = heap.memory;
  const rules = Routing.rules.get(memory, routing) as Address<"List">;
  if (rules !== 0) {
    for (let i = listCount(memory, rules) - 1; i >= 0; i--) ruleClear(heap, routing, listAt<"Rule">(memory, rules, i));
    listFree(heap, rules);
  }
  // What is left of it is the index: its routes are gone.
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  if (table !== 0) tableFree(heap, table);
  let group = Routing.firstGroup.get(memory, routing) as GroupAddress;
  while (group !== 0) {
    const next = Group.next.get(memory, group) as GroupAddress;
    groupFree(heap, group);
    group = next;
  }
  const groups = Routing.groupsByName.get(memory, routing) as Address<"HashMap">;
  if (groups !== 0) mapFree(heap, groups);
  memory.fill(routing, Routing.size, 0);
}

/** Exchanges two routings whole. */
export function routingExchange(memory: Memory, one: RoutingAddress, other: RoutingAddress): void {
  for (let word = 0; word < Routing.size; word += 4) {
    const held = memory.i32[(one + word) >> 2];
    memory.i32[(one + word) >> 2] = memory.i32[(other + word) >> 2];
    memory.i32[(other + word) >> 2] = held;
  }
}

export function routingRuleCount(memory: Memory, routing: RoutingAddress): number {
  const rules = Routing.rules.get(memory, routing) as Address<"List">;
  return rules === 0 ? 0 : listCount(memory, rules);
}

/** Routes that may still be added. */
export function routingRouteRoom(memory: Memory, routing: RoutingAddress, limits: LbLimits): number {
  return limits.routesMax - Routing.routeCount.get(memory, routing);
}

/**
 * Moves a whole draft, whose texts are this routing's, in as the last rule, enters its routes into the index, and zeroes
 * it. 0, or tableFull, outOfMemory; then all is as before.
 */
export function routingAddRule(heap: Heap, limits: LbLimits, routing: RoutingAddress, draft: RuleAddress): number {
  const memory = heap.memory;
  const number = routingRuleCount(memory, routing);
  if (number >= Math.min(limits.rulesMax, RULES_MAX)) return LbErrno.tableFull;
  if (ruleRouteCount(memory, draft) > routingRouteRoom(memory, routing, limits)) return LbErrno.tableFull;
  const fresh = Routing.rules.get(memory, routing) === 0;
  const rules = (fresh ? listCreate(heap, Rule.size, limits.rulesMax) : Routing.rules.get(memory, routing)) as Address<"List">;
  if (rules < 0) return rules;
  let status = enterRoutes(heap, routing, draft, number);
  const rule = status < 0 ? (status as RuleAddress) : listPush<"Rule">(heap, rules);
  if (rule < 0) {
    status = rule;
    leaveRoutes(heap, routing, draft);
    if (fresh) listFree(heap, rules);
    return status;
  }
  // ---- nothing below can fail ----
  memory.copy(rule, draft, Rule.size);
  memory.fill(draft, Rule.size, 0);
  Routing.rules.set(memory, routing, rules);
  Routing.routeCount.add(memory, routing, ruleRouteCount(memory, rule));
  if (Routing.defaultRule.get(memory, routing) === 0 && ruleHasDefault(memory, rule)) Routing.defaultRule.set(memory, routing, number + 1);
  return 0;
}

/** Route.rule holds a rule's position. */
const RULES_MAX = 0xffff;

/** Numbers the draft's routes and enters them. 0 or outOfMemory; then leaveRoutes() must follow. */
function enterRoutes(heap: Heap, routing: RoutingAddress, draft: RuleAddress, rule: number): number {
  const memory = heap.memory;
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  let number = Routing.routeCount.get(memory, routing);
  let status = 0;
  for (let route = Rule.firstRoute.get(memory, draft) as RouteAddress; route !== 0 && status === 0; route = Route.next.get(memory, route) as RouteAddress) {
    Route.number.set(memory, route, number++);
    Route.rule.set(memory, route, rule);
    status = routeEnter(heap, routing, table, route);
  }
  return status;
}

function leaveRoutes(heap: Heap, routing: RoutingAddress, draft: RuleAddress): void {
  const memory = heap.memory;
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  const limit = Routing.routeCount.get(memory, routing);
  for (let route = Rule.firstRoute.get(memory, draft) as RouteAddress; route !== 0; route = Route.next.get(memory, route) as RouteAddress) {
    routeLeave(heap, routing, table, route, limit);
  }
}

/** The group of that name, or 0. */
export function routingGroup(memory: Memory, routing: RoutingAddress, source: Memory, nameAt: number, nameBytes: number): GroupAddress | 0 {
  const groups = Routing.groupsByName.get(memory, routing) as Address<"HashMap">;
  if (groups === 0) return 0;
  const entry = mapFind<"GroupEntry">(memory, groups, source, nameAt, nameBytes);
  return entry === 0 ? 0 : (GroupEntry.group.get(memory, entry) as GroupAddress);
}

/**
 * Moves a whole group in, replacing one of its name, which keeps its number. 0, or tableFull, outOfMemory; then the
 * group is still the caller's.
 */
export function routingAddGroup(heap: Heap, limits: LbLimits, routing: RoutingAddress, group: GroupAddress): number {
  const memory = heap.memory;
  const name = Group.name.get(memory, group) as TextAddress;
  const replaced = routingGroup(memory, routing, memory, byteStringBytes(memory, name), byteStringLength(memory, name));
  if (replaced !== 0) {
    groupExchange(memory, replaced, group);
    groupFree(heap, group);
    return 0;
  }
  const count = Routing.groupCount.get(memory, routing);
  if (count >= limits.groupsMax) return LbErrno.tableFull;
  const added = enterGroup(heap, limits, routing, group, name);
  if (added < 0) return added;
  const last = Routing.lastGroup.get(memory, routing) as GroupAddress;
  if (last === 0) Routing.firstGroup.set(memory, routing, group);
  else Group.next.set(memory, last, group);
  Routing.lastGroup.set(memory, routing, group);
  Group.number.set(memory, group, count);
  Routing.groupCount.set(memory, routing, count + 1);
  return 0;
}

function enterGroup(heap: Heap, limits: LbLimits, routing: RoutingAddress, group: GroupAddress, name: TextAddress): number {
  const memory = heap.memory;
  const fresh = Routing.groupsByName.get(memory, routing) === 0;
  const groups = fresh ? mapCreate(heap, GroupEntry.size, limits.groupsMax) : Routing.groupsByName.get(memory, routing);
  if (groups < 0) return groups;
  const entry = mapInsert<"GroupEntry">(heap, groups as Address<"HashMap">, memory, byteStringBytes(memory, name), byteStringLength(memory, name));
  if (entry < 0) {
    if (fresh) mapFree(heap, groups as Address<"HashMap">);
    return entry;
  }
  GroupEntry.group.set(memory, entry, group);
  Routing.groupsByName.set(memory, routing, groups);
  return 0;
}

/**
 * Where the request leads by the seed's rules: a route, or a default; 0 if nowhere. To the letter: the first default does
 * not end the search, exactly one more rule is asked for a matching route. So the first match over all rules counts if it
 * stands at most one rule behind the first default.
 */
export function routingTarget(memory: Memory, routing: RoutingAddress, source: Memory, request: RequestViewAddress): GroupReferenceAddress | 0 {
  const route = searchSeed(memory, routing, source, request);
  const defaultRule = Routing.defaultRule.get(memory, routing);
  // defaultRule counts from 1: it is the number of the one rule behind the default's.
  if (route !== 0 && (defaultRule === 0 || Route.rule.get(memory, route) <= defaultRule)) return takeRoute(memory, routing, route);
  return takeDefault(memory, routing);
}

/**
 * Where the request leads under semantics=strict: the first matching route over all rules, else the first default; 0 if
 * nowhere. Of a target with shares it is the one whose turn it is.
 */
export function routingTargetStrict(memory: Memory, routing: RoutingAddress, source: Memory, request: RequestViewAddress): GroupReferenceAddress | 0 {
  const route = searchStrict(memory, routing, source, request);
  return route !== 0 ? takeRoute(memory, routing, route) : takeDefault(memory, routing);
}

function takeRoute(memory: Memory, routing: RoutingAddress, route: RouteAddress): GroupReferenceAddress {
  Routing.matched.set(memory, routing, route);
  Route.hits.add(memory, route, 1);
  const shares = Route.shares.get(memory, route) as SharesAddress;
  return shares === 0 ? Route.target.at(route) : sharesTake(memory, shares);
}

function takeDefault(memory: Memory, routing: RoutingAddress): GroupReferenceAddress | 0 {
  Routing.matched.set(memory, routing, 0);
  const number = Routing.defaultRule.get(memory, routing);
  if (number === 0) return 0;
  const rule = listAt<"Rule">(memory, Routing.rules.get(memory, routing) as Address<"List">, number - 1);
  const shares = Rule.shares.get(memory, rule) as SharesAddress;
  return shares === 0 ? Rule.default.at(rule) : sharesTake(memory, shares);
}

/** A rule by its position. */
export function routingRule(memory: Memory, routing: RoutingAddress, number: number): RuleAddress {
  return listAt<"Rule">(memory, Routing.rules.get(memory, routing) as Address<"List">, number);
}

/** The group that a reference names, or 0. */
export function routingResolve(memory: Memory, routing: RoutingAddress, reference: GroupReferenceAddress): GroupAddress | 0 {
  const known = GroupReference.group.get(memory, reference) as GroupAddress;
  if (known !== 0) return known;
  const name = GroupReference.name.get(memory, reference) as TextAddress;
  const group = routingGroup(memory, routing, memory, byteStringBytes(memory, name), byteStringLength(memory, name));
  GroupReference.group.set(memory, reference, group);
  return group;
}
