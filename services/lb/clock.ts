/**
 * What makes time pass for the balancer under semantics=strict: a timer that runs while there is something that only time
 * can end. Requests that wait have a deadline, so their timer fires once and is armed again; members that drain may take
 * as long as they like, so theirs is periodic and keeps no run of the machine from its end.
 */

import type { Memory } from "../../hal/memory.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { advance } from "./connection/ending.ts";
import { Pending } from "./connection/records.ts";
import { Group } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import { vipAt, vipCount, vipGroup } from "./l4.ts";
import { Policy, Semantics } from "./policy.ts";
import { Routing } from "./routing/routing.ts";
import type { LbContext } from "./service.ts";

/** Notifications of the timers; the one of probes is health/probe-clock.ts's. */
export const ClockBit = Object.freeze({ waiting: 1, draining: 2, probing: 4 });

/** A timer has fired. */
export function clockTick(context: LbContext, bits: number): void {
  const { memory } = context;
  const balancer = context.stateAt as BalancerAddress;
  if ((bits & ClockBit.waiting) !== 0) Balancer.waitingTimer.set(memory, balancer, 0);
  if (isStrict(memory, balancer)) advance(context, balancer, context.uptimeTicks(), context.uptimeCycles());
}

/** Arms or cancels the timers by what there is to wait for; at the end of every handler. Cheap under semantics=veridian. */
export function clockKeep(context: LbContext, membersChanged: boolean): void {
  const { memory, needs } = context;
  const balancer = context.stateAt as BalancerAddress;
  if (Pending.waiting.get(memory, Balancer.pending.at(balancer)) !== 0 && Balancer.waitingTimer.get(memory, balancer) === 0) {
    Balancer.waitingTimer.set(memory, balancer, startedTimer(context, 0, ClockBit.waiting));
  }
  const timer = Balancer.drainingTimer.get(memory, balancer);
  if (!membersChanged && timer === 0) return;
  const draining = isStrict(memory, balancer) && someoneDrains(memory, balancer);
  if (draining && timer === 0) Balancer.drainingTimer.set(memory, balancer, startedTimer(context, 1, ClockBit.draining));
  if (draining || timer === 0) return;
  context.timerCancel(needs.ticks, timer);
  Balancer.drainingTimer.set(memory, balancer, 0);
}

/** The timer's id; 0 if the machine has none left: the end of a later handler tries again. */
function startedTimer(context: LbContext, periodTicks: number, bit: number): number {
  return Math.max(0, context.timerStart(context.needs.ticks, 1, periodTicks, bit));
}

function isStrict(memory: Memory, balancer: BalancerAddress): boolean {
  return Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
}

function someoneDrains(memory: Memory, balancer: BalancerAddress): boolean {
  let group = Routing.firstGroup.get(memory, Balancer.routing.at(balancer)) as GroupAddress;
  while (group !== 0) {
    if (Group.drainingCount.get(memory, group) !== 0) return true;
    group = Group.next.get(memory, group) as GroupAddress;
  }
  const transport = Balancer.transport.at(balancer);
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) {
    if (Group.drainingCount.get(memory, vipGroup(memory, vipAt(memory, transport, i))) !== 0) return true;
  }
  return false;
}
