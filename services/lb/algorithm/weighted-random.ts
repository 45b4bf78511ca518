/** Weighted random: each candidate with a probability of its weight over the weights of all candidates. */

import type { Memory } from "../../../hal/memory.ts";
import { BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { backendConnectionsMax } from "../group/candidate.ts";
import { Group, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { randomBelow } from "../random.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { eligibleWeight, firstReference, nextReference } from "./references.ts";

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  const whole = weightOfCandidates(memory, group, request, tick);
  return whole === 0 ? -1 : candidateAt(memory, group, request, tick, randomBelow(memory, Group.random.at(group), whole), -1);
}

/** Sum of the weights of all candidates, in hundredths: below 2^27. */
export function weightOfCandidates(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  let whole = 0;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  let reference = firstReference(memory, group);
  for (let left = groupBackendCount(memory, group); left > 0; left--) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    whole += eligibleWeight(memory, group, backend, tick, excluded, connectionsMax, panicking);
  }
  return whole;
}

/** Position of the candidate within whose weight `drawn` falls when all are laid end to end, the one at `but` left out. -1 behind the last. */
export function candidateAt(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number, drawn: number, but: number): number {
  let left = drawn;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  let reference = firstReference(memory, group);
  const count = groupBackendCount(memory, group);
  for (let index = 0; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    if (index !== but) left -= eligibleWeight(memory, group, backend, tick, excluded, connectionsMax, panicking);
    if (left < 0) return index;
  }
  return -1;
}

export const weightedRandom: Algorithm = Object.freeze({ names: Object.freeze(["random"]), keyHash: KeyHash.none, bounded: false, gradual: true, pick });
