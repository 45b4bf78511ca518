/**
 * Loading a configuration: all of the text, or nothing.
 *
 * Rules and groups are built beside those in force, in the balancer's `attempt`, and exchanged with them when the whole
 * text is sound; so both must fit into the arena for a moment. A faulty text is read to its end, and its problems are
 * listed in the order of its lines. Whatever fails, what was built is freed and nothing has changed.
 *
 * What a configuration says nothing about stays: sessions always, clients' buckets as long as the rates do not change.
 * All `route=` lines up to the next `rule=` form one rule, with that part's `default=`.
 */

import { Errno } from "../../../kernel/errno.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { writerRewind } from "../codec/operand-writer.ts";
import { judgeExtension } from "./extension.ts";
import { ConfigLine, LineKind, TextSpan, lineNext, linesOpen } from "./line.ts";
import { numberLow } from "./value.ts";
import { ConfigKey, DEFAULT_BURST, DEFAULT_REQUESTS_PER_TICK, fault, identifyKey, judgeUpstream } from "../config.ts";
import { listNotes } from "./notes.ts";
import { problemAdd, problemsClose, problemsOpen } from "./problems.ts";
import { LbErrno } from "../control.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { Group, groupAddBackend, groupCreate, groupFree } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { l7SetDefaults } from "../l7.ts";
import { limitersClear } from "../rate/limiter.ts";
import { GroupReference, Route, referenceSet, routeSetHost, routeSetPrefix } from "../routing/route.ts";
import type { RouteAddress } from "../routing/route.ts";
import { routingAddGroup, routingAddRule, routingClear, routingExchange, routingGroup, routingRouteRoom } from "../routing/routing.ts";
import { Rule, ruleAddRoute, ruleClear, ruleRouteCount } from "../routing/rule.ts";

/** Loads the `bytes` bytes at `at`, and writes the answer of ControlOperation.configure. 0, badConfiguration, or outOfMemory. */
export function configure(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, at: number, bytes: number): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  Balancer.attemptRequestsPerTick.set(memory, balancer, DEFAULT_REQUESTS_PER_TICK);
  Balancer.attemptBurst.set(memory, balancer, DEFAULT_BURST);
  Balancer.draftOpen.set(memory, balancer, 0);
  problemsOpen(memory, balancer, shared);
  linesOpen(memory, line, at, bytes);
  let status = buildGroups(heap, limits, balancer, shared);
  linesOpen(memory, line, at, bytes);
  if (status === 0) status = buildRest(heap, limits, balancer, shared);
  if (status === 0 && Balancer.problemCount.get(memory, balancer) > 0) status = LbErrno.badConfiguration;
  if (status === 0) {
    linesOpen(memory, line, at, bytes);
    listNotes(memory, limits, balancer, shared);
    takeOver(heap, balancer);
  }
  ruleClear(heap, Balancer.attempt.at(balancer), Balancer.draft.at(balancer));
  routingClear(heap, Balancer.attempt.at(balancer));
  if (status === Errno.outOfMemory) writerRewind(memory, Balancer.writer.at(balancer));
  else problemsClose(memory, balancer, shared);
  return status;
}

/** Nothing here can fail: the old rules and groups end up in `attempt`. */
function takeOver(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const requestsPerTick = Balancer.attemptRequestsPerTick.get(memory, balancer);
  const burst = Balancer.attemptBurst.get(memory, balancer);
  const same = requestsPerTick === Balancer.defaultRequestsPerTick.get(memory, balancer) && burst === Balancer.defaultBurst.get(memory, balancer);
  routingExchange(memory, Balancer.routing.at(balancer), Balancer.attempt.at(balancer));
  if (!same) limitersClear(heap, balancer);
  l7SetDefaults(memory, balancer, requestsPerTick, burst);
}

/** First all groups, so that members and routes may stand before them. Faulty lines are left to buildRest(). */
function buildGroups(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry || identifyKey(memory, line, shared) !== ConfigKey.group) continue;
    if (judgeExtension(memory, line, shared) !== 0) continue;
    if (groupNamed(memory, balancer, shared) !== 0) continue;
    const created = groupCreate(heap, limits, shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name), ConfigLine.algorithm.get(memory, line));
    if (created === Errno.messageTooLarge) continue;
    if (created < 0) return created;
    const group = created as GroupAddress;
    Group.line.set(memory, group, ConfigLine.line.get(memory, line));
    const added = routingAddGroup(heap, limits, Balancer.attempt.at(balancer), group);
    if (added < 0) groupFree(heap, group);
    if (added === Errno.outOfMemory) return added;
  }
  return 0;
}

/** Judges every line, lists what is wrong, and builds what is right. 0 or outOfMemory. */
function buildRest(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    if (kind !== LineKind.entry) continue;
    const key = identifyKey(memory, line, shared);
    const problem = key < ConfigKey.group ? judgeUpstream(memory, line, shared) : judgeExtension(memory, line, shared);
    if (problem !== 0) {
      problemAdd(memory, limits, balancer, shared, problem);
      continue;
    }
    const status = build(heap, limits, balancer, shared, key);
    if (status === Errno.outOfMemory) return status;
    if (status === 0) continue;
    if (status < 0) fault(memory, line, ConfigLine.key.at(line), 0);
    problemAdd(memory, limits, balancer, shared, status > 0 ? status : status === Errno.messageTooLarge ? ConfigProblem.textTooLong : ConfigProblem.tooMany);
  }
  return Balancer.draftOpen.get(memory, balancer) === 0 ? 0 : closeLastRule(heap, limits, balancer, shared);
}

/** Builds from one sound line. 0, a ConfigProblem with `fault` set, or the negative errno of a table or the heap. */
function build(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, key: number): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  switch (key) {
    case ConfigKey.rateLimitRps:
      Balancer.attemptRequestsPerTick.set(memory, balancer, numberLow(memory, line));
      return 0;
    case ConfigKey.rateLimitBurst:
      Balancer.attemptBurst.set(memory, balancer, numberLow(memory, line));
      return 0;
    case ConfigKey.group:
      return checkGroup(memory, limits, balancer, shared);
    case ConfigKey.member:
      return addMember(heap, limits, balancer, shared);
    case ConfigKey.route:
      return addRoute(heap, limits, balancer, shared);
    case ConfigKey.default:
      return setDefault(heap, limits, balancer, shared);
    case ConfigKey.rule: {
      const status = Balancer.draftOpen.get(memory, balancer) === 0 ? 0 : closeRule(heap, limits, balancer);
      Balancer.draftOpen.set(memory, balancer, 1);
      return status;
    }
    default:
      return 0;
  }
}

/** The group of this line was made by buildGroups(), unless another line's has its name or there was no room. */
function checkGroup(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const group = groupNamed(memory, balancer, shared);
  if (group === 0) return TextSpan.bytes.get(memory, name) > limits.textBytesMax ? Errno.messageTooLarge : LbErrno.tableFull;
  return Group.line.get(memory, group) === ConfigLine.line.get(memory, line) ? 0 : fault(memory, line, name, ConfigProblem.duplicateGroup);
}

function addMember(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const address = ConfigLine.second.at(line);
  const group = groupNamed(memory, balancer, shared);
  if (group === 0) return fault(memory, line, ConfigLine.first.at(line), ConfigProblem.unknownGroup);
  const added = groupAddBackend(heap, limits, group, shared, TextSpan.at.get(memory, address), TextSpan.bytes.get(memory, address));
  if (added < 0) return added;
  Backend.port.set(memory, added as BackendAddress, ConfigLine.port.get(memory, line));
  Backend.weight.set(memory, added as BackendAddress, ConfigLine.weight.get(memory, line));
  return 0;
}

function addRoute(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const draft = Balancer.draft.at(balancer);
  const routing = Balancer.attempt.at(balancer);
  const prefix = ConfigLine.first.at(line);
  const host = ConfigLine.second.at(line);
  const group = ConfigLine.third.at(line);
  Balancer.draftOpen.set(memory, balancer, 1);
  if (ruleRouteCount(memory, draft) >= routingRouteRoom(memory, routing, limits)) return LbErrno.tableFull;
  const added = ruleAddRoute(heap, limits, draft);
  if (added < 0) return added;
  const route = added as RouteAddress;
  let status = routeSetPrefix(heap, limits, routing, route, shared, TextSpan.at.get(memory, prefix), TextSpan.bytes.get(memory, prefix));
  if (status === 0) status = routeSetHost(heap, limits, routing, route, shared, TextSpan.at.get(memory, host), TextSpan.bytes.get(memory, host));
  if (status === 0) status = referenceSet(heap, limits, routing, Route.target.at(route), shared, TextSpan.at.get(memory, group), TextSpan.bytes.get(memory, group));
  return status;
}

function setDefault(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const value = ConfigLine.value.at(line);
  const reference = Rule.default.at(Balancer.draft.at(balancer));
  Balancer.draftOpen.set(memory, balancer, 1);
  if (GroupReference.name.get(memory, reference) !== 0) return fault(memory, line, value, ConfigProblem.duplicateDefault);
  return referenceSet(heap, limits, Balancer.attempt.at(balancer), reference, shared, TextSpan.at.get(memory, value), TextSpan.bytes.get(memory, value));
}

/** Moves the draft in. A draft that does not fit is given up, so that the next rule begins with nothing. */
function closeRule(heap: Heap, limits: LbLimits, balancer: BalancerAddress): number {
  const status = routingAddRule(heap, limits, Balancer.attempt.at(balancer), Balancer.draft.at(balancer));
  if (status < 0) ruleClear(heap, Balancer.attempt.at(balancer), Balancer.draft.at(balancer));
  return status;
}

function closeLastRule(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const line = Balancer.line.at(balancer);
  const status = closeRule(heap, limits, balancer);
  if (status === 0 || status === Errno.outOfMemory) return status;
  fault(memory, line, ConfigLine.key.at(line), 0);
  problemAdd(memory, limits, balancer, shared, ConfigProblem.tooMany);
  return 0;
}

/** The group under construction that `first` of the present line names, or 0. */
function groupNamed(memory: Memory, balancer: BalancerAddress, shared: Memory): GroupAddress | 0 {
  const name = ConfigLine.first.at(Balancer.line.at(balancer));
  return routingGroup(memory, Balancer.attempt.at(balancer), shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name));
}
