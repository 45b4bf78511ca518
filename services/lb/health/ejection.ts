/**
 * Passive ejection: a backend whose requests fail one after the other is taken out of service for a while, the longer
 * the more often it happened lately. After Envoy's outlier detection (architecture overview, "Outlier detection":
 * consecutive errors, base_ejection_time times the number of ejections, max_ejection_percent), made exact:
 *
 * - GroupPolicy.ejectFailures failures without a success between them eject; a success, and the end of an ejection, set
 *   the count to 0. What an ejected backend's last connections come to counts neither way.
 * - It is out for ejectTicks times its multiplier, which is one more than before the ejection. The multiplier falls by one,
 *   down to 0, for every ejectTicks that pass in service without a failure; a part of that span that a failure ends, or
 *   the next ejection, is lost.
 * - Counted with the backend in question, no more than floor(ejectPercent / 100 x members) are ejected at once. One that
 *   exceeds this stays in service and its group counts it; the next failure asks again. If members are taken away, or a
 *   configuration lowers the share, the ejections that would have ended first end at once.
 *
 * Off while ejectFailures or ejectTicks is 0.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendSetEjected, groupDue } from "./fitness.ts";
import { laterTick } from "./slow-start.ts";

/** Failures are counted so far; a policy that asks for more is met at this many. So are ejections. */
const COUNT_MAX = 0xffff;
const PERCENT = 100;

/** A request to the backend has ended, well or not. The group is settled at that tick. */
export function backendResult(memory: Memory, group: GroupAddress, backend: BackendAddress, failed: boolean, tick: number): void {
  if (!failed) {
    Backend.failures.set(memory, backend, 0);
    return;
  }
  if (Backend.ejected.get(memory, backend) !== 0) return;
  const failures = Math.min(COUNT_MAX, Backend.failures.get(memory, backend) + 1);
  Backend.failures.set(memory, backend, failures);
  const policy = Group.policy.at(group);
  const needed = Math.min(COUNT_MAX, GroupPolicy.ejectFailures.get(memory, policy));
  const ticks = GroupPolicy.ejectTicks.get(memory, policy);
  if (needed === 0 || ticks === 0) return;
  endCalm(memory, backend, ticks, tick);
  if (failures < needed) return;
  if (ejectionsOver(memory, group, 1)) Group.ejectionsRefused.add(memory, group, 1);
  else eject(memory, group, backend, ticks, tick);
}

/** Ends an ejection, whether or not its time has come. */
export function ejectionEnd(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  Backend.failures.set(memory, backend, 0);
  Backend.ejectedUntilTick.set(memory, backend, 0);
  Backend.calmSinceTick.set(memory, backend, tick);
  backendSetEjected(memory, group, backend, false, tick);
}

/** Ends as many ejections as there are too many, those first that would end first, the earlier in the group among equals. */
export function ejectionsTrim(memory: Memory, group: GroupAddress, tick: number): void {
  while (ejectionsOver(memory, group, 0)) ejectionEnd(memory, group, earliestEnding(memory, group), tick);
}

/** Whether with so many more ejected the share would be exceeded. */
function ejectionsOver(memory: Memory, group: GroupAddress, more: number): boolean {
  const most = GroupPolicy.ejectPercent.get(memory, Group.policy.at(group)) * groupBackendCount(memory, group);
  return (Group.ejectedCount.get(memory, group) + more) * PERCENT > most;
}

function eject(memory: Memory, group: GroupAddress, backend: BackendAddress, ticks: number, tick: number): void {
  const ejections = Math.min(COUNT_MAX, Backend.ejections.get(memory, backend) + 1);
  const untilTick = laterTick(tick, ticks * ejections);
  Backend.ejections.set(memory, backend, ejections);
  Backend.timesEjected.add(memory, backend, 1);
  Backend.ejectedUntilTick.set(memory, backend, untilTick);
  backendSetEjected(memory, group, backend, true, tick);
  groupDue(memory, group, untilTick);
}

/** A failure ends the calm: what it was good for is reckoned, and a new one begins. */
function endCalm(memory: Memory, backend: BackendAddress, ticks: number, tick: number): void {
  const sinceTick = Backend.calmSinceTick.get(memory, backend);
  if (tick <= sinceTick) return;
  const earned = Math.floor((tick - sinceTick) / ticks);
  Backend.ejections.set(memory, backend, Math.max(0, Backend.ejections.get(memory, backend) - earned));
  Backend.calmSinceTick.set(memory, backend, tick);
}

/** One that is ejected: there is one. */
function earliestEnding(memory: Memory, group: GroupAddress): BackendAddress {
  let found = 0 as BackendAddress;
  for (let i = groupBackendCount(memory, group) - 1; i >= 0; i--) {
    const backend = groupBackend(memory, group, i);
    if (Backend.ejected.get(memory, backend) === 0) continue;
    if (found === 0 || Backend.ejectedUntilTick.get(memory, backend) <= Backend.ejectedUntilTick.get(memory, found)) found = backend;
  }
  return found;
}
