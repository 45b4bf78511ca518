/**
 * What a reload leaves of routes that stay: how many requests they took, and whose turn it is among their shares. A route
 * is the same if path, host, target and conditions are, whatever its rule and place; one is looked for from where the
 * last was found on, so that lines may come and go between them. Nothing here can fail or takes memory.
 */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringEquals, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import { Condition, ConditionLink } from "../routing/condition.ts";
import type { ConditionAddress, ConditionLinkAddress } from "../routing/condition.ts";
import { GroupReference, Route } from "../routing/route.ts";
import type { RouteAddress } from "../routing/route.ts";
import { routingRule, routingRuleCount } from "../routing/routing.ts";
import type { RoutingAddress } from "../routing/routing.ts";
import { Rule } from "../routing/rule.ts";
import { Share, Shares, shareAt } from "../routing/shares.ts";
import type { SharesAddress } from "../routing/shares.ts";
import type { TextAddress } from "../text.ts";

/** So many routes that are gone, one after the other, may lie between two that stay: it bounds the time of the search. */
const GONE_MAX = 256;

/** `from` is in force, `to` takes its place. */
export function carryRoutes(memory: Memory, from: RoutingAddress, to: RoutingAddress): void {
  let before = firstRoute(memory, from, 0);
  for (let route = firstRoute(memory, to, 0); route !== 0; route = routeBehind(memory, to, route)) {
    const same = sameRoute(memory, from, before, route);
    if (same === 0) continue;
    Route.hits.set(memory, route, Route.hits.get(memory, same));
    carryShares(memory, Route.shares.get(memory, same), Route.shares.get(memory, route));
    before = routeBehind(memory, from, same);
  }
  for (let i = Math.min(routingRuleCount(memory, from), routingRuleCount(memory, to)) - 1; i >= 0; i--) {
    const rule = routingRule(memory, to, i);
    const ruleBefore = routingRule(memory, from, i);
    if (!sameText(memory, GroupReference.name.get(memory, Rule.default.at(ruleBefore)), GroupReference.name.get(memory, Rule.default.at(rule)))) continue;
    carryShares(memory, Rule.shares.get(memory, ruleBefore), Rule.shares.get(memory, rule));
  }
}

/** The shares of one target: they have the same names and weights. */
function carryShares(memory: Memory, from: number, to: number): void {
  if (from === 0 || to === 0) return;
  for (let i = Shares.count.get(memory, to as SharesAddress) - 1; i >= 0; i--) {
    const before = shareAt(from as SharesAddress, i);
    const share = shareAt(to as SharesAddress, i);
    Share.current.set(memory, share, Share.current.get(memory, before));
    Share.hits.set(memory, share, Share.hits.get(memory, before));
  }
}

/** The route like this one, from `first` on; 0 if there is none near. */
function sameRoute(memory: Memory, routing: RoutingAddress, first: RouteAddress | 0, route: RouteAddress): RouteAddress | 0 {
  let candidate = first;
  for (let steps = 0; candidate !== 0 && steps <= GONE_MAX; steps++) {
    if (isSame(memory, candidate, route)) return candidate;
    candidate = routeBehind(memory, routing, candidate);
  }
  return 0;
}

function isSame(memory: Memory, one: RouteAddress, other: RouteAddress): boolean {
  return (
    Route.exact.get(memory, one) === Route.exact.get(memory, other) &&
    sameText(memory, Route.prefix.get(memory, one), Route.prefix.get(memory, other)) &&
    sameText(memory, Route.host.get(memory, one), Route.host.get(memory, other)) &&
    sameText(memory, GroupReference.name.get(memory, Route.target.at(one)), GroupReference.name.get(memory, Route.target.at(other))) &&
    sameConditions(memory, Route.conditions.get(memory, one) as ConditionLinkAddress, Route.conditions.get(memory, other) as ConditionLinkAddress)
  );
}

function sameConditions(memory: Memory, one: ConditionLinkAddress, other: ConditionLinkAddress): boolean {
  let link = one;
  let otherLink = other;
  while (link !== 0 && otherLink !== 0) {
    const condition = ConditionLink.condition.get(memory, link) as ConditionAddress;
    const otherCondition = ConditionLink.condition.get(memory, otherLink) as ConditionAddress;
    if (Condition.kind.get(memory, condition) !== Condition.kind.get(memory, otherCondition)) return false;
    if (!sameText(memory, Condition.name.get(memory, condition), Condition.name.get(memory, otherCondition))) return false;
    if (!sameText(memory, Condition.value.get(memory, condition), Condition.value.get(memory, otherCondition))) return false;
    link = ConditionLink.next.get(memory, link) as ConditionLinkAddress;
    otherLink = ConditionLink.next.get(memory, otherLink) as ConditionLinkAddress;
  }
  return link === otherLink;
}

/** Of two texts, each of which may be missing. */
function sameText(memory: Memory, one: number, other: number): boolean {
  if (one === 0 || other === 0) return one === other;
  const text = other as TextAddress;
  return byteStringEquals(memory, one as TextAddress, memory, byteStringBytes(memory, text), byteStringLength(memory, text));
}

/** The first route of that rule or of those behind it, or 0. */
function firstRoute(memory: Memory, routing: RoutingAddress, rule: number): RouteAddress | 0 {
  const count = routingRuleCount(memory, routing);
  for (let i = rule; i < count; i++) {
    const first = Rule.firstRoute.get(memory, routingRule(memory, routing, i));
    if (first !== 0) return first as RouteAddress;
  }
  return 0;
}

function routeBehind(memory: Memory, routing: RoutingAddress, route: RouteAddress): RouteAddress | 0 {
  const next = Route.next.get(memory, route) as RouteAddress;
  return next !== 0 ? next : firstRoute(memory, routing, Route.rule.get(memory, route) + 1);
}
