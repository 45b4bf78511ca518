/** Notes on a sound configuration: lines that have no effect, or not the one that their author may expect. */

import type { Memory } from "../../../hal/memory.ts";
import type { LbLimits } from "../../limits.ts";
import { KeyHash } from "../algorithm/algorithm.ts";
import { ALGORITHM_TABLE } from "../algorithm/algorithms.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Policy, Semantics } from "../policy.ts";
import { RateKey } from "../rate/rate-rule.ts";
import { groupNamed } from "./group-option.ts";
import { CONFIG_ENTRIES, ConfigKey, identifyKey } from "./keys.ts";
import { ConfigLine, LineKind, TextSpan, fault, lineNext } from "./line.ts";
import type { SpanAddress } from "./line.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { problemAdd } from "./problems.ts";
import { hasShares, judgeShare } from "./route-value.ts";
import { vipNamed } from "./transport.ts";
import { takeItem } from "./value.ts";

/**
 * Goes through the lines, which the caller has opened. What a sound text made stands in the balancer's attempt; of a
 * faulty one only skipped lines are noted, since what else might be said may come of its faults.
 */
export function listNotes(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory, sound: boolean): void {
  const line = Balancer.line.at(balancer);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    const skipped = skippedNote(memory, balancer, shared, kind);
    const note = skipped !== 0 || !sound ? skipped : noteOf(memory, balancer, shared);
    if (note !== 0) problemAdd(memory, limits, balancer, shared, note);
  }
}

/** The note on a line that nobody reads, or 0. */
function skippedNote(memory: Memory, balancer: BalancerAddress, shared: Memory, kind: number): number {
  const line = Balancer.line.at(balancer);
  if (kind === LineKind.noEquals) return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.noEquals);
  return identifyKey(memory, line, shared) === ConfigKey.unknown ? fault(memory, line, ConfigLine.key.at(line), ConfigProblem.unknownKey) : 0;
}

/** The note on the present line, whose key is identified, or 0. */
function noteOf(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const key = ConfigLine.keyNumber.get(memory, line);
  CONFIG_ENTRIES[key].judge(memory, line, shared);
  switch (key) {
    case ConfigKey.healthCheckInterval:
      return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.notActedOn);
    case ConfigKey.route:
    case ConfigKey.exact:
      return noteTarget(memory, balancer, shared);
    case ConfigKey.default:
      return TextSpan.bytes.get(memory, ConfigLine.value.at(line)) === 0 ? 0 : noteTarget(memory, balancer, shared);
    case ConfigKey.group:
    case ConfigKey.vip:
      return noteMembers(memory, balancer, shared, key);
    case ConfigKey.rateLimit:
      return noteSessions(memory, balancer);
    case ConfigKey.hash:
    case ConfigKey.boundedLoad:
    case ConfigKey.slowStart:
      return noteOption(memory, balancer, shared, key);
    case ConfigKey.backendMaxPending:
      return noteWaiting(memory, balancer, shared);
    default:
      return 0;
  }
}

/** Whether the group, or each of those among which it is shared, that `third` names is there. */
function noteTarget(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const target = ConfigLine.third.at(line);
  const strict = ConfigLine.semantics.get(memory, line) === Semantics.strict;
  if (!strict || !hasShares(memory, shared, target)) return noteUndefined(memory, balancer, shared, target);
  ConfigLine.restAt.set(memory, line, TextSpan.at.get(memory, target));
  while (takeItem(memory, line, shared)) {
    judgeShare(memory, line, shared);
    const note = noteUndefined(memory, balancer, shared, ConfigLine.item.at(line));
    if (note !== 0) return note;
  }
  return 0;
}

function noteUndefined(memory: Memory, balancer: BalancerAddress, shared: Memory, name: SpanAddress): number {
  return groupNamed(memory, balancer, shared, name) !== 0 ? 0 : fault(memory, Balancer.line.at(balancer), name, ConfigProblem.groupNotDefined);
}

function noteMembers(memory: Memory, balancer: BalancerAddress, shared: Memory, key: number): number {
  const name = ConfigLine.first.at(Balancer.line.at(balancer));
  const group = key === ConfigKey.vip ? vipNamed(memory, balancer, shared) : groupNamed(memory, balancer, shared, name);
  if (group === 0 || groupBackendCount(memory, group) > 0) return 0;
  return fault(memory, Balancer.line.at(balancer), name, key === ConfigKey.vip ? ConfigProblem.vipWithoutBackends : ConfigProblem.groupWithoutMembers);
}

/** A limit by session where nothing says which cookie that is. */
function noteSessions(memory: Memory, balancer: BalancerAddress): number {
  const line = Balancer.line.at(balancer);
  const bySession = ConfigLine.number2.get(memory, line) === RateKey.session;
  const none = Policy.sessionCookie.get(memory, Balancer.attemptPolicy.at(balancer)) === 0;
  return bySession && none ? fault(memory, line, ConfigLine.second.at(line), ConfigProblem.noSessions) : 0;
}

/** What the group's algorithm does not go by. */
function noteOption(memory: Memory, balancer: BalancerAddress, shared: Memory, key: number): number {
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const algorithm = ALGORITHM_TABLE[Group.algorithm.get(memory, groupNamed(memory, balancer, shared, name) as GroupAddress)]!;
  const heeded = key === ConfigKey.slowStart ? algorithm.gradual : algorithm.keyHash !== KeyHash.none;
  return heeded ? 0 : fault(memory, line, name, ConfigProblem.otherAlgorithm);
}

/** Room to wait for one backend where nothing ever does: nobody is bound to one, or nobody may wait. */
function noteWaiting(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const name = ConfigLine.first.at(line);
  const policy = Group.policy.at(groupNamed(memory, balancer, shared, name) as GroupAddress);
  const bound = Policy.sessionCookie.get(memory, Balancer.attemptPolicy.at(balancer)) !== 0;
  return bound && GroupPolicy.pendingMax.get(memory, policy) !== 0 ? 0 : fault(memory, line, name, ConfigProblem.nobodyWaits);
}
