/**
 * Active health: which backend is to be probed, and what came of it. Nobody is asked here: whoever does that (net, told by
 * probe-clock.ts, or an operator) takes probes here, each once, and answers by the backend's name.
 *
 * Nothing is planned before probes are first asked for: if nobody asks, none is handed out and none can go unanswered.
 * From then on a member's probe is due first after a draw of 0 to GroupPolicy.probeJitterTicks, then each time
 * probeIntervalTicks and such a draw after it was handed out, however late that was, and never while an answer is
 * awaited. An answer is awaited for probeTimeoutTicks (0: for ever): at the tick then reached the probe has failed. Ejected
 * and draining members are probed like others. Time does not run backwards: a tick earlier than one heard of before is that one.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { directoryFind } from "../connection/directory.ts";
import { pendingTick } from "../connection/pending.ts";
import { LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { vipAt, vipCount, vipGroup } from "../l4.ts";
import { randomBelow } from "../random.ts";
import { Routing } from "../routing/routing.ts";
import { groupSettle } from "./availability.ts";
import { groupDue } from "./fitness.ts";
import { NEVER_TICK, laterTick } from "./slow-start.ts";
import { backendProbed } from "./verdict.ts";

/** Draws are made among at most so many. */
const DRAWS_MAX = 0x8000_0000;

/**
 * Hands out the probe that has been due for longest, of all groups and virtual IPs: the first in their order among
 * equals. The backend to be probed (its group is Backend.group), or 0 if none is due.
 */
export function probeNext(memory: Memory, balancer: BalancerAddress, tick: number): BackendAddress | 0 {
  const now = pendingTick(memory, balancer, tick);
  let found: BackendAddress | 0 = 0;
  let group = Routing.firstGroup.get(memory, Balancer.routing.at(balancer)) as GroupAddress;
  while (group !== 0) {
    found = earlierOf(memory, group, found, now);
    group = Group.next.get(memory, group) as GroupAddress;
  }
  const transport = Balancer.transport.at(balancer);
  const vips = vipCount(memory, transport);
  for (let i = 0; i < vips; i++) found = earlierOf(memory, vipGroup(memory, vipAt(memory, transport, i)), found, now);
  if (found !== 0) handOut(memory, Backend.group.get(memory, found) as GroupAddress, found, now);
  return found;
}

/** What came of a probe that was handed out. 0, or backendNotFound: there is no such backend (any more), or no answer is awaited from it (any more). */
export function probeResult(memory: Memory, balancer: BalancerAddress, handle: number, passed: boolean, tick: number): number {
  const backend = directoryFind(memory, balancer, handle);
  if (backend === 0) return LbErrno.backendNotFound;
  const group = Backend.group.get(memory, backend) as GroupAddress;
  const now = pendingTick(memory, balancer, tick);
  groupSettle(memory, group, now);
  if (Backend.probing.get(memory, backend) === 0) return LbErrno.backendNotFound;
  backendProbed(memory, group, backend, passed, now);
  return 0;
}

/** The probe that was handed out was not made: it is due again at that tick, and none is awaited. */
export function probeReturn(memory: Memory, backend: BackendAddress, dueTick: number): void {
  Backend.probing.set(memory, backend, 0);
  Backend.probeDeadlineTick.set(memory, backend, 0);
  Backend.nextProbeTick.set(memory, backend, dueTick);
  const group = Backend.group.get(memory, backend) as GroupAddress;
  Group.nextProbeTick.set(memory, group, Math.min(dueTick, Group.nextProbeTick.get(memory, group)));
}

/** Tick at which the next probe is due, of all groups and virtual IPs; 0 where none is planned yet, NEVER_TICK if none is to be made. */
export function probesDueTick(memory: Memory, balancer: BalancerAddress): number {
  let tick = NEVER_TICK;
  for (let group = Routing.firstGroup.get(memory, Balancer.routing.at(balancer)) as GroupAddress; group !== 0; group = Group.next.get(memory, group) as GroupAddress) tick = Math.min(tick, dueTickOf(memory, group));
  const transport = Balancer.transport.at(balancer);
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) tick = Math.min(tick, dueTickOf(memory, vipGroup(memory, vipAt(memory, transport, i))));
  return tick;
}

function dueTickOf(memory: Memory, group: GroupAddress): number {
  let tick = NEVER_TICK;
  if (GroupPolicy.probeIntervalTicks.get(memory, Group.policy.at(group)) === 0) return tick;
  for (let i = groupBackendCount(memory, group) - 1; i >= 0; i--) {
    const backend = groupBackend(memory, group, i);
    // Not before the answer has come, or is too late.
    const awaited = Backend.probing.get(memory, backend) === 0 ? 0 : Backend.probeDeadlineTick.get(memory, backend);
    tick = Math.min(tick, Math.max(awaited, Backend.nextProbeTick.get(memory, backend)));
  }
  return tick;
}

/** `found`, or a member of the group whose probe has been due for longer. */
function earlierOf(memory: Memory, group: GroupAddress, found: BackendAddress | 0, tick: number): BackendAddress | 0 {
  groupSettle(memory, group, tick);
  if (GroupPolicy.probeIntervalTicks.get(memory, Group.policy.at(group)) === 0) return found;
  const dueTick = Group.nextProbeTick.get(memory, group);
  if (dueTick > tick || (found !== 0 && dueTick >= Backend.nextProbeTick.get(memory, found))) return found;
  let earlier = found;
  let nextTick = NEVER_TICK;
  const count = groupBackendCount(memory, group);
  for (let i = 0; i < count; i++) {
    const backend = groupBackend(memory, group, i);
    if (Backend.probePlanned.get(memory, backend) === 0) plan(memory, group, backend, tick);
    const probeTick = Backend.nextProbeTick.get(memory, backend);
    nextTick = Math.min(nextTick, probeTick);
    if (probeTick > tick || Backend.probing.get(memory, backend) !== 0) continue;
    if (earlier === 0 || probeTick < Backend.nextProbeTick.get(memory, earlier)) earlier = backend;
  }
  Group.nextProbeTick.set(memory, group, nextTick);
  return earlier;
}

function plan(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  Backend.probePlanned.set(memory, backend, 1);
  Backend.nextProbeTick.set(memory, backend, laterTick(tick, jitter(memory, group)));
}

function handOut(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  const policy = Group.policy.at(group);
  const timeoutTicks = GroupPolicy.probeTimeoutTicks.get(memory, policy);
  const deadlineTick = timeoutTicks === 0 ? NEVER_TICK : laterTick(tick, timeoutTicks);
  Backend.probing.set(memory, backend, 1);
  Backend.probeDeadlineTick.set(memory, backend, deadlineTick);
  Backend.nextProbeTick.set(memory, backend, laterTick(tick, GroupPolicy.probeIntervalTicks.get(memory, policy) + jitter(memory, group)));
  groupDue(memory, group, deadlineTick);
}

/** A draw of 0 to the policy's jitter; without jitter none is made. */
function jitter(memory: Memory, group: GroupAddress): number {
  const most = GroupPolicy.probeJitterTicks.get(memory, Group.policy.at(group));
  return most === 0 ? 0 : randomBelow(memory, Group.random.at(group) as Address<"Random">, Math.min(DRAWS_MAX, most + 1));
}
