/**
 * What a backend may be besides in service: unhealthy, ejected, draining. The three are independent of each other; it is
 * *fit* while healthy and not ejected, and *available* while fit and not draining. Who changes one of them does so here,
 * so that the group's counts, `panicking` and slow start always agree with it.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackendCount, groupSetHealth } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { slowStartBegin, slowStartEnd, slowStartOverTick } from "./slow-start.ts";

const PERCENT = 100;

/** A verdict about its health, whatever it was: probes count from the beginning again. */
export function backendSetHealthy(memory: Memory, group: GroupAddress, backend: BackendAddress, healthy: boolean, tick: number): void {
  const fitBefore = isFit(memory, backend);
  groupSetHealth(memory, group, backend, healthy);
  Backend.probesFailed.set(memory, backend, 0);
  Backend.probesPassed.set(memory, backend, 0);
  takeEffect(memory, group, backend, fitBefore, tick);
}

export function backendSetEjected(memory: Memory, group: GroupAddress, backend: BackendAddress, ejected: boolean, tick: number): void {
  const fitBefore = isFit(memory, backend);
  const after = ejected ? 1 : 0;
  Group.ejectedCount.add(memory, group, after - Backend.ejected.get(memory, backend));
  Backend.ejected.set(memory, backend, after);
  takeEffect(memory, group, backend, fitBefore, tick);
}

/** Who is taken back from draining was in service a moment ago: there is no slow start. */
export function backendSetDraining(memory: Memory, group: GroupAddress, backend: BackendAddress, draining: boolean): void {
  const after = draining ? 1 : 0;
  const change = after - Backend.draining.get(memory, backend);
  Group.drainingCount.set(memory, group, Group.drainingCount.get(memory, group) + change);
  Group.weightTotal.add(memory, group, -change * Backend.weight.get(memory, backend));
  Backend.draining.set(memory, backend, after);
  backendJudge(memory, group, backend);
}

/** Brings `available`, the group's count of it and sum of weights, and `panicking` up to date. */
export function backendJudge(memory: Memory, group: GroupAddress, backend: BackendAddress): void {
  const after = isFit(memory, backend) && Backend.draining.get(memory, backend) === 0 ? 1 : 0;
  const change = after - Backend.available.get(memory, backend);
  Group.availableCount.add(memory, group, change);
  Group.availableWeight.add(memory, group, change * Backend.weight.get(memory, backend));
  Backend.available.set(memory, backend, after);
  groupJudge(memory, group);
}

/** Brings `panicking` up to date: whether a smaller share of all members than GroupPolicy.panicPercent is available. */
export function groupJudge(memory: Memory, group: GroupAddress): void {
  const least = GroupPolicy.panicPercent.get(memory, Group.policy.at(group)) * groupBackendCount(memory, group);
  Group.panicking.set(memory, group, Group.availableCount.get(memory, group) * PERCENT < least ? 1 : 0);
}

/** Makes groupSettle() look at that tick, if it would not have done so earlier. */
export function groupDue(memory: Memory, group: GroupAddress, tick: number): void {
  if (tick < Group.nextChangeTick.get(memory, group)) Group.nextChangeTick.set(memory, group, tick);
}

function isFit(memory: Memory, backend: BackendAddress): boolean {
  return Backend.healthy.get(memory, backend) !== 0 && Backend.ejected.get(memory, backend) === 0;
}

function takeEffect(memory: Memory, group: GroupAddress, backend: BackendAddress, fitBefore: boolean, tick: number): void {
  backendJudge(memory, group, backend);
  const fit = isFit(memory, backend);
  if (fit === fitBefore) return;
  if (fit) backendWarm(memory, group, backend, tick);
  else slowStartEnd(memory, backend);
}

/** Begins slow start, if the group's policy has one, and sees to its end. */
export function backendWarm(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  slowStartBegin(memory, group, backend, tick);
  if (Backend.slowStarting.get(memory, backend) !== 0) groupDue(memory, group, slowStartOverTick(memory, group, backend));
}
