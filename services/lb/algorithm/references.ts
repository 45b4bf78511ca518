/**
 * Walking a group's backends without asking the list about each: its items lie one behind the other.
 *
 *     let reference = firstReference(memory, group);
 *     for (let index = 0; index < groupBackendCount(memory, group); index++) {
 *       const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
 *       reference = nextReference(reference);
 *     }
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { List } from "../../../kernel/collections/list.ts";
import { Backend, BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { isCandidate, isCandidateOf } from "../group/candidate.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendWeight } from "../health/slow-start.ts";
import type { PickRequestAddress } from "./pick-request.ts";

export type ReferenceAddress = Address<"BackendReference">;

/** Where the first backend's reference lies; nothing may be read there if the group has none. */
export function firstReference(memory: Memory, group: GroupAddress): ReferenceAddress {
  const list = Group.backends.get(memory, group) as Address<"List">;
  return (list + List.itemsOffset.get(memory, list)) as ReferenceAddress;
}

/** The reference at a position that the group has. */
export function referenceAt(memory: Memory, group: GroupAddress, index: number): ReferenceAddress {
  return (firstReference(memory, group) + index * BackendReference.size) as ReferenceAddress;
}

export function nextReference(reference: ReferenceAddress): ReferenceAddress {
  return (reference + BackendReference.size) as ReferenceAddress;
}

/**
 * For walks: the backend's weight now, in hundredths, or 0 if an algorithm may not choose it. `excluded` is the request's,
 * `connectionsMax` and `panicking` the group's, read before the walk.
 */
export function eligibleWeight(
  memory: Memory,
  group: GroupAddress,
  backend: BackendAddress,
  tick: number,
  excluded: number,
  connectionsMax: number,
  panicking: number,
): number {
  return isCandidateOf(memory, backend, excluded, connectionsMax, panicking) ? backendWeight(memory, group, backend, tick) : 0;
}

/** Whether an algorithm may choose the backend: a candidate that has a weight. */
export function isEligible(memory: Memory, group: GroupAddress, backend: BackendAddress, request: PickRequestAddress): boolean {
  return Backend.weight.get(memory, backend) !== 0 && isCandidate(memory, group, backend, request);
}
