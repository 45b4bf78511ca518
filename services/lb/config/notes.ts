/** Notes on a sound configuration: lines that have no effect, or not the one that their author may expect. */

import type { Memory } from "../../../hal/memory.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { judgeExtension } from "./extension.ts";
import { ConfigLine, LineKind, TextSpan, lineNext } from "./line.ts";
import type { SpanAddress } from "./line.ts";
import { problemAdd } from "./problems.ts";
import { ConfigKey, fault, identifyKey, judgeUpstream } from "../config.ts";
import { ConfigProblem } from "./problem-codes.ts";
import { groupBackendCount } from "../group/group.ts";
import { routingGroup } from "../routing/routing.ts";

/** Goes through the lines, which the caller has opened; rules and groups stand in the balancer's `attempt`. */
export function listNotes(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): void {
  const line = Balancer.line.at(balancer);
  for (let kind = lineNext(memory, line, shared); kind !== LineKind.end; kind = lineNext(memory, line, shared)) {
    const note = kind === LineKind.noEquals ? fault(memory, line, ConfigLine.key.at(line), ConfigProblem.noEquals) : noteOf(memory, balancer, shared);
    if (note !== 0) problemAdd(memory, limits, balancer, shared, note);
  }
}

/** The note on the present line, or 0. */
function noteOf(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const line = Balancer.line.at(balancer);
  const key = identifyKey(memory, line, shared);
  if (key < ConfigKey.group) judgeUpstream(memory, line, shared);
  else judgeExtension(memory, line, shared);
  switch (key) {
    case ConfigKey.unknown:
      return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.unknownKey);
    case ConfigKey.healthCheckInterval:
    case ConfigKey.vip:
    case ConfigKey.backend:
      return fault(memory, line, ConfigLine.key.at(line), ConfigProblem.notActedOn);
    case ConfigKey.route:
      return noteUndefined(memory, balancer, shared, ConfigLine.third.at(line));
    case ConfigKey.default:
      return TextSpan.bytes.get(memory, ConfigLine.value.at(line)) === 0 ? 0 : noteUndefined(memory, balancer, shared, ConfigLine.value.at(line));
    case ConfigKey.group: {
      const name = ConfigLine.first.at(line);
      const group = groupOf(memory, balancer, shared, name);
      return group !== 0 && groupBackendCount(memory, group) === 0 ? fault(memory, line, name, ConfigProblem.groupWithoutMembers) : 0;
    }
    default:
      return 0;
  }
}

function noteUndefined(memory: Memory, balancer: BalancerAddress, shared: Memory, name: SpanAddress): number {
  return groupOf(memory, balancer, shared, name) !== 0 ? 0 : fault(memory, Balancer.line.at(balancer), name, ConfigProblem.groupNotDefined);
}

function groupOf(memory: Memory, balancer: BalancerAddress, shared: Memory, name: SpanAddress) {
  return routingGroup(memory, Balancer.attempt.at(balancer), shared, TextSpan.at.get(memory, name), TextSpan.bytes.get(memory, name));
}
