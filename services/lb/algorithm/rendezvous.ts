/**
 * Weighted rendezvous hashing (highest random weight): the key and each candidate make a draw, and the candidate with the
 * smallest -log(draw) / weight is chosen. So each gets keys in proportion to its weight, and when one comes, goes or
 * changes its weight, only keys move that it gains or loses. (Thaler and Ravishankar, "Using Name-Based Mappings to
 * Increase Hit Rates", 1998; the logarithm: Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", 2005.)
 *
 * It needs no table, and so is also what the other hashing algorithms end with when their tables lead to nobody.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend, BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { backendConnectionsMax, isCandidateOf, isOverBound } from "../group/candidate.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { mixWords } from "../hash.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { negativeLogarithm } from "./logarithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { firstReference, nextReference } from "./references.ts";
import { smoothPick } from "./smooth-weighted.ts";

function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  if (PickRequest.keyless.get(memory, request) !== 0) return smoothPick(memory, group, request, tick);
  return rendezvousPick(memory, group, request, PickRequest.key.get(memory, request));
}

/** Position of the candidate for that key, or -1 if there is none. If all are over the bound, the bound is not kept. */
export function rendezvousPick(memory: Memory, group: GroupAddress, request: PickRequestAddress, key: number): number {
  const bounded = GroupPolicy.boundedPercent.get(memory, Group.policy.at(group)) !== 0;
  const chosen = highest(memory, group, request, key, bounded);
  return chosen < 0 && bounded ? highest(memory, group, request, key, false) : chosen;
}

/** Scores are compared as products: below 2^32 x 2^10. Of equal ones the smaller mark's counts. */
function highest(memory: Memory, group: GroupAddress, request: PickRequestAddress, key: number, bounded: boolean): number {
  let chosen = -1;
  let score = 0;
  let weight = 1;
  let mark = 0;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  let reference = firstReference(memory, group);
  const count = groupBackendCount(memory, group);
  for (let index = 0; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    const ownWeight = Backend.weight.get(memory, backend);
    if (ownWeight === 0 || !isCandidateOf(memory, backend, excluded, connectionsMax, panicking)) continue;
    if (bounded && isOverBound(memory, group, backend)) continue;
    const own = Backend.mark.get(memory, backend);
    const ownScore = negativeLogarithm(mixWords(key, own));
    const difference = chosen < 0 ? -1 : ownScore * weight - score * ownWeight;
    if (difference > 0 || (difference === 0 && own >= mark)) continue;
    chosen = index;
    score = ownScore;
    weight = ownWeight;
    mark = own;
  }
  return chosen;
}

export const rendezvous: Algorithm = Object.freeze({ names: Object.freeze(["rendezvous"]), keyHash: KeyHash.mixed, bounded: true, gradual: false, pick });
