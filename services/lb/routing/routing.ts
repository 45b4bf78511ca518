/**
 * Rules and groups: what a configuration is made of, and what is replaced as a whole when one is loaded. The Routing
 * record lies in the process's state; two of them can be exchanged.
 *
 * Lists and map are made when the first thing is put in; 0 stands for empty.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u8 } from "../../../hal/field.ts";
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
import { HostText } from "./host.ts";
import { GroupReference } from "./route.ts";
import type { GroupReferenceAddress } from "./route.ts";
import { Rule, ruleClear, ruleMatch, ruleRouteCount } from "./rule.ts";
import type { RuleAddress } from "./rule.ts";
import type { TextAddress } from "../text.ts";

export const Routing = layout("Routing", 56, {
  /** List of Rule. */
  rules: i32,
  /** Of all rules together. */
  routeCount: i32,
  /** Map from name to GroupEntry. */
  groupsByName: i32,
  groupCount: i32,
  /** The groups in order of creation, chained by `next`. */
  firstGroup: i32,
  lastGroup: i32,
  /** One of Semantics (policy.ts): how routes are compared. Set before the first text of a rule is kept. */
  semantics: u8,
  reserved0: u8,
  reserved1: u16,
  /** The Route that the last request matched; 0: none, or it went to a default. */
  matched: i32("scratch"),
  /** A host that is being read; `hostPatternJudge(memory, Routing.host.at(routing), ...)` judges a route's. */
  host: nested(HostText)("scratch"),
});
export type RoutingAddress = Address<"Routing">;

export const GroupEntry = layout("GroupEntry", 8, { group: i32, reserved: i32("scratch") });

/** Frees all rules and groups. */
export function routingClear(heap: Heap, routing: RoutingAddress): void {
  const memory = heap.memory;
  const rules = Routing.rules.get(memory, routing) as Address<"List">;
  if (rules !== 0) {
    for (let i = listCount(memory, rules) - 1; i >= 0; i--) ruleClear(heap, routing, listAt<"Rule">(memory, rules, i));
    listFree(heap, rules);
  }
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

/** Moves a whole draft in as the last rule and zeroes it. 0, or tableFull, outOfMemory; then the draft is as before. */
export function routingAddRule(heap: Heap, limits: LbLimits, routing: RoutingAddress, draft: RuleAddress): number {
  const memory = heap.memory;
  if (routingRuleCount(memory, routing) >= limits.rulesMax) return LbErrno.tableFull;
  if (ruleRouteCount(memory, draft) > routingRouteRoom(memory, routing, limits)) return LbErrno.tableFull;
  const fresh = Routing.rules.get(memory, routing) === 0;
  const rules = fresh ? listCreate(heap, Rule.size, limits.rulesMax) : Routing.rules.get(memory, routing);
  if (rules < 0) return rules;
  const rule = listPush<"Rule">(heap, rules as Address<"List">);
  if (rule < 0) {
    if (fresh) listFree(heap, rules as Address<"List">);
    return rule;
  }
  memory.copy(rule, draft, Rule.size);
  memory.fill(draft, Rule.size, 0);
  Routing.rules.set(memory, routing, rules);
  Routing.routeCount.add(memory, routing, ruleRouteCount(memory, rule));
  return 0;
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
 * Where the request leads: a route, or a default; 0 if nowhere. The seed's order, to the letter: a default does not end
 * the search, exactly one more rule is asked for a matching route.
 */
export function routingTarget(memory: Memory, routing: RoutingAddress, source: Memory, request: RequestViewAddress): GroupReferenceAddress | 0 {
  const rules = Routing.rules.get(memory, routing) as Address<"List">;
  const count = rules === 0 ? 0 : listCount(memory, rules);
  let target: GroupReferenceAddress | 0 = 0;
  for (let i = 0; i < count; i++) {
    const rule = listAt<"Rule">(memory, rules, i);
    const matched = ruleMatch(memory, rule, source, request);
    if (matched !== 0) return matched;
    if (target !== 0) return target;
    const fallback = Rule.default.at(rule);
    const name = GroupReference.name.get(memory, fallback) as TextAddress;
    if (name !== 0 && byteStringLength(memory, name) > 0) target = fallback;
  }
  return target;
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
