/**
 * Which backends of a group may take a request now: the one question that every algorithm asks before it chooses. All
 * that depends on time has been brought up to date before (health/availability.ts).
 */

import type { Memory } from "../../../hal/memory.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import type { PickRequestAddress } from "../algorithm/pick-request.ts";
import { Backend } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { GroupPolicy } from "./group-policy.ts";
import { Group } from "./group.ts";
import type { GroupAddress } from "./group.ts";

/** Whether the backend may take one more: in service, not full, and not the one that a retry comes from. */
export function isCandidate(memory: Memory, group: GroupAddress, backend: BackendAddress, request: PickRequestAddress): boolean {
  return isCandidateOf(memory, backend, PickRequest.excluded.get(memory, request), backendConnectionsMax(memory, group), Group.panicking.get(memory, group));
}

/** The same for walks over all backends: what is needed of group and request was read before. */
export function isCandidateOf(memory: Memory, backend: BackendAddress, excluded: number, connectionsMax: number, panicking: number): boolean {
  if (Backend.available.get(memory, backend) === 0 && (panicking === 0 || Backend.draining.get(memory, backend) !== 0)) return false;
  if (backend === excluded) return false;
  return connectionsMax === 0 || Backend.activeConnections.get(memory, backend) < connectionsMax;
}

/** Available; or not draining, while so few are available that health is ignored. */
export function isInService(memory: Memory, group: GroupAddress, backend: BackendAddress): boolean {
  if (Backend.available.get(memory, backend) !== 0) return true;
  return Group.panicking.get(memory, group) !== 0 && Backend.draining.get(memory, backend) === 0;
}

/** Whether it has as many connections as its group's policy lets each backend have. */
export function isFull(memory: Memory, group: GroupAddress, backend: BackendAddress): boolean {
  const most = backendConnectionsMax(memory, group);
  return most !== 0 && Backend.activeConnections.get(memory, backend) >= most;
}

/** 0: no limit. */
export function backendConnectionsMax(memory: Memory, group: GroupAddress): number {
  return GroupPolicy.backendConnectionsMax.get(memory, Group.policy.at(group));
}

/**
 * Bounded load: whether one more connection would lift the backend, which is in service, above its share of the load,
 * policy.boundedPercent of the mean by weight: above ceil((open + 1) x percent/100 x weight/weights), the weights of those
 * in service. False without a bound. Some backend in service is always below. (Mirrokni, Thorup, Zadimoghaddam,
 * "Consistent Hashing with Bounded Loads", 2016.)
 */
export function isOverBound(memory: Memory, group: GroupAddress, backend: BackendAddress): boolean {
  const percent = GroupPolicy.boundedPercent.get(memory, Group.policy.at(group));
  if (percent === 0) return false;
  const load = (Group.activeConnections.get(memory, group) + 1) * percent * Backend.weight.get(memory, backend);
  const weights = Group.panicking.get(memory, group) === 0 ? Group.availableWeight : Group.weightTotal;
  const most = Math.ceil(load / (100 * Math.max(1, weights.get(memory, group))));
  return Backend.activeConnections.get(memory, backend) >= most;
}

/** What one unit of weight counts: weights are given to algorithms in hundredths, so that slow start can take parts. */
export const WEIGHT_UNIT = 100;
