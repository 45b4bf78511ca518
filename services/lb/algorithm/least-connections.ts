/**
 * Weighted least connections, as nginx's least_conn: the candidate with the fewest connections for its weight; among
 * equals smooth weighted round robin.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Backend, BackendReference } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { backendConnectionsMax } from "../group/candidate.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { KeyHash } from "./algorithm.ts";
import type { Algorithm } from "./algorithm.ts";
import { PickRequest } from "./pick-request.ts";
import type { PickRequestAddress } from "./pick-request.ts";
import { eligibleWeight, firstReference, nextReference, referenceAt } from "./references.ts";
import { smoothAdvance, smoothPay } from "./smooth-weighted.ts";

/** Loads are compared as products, connections of the one times weight of the other: below 2^16 x 2^17. */
function pick(memory: Memory, group: GroupAddress, request: PickRequestAddress, tick: number): number {
  let chosen = -1;
  let fewest = 0;
  let weight = 1;
  let tied = false;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  let reference = firstReference(memory, group);
  const count = groupBackendCount(memory, group);
  for (let index = 0; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    const own = eligibleWeight(memory, group, backend, tick, excluded, connectionsMax, panicking);
    if (own === 0) continue;
    const connections = Backend.activeConnections.get(memory, backend);
    const difference = chosen < 0 ? -1 : connections * weight - fewest * own;
    if (difference === 0) tied = true;
    if (difference >= 0) continue;
    chosen = index;
    fewest = connections;
    weight = own;
    tied = false;
  }
  return tied ? turnAmongEqual(memory, group, request, tick, chosen, fewest, weight) : chosen;
}

/** The turn goes among those whose load equals that of the backend at `first`, which is the first of them. */
function turnAmongEqual(
  memory: Memory,
  group: GroupAddress,
  request: PickRequestAddress,
  tick: number,
  first: number,
  fewest: number,
  weight: number,
): number {
  let chosen = -1;
  let largest = 0;
  let whole = 0;
  const excluded = PickRequest.excluded.get(memory, request);
  const connectionsMax = backendConnectionsMax(memory, group);
  const panicking = Group.panicking.get(memory, group);
  const count = groupBackendCount(memory, group);
  let reference = referenceAt(memory, group, first);
  for (let index = first; index < count; index++) {
    const backend = BackendReference.backend.get(memory, reference) as BackendAddress;
    reference = nextReference(reference);
    const own = eligibleWeight(memory, group, backend, tick, excluded, connectionsMax, panicking);
    if (own === 0 || Backend.activeConnections.get(memory, backend) * weight !== fewest * own) continue;
    const sum = smoothAdvance(memory, backend, own);
    whole += own;
    if (chosen >= 0 && sum <= largest) continue;
    chosen = index;
    largest = sum;
  }
  smoothPay(memory, groupBackend(memory, group, chosen), whole);
  return chosen;
}

export const leastConnections: Algorithm = Object.freeze({ names: Object.freeze(["leastconn", "lc"]), keyHash: KeyHash.none, bounded: false, gradual: true, pick });
