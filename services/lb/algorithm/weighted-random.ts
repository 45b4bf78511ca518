/** Weighted random: each candidate with a probability of its weight over the weights of all candidates. */

import type { Memory } from "../../../hal/memory.ts";
import { BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendWeight } from "../health/slow-start.ts";
import { randomBelow } from "../random.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { firstReference, isEligible, nextReference } from "./references.ts";

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  const whole = weightOfCandidates(memory, group, request, tick);
  return whole === 0 ? -1 : candidateAt(memory, group, request, tick, randomBelow(memory, Group.random.at(group), whole), -1);
}

/** Sum of the weights of all candidates, in hundredths: below 2^27. */
export function weightOfCandidates(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  let whole = 0;
  let reference = firstReference(memory, group);
  for (let left = groupBackendCount(memory, group); left > 0; left--) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    if (isEligible(memory, group, backend, request)) whole += backendWeight(memory, group, backend, tick);
  }
  return whole;
}

/** Position of the candidate within whose weight `drawn` falls when all are laid end to end, the one at `but` left out. -1 behind the last. */
export function candidateAt(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number, drawn: number, but: number): number {
  let left = drawn;
  let reference = firstReference(memory, group);
  const count = groupBackendCount(memory, group);
  for (let index = 0; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    if (index === but || !isEligible(memory, group, backend, request)) continue;
    left -= backendWeight(memory, group, backend, tick);
    if (left < 0) return index;
  }
  return -1;
}

export const weightedRandom: Algorithm = Object.freeze({ names: Object.freeze(["random"]), keyHash: KeyHash.none, bounded: false, pick });
