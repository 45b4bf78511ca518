/**
 * Smooth weighted round robin, as nginx has it since 1.3.1: every candidate's running sum grows by its weight, the one
 * with the largest (the earliest of equals) is chosen and gives back what all of them got. Weights 5, 1, 1 give
 * a a b a c a a, where plain weighted turns would give a a a a a b c.
 *
 * A backend that is no candidate keeps its sum and counts for nothing meanwhile.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend, BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { backendConnectionsMax } from "../group/candidate.ts";
import { Group, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { eligibleWeight, firstReference, nextReference } from "./references.ts";

/** Where running sums end. They stay within the sum of all weights (1,024 x 1,000 x 100) unless backends keep leaving and coming back. */
const SUM_MAX = 2 ** 30;

/** Position of the backend whose turn is next among the candidates, or -1. Also what the hashing algorithms do without a key. */
export function smoothPick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  let chosen = -1;
  let best = 0 as BackendAddress;
  let largest = 0;
  let whole = 0;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  let reference = firstReference(memory, group);
  const count = groupBackendCount(memory, group);
  for (let index = 0; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    const weight = eligibleWeight(memory, group, backend, tick, excluded, connectionsMax, panicking);
    if (weight === 0) continue;
    const sum = smoothAdvance(memory, backend, weight);
    whole += weight;
    if (chosen >= 0 && sum <= largest) continue;
    chosen = index;
    best = backend;
    largest = sum;
  }
  if (chosen >= 0) smoothPay(memory, best, whole);
  return chosen;
}

/** Adds a weight to a backend's running sum. The sum. */
export function smoothAdvance(memory: Memory, backend: BackendAddress, weight: number): number {
  const sum = Math.min(Backend.currentWeight.get(memory, backend) + weight, SUM_MAX);
  Backend.currentWeight.set(memory, backend, sum);
  return sum;
}

/** Takes from the chosen one's sum what all together were given. */
export function smoothPay(memory: Memory, backend: BackendAddress, whole: number): void {
  Backend.currentWeight.set(memory, backend, Math.max(Backend.currentWeight.get(memory, backend) - whole, -SUM_MAX));
}

export const smoothWeighted: Algorithm = Object.freeze({
  names: Object.freeze(["weighted", "wrr"]),
  keyHash: KeyHash.none,
  bounded: false,
  gradual: true,
  pick: smoothPick,
});
