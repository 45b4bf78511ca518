/**
 * What makes a record a member under semantics=strict: it knows its group and its mark, and the group counts it. Done for
 * whole groups when they are first put into service, and for single members as they come, go, or take over from the
 * record that a reload replaces.
 */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import type { BalancerAddress } from "../balancer.ts";
import { directoryMove, directoryRelease } from "../connection/directory.ts";
import { mixBytes, mixWords } from "../hash.ts";
import { groupUnsettle } from "../health/availability.ts";
import { backendJudge, backendSetDraining, backendSetEjected } from "../health/fitness.ts";
import { NEVER_TICK, slowStartBegin } from "../health/slow-start.ts";
import { randomSeed } from "../random.ts";
import type { TextAddress } from "../text.ts";
import { Backend } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { Group, groupBackend, groupBackendCount, groupSetHealth } from "./group.ts";
import type { GroupAddress } from "./group.ts";

const VERSION4_BYTES = 4;
const VERSION6_BYTES = 16;
const FAMILY_SHIFT = 16;

/**
 * Makes a group, just configured, ready for service: enrols its backends and seeds its draws by limits.seed and its name.
 * Nobody starts slowly; probes are planned when they are first asked for. The backends' names (directory.ts) and the
 * algorithm's table are the caller's to make. Cannot fail; may be done beside a group that is in service.
 */
export function groupBegin(memory: Memory, limits: LbLimits, group: GroupAddress): void {
  const name = Group.name.get(memory, group) as TextAddress;
  randomSeed(memory, Group.random.at(group), mixWords(limits.seed, mixBytes(memory, byteStringBytes(memory, name), byteStringLength(memory, name), 0)));
  Group.weightTotal.set(memory, group, 0);
  const count = groupBackendCount(memory, group);
  for (let i = 0; i < count; i++) memberEnrol(memory, group, groupBackend(memory, group, i));
}

/** Counts a backend that stands in the group's list and is as it was made: address, port, weight and health set, the rest zero. */
export function memberEnrol(memory: Memory, group: GroupAddress, backend: BackendAddress): void {
  Backend.group.set(memory, backend, group);
  Backend.mark.set(memory, backend, markOf(memory, backend));
  Group.weightTotal.add(memory, group, Backend.weight.get(memory, backend));
  backendJudge(memory, group, backend);
}

/** Takes a member that is about to leave the group's list out of the counts that groupRemoveBackend() does not keep. */
export function memberDischarge(memory: Memory, group: GroupAddress, backend: BackendAddress): void {
  const weight = Backend.weight.get(memory, backend);
  const available = Backend.available.get(memory, backend);
  if (Backend.draining.get(memory, backend) === 0) Group.weightTotal.add(memory, group, -weight);
  Group.availableCount.add(memory, group, -available);
  Group.availableWeight.add(memory, group, -available * weight);
  Group.ejectedCount.add(memory, group, -Backend.ejected.get(memory, backend));
  Group.drainingCount.set(memory, group, Group.drainingCount.get(memory, group) - Backend.draining.get(memory, backend));
}

/** Lets a new member of a group that was in service before start slowly, from the next time on that the group is settled. */
export function memberJoin(memory: Memory, group: GroupAddress, backend: BackendAddress): void {
  if (Backend.healthy.get(memory, backend) !== 0) slowStartBegin(memory, group, backend, NEVER_TICK);
  groupUnsettle(memory, group);
}

/**
 * A reload's record takes over from the one that it replaces, in a group that has begun: name, health, ejection, draining,
 * slow start, probes, connections, requests that wait, latency and counters; weight and policy are the new ones. The
 * new group counts all of it. The old record is without a name afterwards, and only good to be freed with its group.
 */
export function memberCarry(memory: Memory, balancer: BalancerAddress, from: BackendAddress, to: BackendAddress): void {
  const group = Backend.group.get(memory, to) as GroupAddress;
  for (let i = 0; i < CARRIED.length; i++) CARRIED[i].set(memory, to, CARRIED[i].get(memory, from));
  groupSetHealth(memory, group, to, Backend.healthy.get(memory, from) !== 0);
  // Health first: who is not fit has no slow start to begin or to end by this.
  backendJudge(memory, group, to);
  if (Backend.ejected.get(memory, from) !== 0) backendSetEjected(memory, group, to, true, 0);
  if (Backend.draining.get(memory, from) !== 0) backendSetDraining(memory, group, to, true);
  Backend.slowStarting.set(memory, to, Backend.slowStarting.get(memory, from));
  Backend.slowStartTick.set(memory, to, Backend.slowStartTick.get(memory, from));
  Group.activeConnections.add(memory, group, Backend.activeConnections.get(memory, from));
  Group.retries.add(memory, group, Backend.retries.get(memory, from));
  directoryMove(memory, balancer, Backend.handle.get(memory, from), to);
  groupUnsettle(memory, group);
}

/** What a new record takes over as it is; what the group counts besides is seen to one by one. */
const CARRIED = Object.freeze([
  Backend.activeConnections,
  Backend.totalRequests,
  Backend.pending,
  Backend.retries,
  Backend.failures,
  Backend.probesFailed,
  Backend.probesPassed,
  Backend.probing,
  Backend.probePlanned,
  Backend.ejections,
  Backend.ejectedUntilTick,
  Backend.calmSinceTick,
  Backend.drainUntilTick,
  Backend.nextProbeTick,
  Backend.probeDeadlineTick,
  Backend.latencyParts,
  Backend.latencyCycles,
  Backend.latencyAtCycle,
  Backend.finished,
  Backend.failed,
  Backend.timesEjected,
  Backend.peakConnections,
]);

/**
 * Forgets a member that is about to be freed, wherever its record stands: its name finds nothing any more, its group does
 * not count its connections; to close them is quiet. The group's list and other counts are the caller's.
 */
export function memberForget(heap: Heap, balancer: BalancerAddress, backend: BackendAddress): void {
  const memory = heap.memory;
  const group = Backend.group.get(memory, backend) as GroupAddress;
  Group.activeConnections.add(memory, group, -Backend.activeConnections.get(memory, backend));
  Group.retries.add(memory, group, -Backend.retries.get(memory, backend));
  directoryRelease(heap, balancer, Backend.handle.get(memory, backend));
}

/** Hash of address and port: of the literal's bytes, so that all ways to write it are one, or of the name's. */
function markOf(memory: Memory, backend: BackendAddress): number {
  const family = Backend.family.get(memory, backend);
  const seed = Backend.port.get(memory, backend) | (family << FAMILY_SHIFT);
  if (family !== 0) return mixBytes(memory, Backend.literal.at(backend), family === 4 ? VERSION4_BYTES : VERSION6_BYTES, seed);
  const name = Backend.address.get(memory, backend) as TextAddress;
  return mixBytes(memory, byteStringBytes(memory, name), byteStringLength(memory, name), seed);
}
