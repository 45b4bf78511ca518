/**
 * Keys that make rules: route, exact, method, header, default, rule. A rule is built as the balancer's draft; all routes
 * up to the next rule= form one, with that part's default=.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { judgeUpstream } from "../config.ts";
import { LbErrno } from "../control.ts";
import { Semantics } from "../policy.ts";
import { GroupReference, Route, referenceSet, routeAddHeader, routeAddMethod, routeAddShare, routeSetExact, routeSetHost, routeSetPrefix } from "../routing/route.ts";
import type { RouteAddress } from "../routing/route.ts";
import { routingAddRule, routingRouteRoom } from "../routing/routing.ts";
import { Rule, ruleAddRoute, ruleAddShare, ruleClear, ruleRouteCount } from "../routing/rule.ts";
import { configEntry, isEmpty, nothing } from "./entry.ts";
import { ConfigLine, TextSpan, fault, setSpan } from "./line.ts";
import type { ConfigLineAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { HEADER_WORDS, hasShares, judgeHeader, judgeMethods, judgeShare, judgeStrictRoute, judgeTargetList } from "./route-value.ts";
import { partsOpen, takeItem } from "./value.ts";

/** `first` is the prefix, `second` the host, `third` the target. */
export const route = configEntry({
  name: "route",
  missing: "route requires path:host:group",
  judge: (memory, line, source) => refuseRoute(memory, line, isStrict(memory, line) ? judgeStrictRoute(memory, line, source, false) : judgeUpstream(memory, line, source)),
  build: (heap, limits, balancer, shared) => refuseRoute(heap.memory, Balancer.line.at(balancer), addRoute(heap, limits, balancer, shared, false)),
});

/** The same for a whole path. */
export const exact = configEntry({
  name: "exact",
  missing: "exact requires path:host:group",
  strictOnly: true,
  judge: (memory, line, source) => refuseRoute(memory, line, judgeStrictRoute(memory, line, source, true)),
  build: (heap, limits, balancer, shared) => refuseRoute(heap.memory, Balancer.line.at(balancer), addRoute(heap, limits, balancer, shared, true)),
});

/** Methods, any of which the route before takes. */
export const method = configEntry({ name: "method", strictOnly: true, judge: judgeMethods, build: addMethods });

/** A condition that the route before has as well: as judgeHeader() says. */
export const header = configEntry({
  name: "header",
  missing: "header requires name:exact:value, name:prefix:value, name:present or name:absent",
  strictOnly: true,
  words: HEADER_WORDS,
  judge: judgeHeader,
  build: addHeader,
});

/** `third` is the target, perhaps empty: no default. */
export const fallback = configEntry({
  name: "default",
  judge(memory, line, source) {
    const value = ConfigLine.value.at(line);
    setSpan(memory, ConfigLine.third.at(line), TextSpan.at.get(memory, value), TextSpan.bytes.get(memory, value));
    partsOpen(memory, line);
    return isStrict(memory, line) && !isEmpty(memory, value) ? judgeTargetList(memory, line, source) : 0;
  },
  build: setDefault,
});

export const rule = configEntry({
  name: "rule",
  judge: nothing,
  build(heap, limits, balancer) {
    const status = Balancer.draftOpen.get(heap.memory, balancer) === 0 ? 0 : closeRule(heap, limits, balancer);
    Balancer.draftOpen.set(heap.memory, balancer, 1);
    ConfigLine.route.set(heap.memory, Balancer.line.at(balancer), 0);
    return status;
  },
});

/** Moves the draft in. A draft that does not fit is given up, so that the next rule begins with nothing. 0, or tableFull, outOfMemory. */
export function closeRule(heap: Heap, limits: LbLimits, balancer: BalancerAddress): number {
  const status = routingAddRule(heap, limits, Balancer.attempt.at(balancer), Balancer.draft.at(balancer));
  if (status < 0) ruleClear(heap, Balancer.attempt.at(balancer), Balancer.draft.at(balancer));
  return status;
}

function isStrict(memory: Memory, line: ConfigLineAddress): boolean {
  return ConfigLine.semantics.get(memory, line) === Semantics.strict;
}

/** Remembers that a route was refused, if it was: what refines it is judged and goes nowhere. */
function refuseRoute(memory: Memory, line: ConfigLineAddress, status: number): number {
  if (status !== 0) ConfigLine.route.set(memory, line, -1);
  return status;
}

function addRoute(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, whole: boolean): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const draft = Balancer.draft.at(balancer);
  const routing = Balancer.attempt.at(balancer);
  const prefix = ConfigLine.first.at(line);
  const host = ConfigLine.second.at(line);
  Balancer.draftOpen.set(memory, balancer, 1);
  if (ruleRouteCount(memory, draft) >= routingRouteRoom(memory, routing, limits)) return LbErrno.tableFull;
  const added = ruleAddRoute(heap, limits, draft);
  if (added < 0) return added;
  const made = added as RouteAddress;
  ConfigLine.route.set(memory, line, made);
  if (whole) routeSetExact(memory, made);
  let status = routeSetPrefix(heap, limits, routing, made, shared, TextSpan.at.get(memory, prefix), TextSpan.bytes.get(memory, prefix));
  if (status === 0) status = routeSetHost(heap, limits, routing, made, shared, TextSpan.at.get(memory, host), TextSpan.bytes.get(memory, host));
  if (status === 0) status = setTarget(heap, limits, balancer, shared, made);
  return status;
}

/** The group or the shares that `third` names, for a route of the draft, or for the draft's default if that is 0. */
function setTarget(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, of: RouteAddress | 0): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const draft = Balancer.draft.at(balancer);
  const routing = Balancer.attempt.at(balancer);
  const target = ConfigLine.third.at(line);
  const reference = of === 0 ? Rule.default.at(draft) : Route.target.at(of);
  const status = referenceSet(heap, limits, routing, reference, shared, TextSpan.at.get(memory, target), TextSpan.bytes.get(memory, target));
  if (status < 0 || !isStrict(memory, line) || !hasShares(memory, shared, target)) return status;
  const item = ConfigLine.item.at(line);
  ConfigLine.restAt.set(memory, line, TextSpan.at.get(memory, target));
  while (takeItem(memory, line, shared)) {
    judgeShare(memory, line, shared);
    const weight = ConfigLine.weight.get(memory, line);
    const at = TextSpan.at.get(memory, item);
    const bytes = TextSpan.bytes.get(memory, item);
    const shareStatus = of === 0 ? ruleAddShare(heap, limits, routing, draft, shared, at, bytes, weight) : routeAddShare(heap, limits, routing, of, shared, at, bytes, weight);
    if (shareStatus < 0) return shareStatus;
  }
  return 0;
}

function setDefault(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const reference = Rule.default.at(Balancer.draft.at(balancer));
  Balancer.draftOpen.set(memory, balancer, 1);
  if (GroupReference.name.get(memory, reference) !== 0) return fault(memory, line, ConfigLine.value.at(line), ConfigProblem.duplicateDefault);
  return setTarget(heap, limits, balancer, shared, 0);
}

function addMethods(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const item = ConfigLine.item.at(line);
  const refined = ConfigLine.route.get(memory, line);
  if (refined <= 0) return refined < 0 ? 0 : fault(memory, line, ConfigLine.key.at(line), ConfigProblem.noRoute);
  partsOpen(memory, line);
  while (takeItem(memory, line, shared)) {
    const status = routeAddMethod(heap, limits, Balancer.attempt.at(balancer), refined as RouteAddress, shared, TextSpan.at.get(memory, item), TextSpan.bytes.get(memory, item));
    if (status < 0) return status;
  }
  return 0;
}

function addHeader(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const value = ConfigLine.second.at(line);
  const refined = ConfigLine.route.get(memory, line);
  if (refined <= 0) return refined < 0 ? 0 : fault(memory, line, ConfigLine.key.at(line), ConfigProblem.noRoute);
  return routeAddHeader(
    heap, limits, Balancer.attempt.at(balancer), refined as RouteAddress, shared,
    TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name), ConfigLine.word.get(memory, line), TextSpan.at.get(memory, value), TextSpan.bytes.get(memory, value),
  );
}
