/**
 * Slow start: a backend that comes back takes a growing part of its weight, so that it is not met by its whole share
 * while its caches are cold.
 *
 * It begins when a backend is *fit* again (healthy and not ejected; availability.ts says when) or joins a group that is
 * in service, never when a group is first put into service: there nobody could take the rest of the load. It is over
 * GroupPolicy.slowStartTicks later, or when the backend is no longer fit.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { WEIGHT_UNIT } from "../group/candidate.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";

/** It begins at one part in so many of the weight. */
const FIRST_PART = 10;

/**
 * The weight that counts now, in hundredths (WEIGHT_UNIT to one): the configured one, or, during slow start, a part that
 * grows evenly from a tenth to the whole, rounded down. Above 0 unless the weight is 0. `weight` at most 1,000, so that
 * the product stays below 2^53. A tick before the beginning counts as the beginning.
 */
export function backendWeight(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): number {
  const whole = Backend.weight.get(memory, backend) * WEIGHT_UNIT;
  if (Backend.slowStarting.get(memory, backend) === 0) return whole;
  const ticks = GroupPolicy.slowStartTicks.get(memory, Group.policy.at(group));
  const elapsed = Math.max(0, tick - Backend.slowStartTick.get(memory, backend));
  if (elapsed >= ticks) return whole;
  return Math.floor((whole * (ticks + (FIRST_PART - 1) * elapsed)) / (FIRST_PART * ticks));
}

/** Begins slow start at that tick, if the group's policy has one. */
export function slowStartBegin(memory: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  if (GroupPolicy.slowStartTicks.get(memory, Group.policy.at(group)) === 0) return;
  Backend.slowStarting.set(memory, backend, 1);
  Backend.slowStartTick.set(memory, backend, tick);
}

/** Ends it, begun or not. */
export function slowStartEnd(memory: Memory, backend: BackendAddress): void {
  Backend.slowStarting.set(memory, backend, 0);
  Backend.slowStartTick.set(memory, backend, 0);
}

/** The tick at which a slow start that has begun is over. */
export function slowStartOverTick(memory: Memory, group: GroupAddress, backend: BackendAddress): number {
  return laterTick(Backend.slowStartTick.get(memory, backend), GroupPolicy.slowStartTicks.get(memory, Group.policy.at(group)));
}

/** `delayTicks` after `tick`; what would lie beyond the last tick that a field holds is that one. */
export function laterTick(tick: number, delayTicks: number): number {
  return Math.min(tick + delayTicks, NEVER_TICK);
}

/** A tick that does not come: the largest that a field holds. */
export const NEVER_TICK = Number.MAX_SAFE_INTEGER;
