/**
 * A named group of backends and the choice among them: the seed's `BackendGroup`, bit for bit.
 *
 * A group's record never moves, so that whoever found it by name may keep its address; a group of the same name is put
 * into the same record (groupExchange). The groups of a Routing form a chain in order of creation.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested, u16, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { listAt, listCount, listCreate, listFree, listPush, listRemove } from "../../../kernel/collections/list.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { Backend, BackendReference } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { GroupPolicy } from "./group-policy.ts";
import { LbErrno } from "../control.ts";
import { Random } from "../random.ts";
import { textCreate, textFree } from "../text.ts";

/** Position in ALGORITHMS of the one algorithm that is not round robin here. */
const LEAST_CONNECTIONS = 1;

export const Group = layout("Group", {
  /** ByteString. */
  name: i32,
  /** List of BackendReference. */
  backends: i32,
  /** Backends that are healthy. */
  healthyCount: i32,
  /** The group made next, 0 for the last one. */
  next: i32,
  /** Position in the order of creation. */
  number: u16,
  /** Position in ALGORITHMS. */
  algorithm: u8,
  reserved: u8("scratch"),
  /** Line of the configuration that made it; 0 if a message did. */
  line: i32("scratch"),
  /** The seed's `rr_counter`: all 64 bits count. */
  position: u64,
  /** Requests that found no healthy backend here. */
  refused: u64("statistic"),

  /* From here on semantics=strict. */
  policy: nested(GroupPolicy),
  random: nested(Random),
  /** The algorithm's table, 0 for none. */
  table: i32("identity"),
  /** Backends whose `available` is set, and the sum of their weights. */
  availableCount: i32,
  availableWeight: i32,
  /** Sum of the weights of all backends that do not drain: in panic all of these serve. */
  weightTotal: i32,
  /** Connections open to its backends. */
  activeConnections: i32,
  /** Requests that wait (connection/pending.ts), those for one backend included; and the queue's ends. */
  pendingCount: i32,
  pendingFirst: i32("identity"),
  pendingLast: i32("identity"),
  /** Retries in flight. */
  retries: i32,
  ejectedCount: i32,
  /** Number under which sessions know it, 0 while it has none; a reload hands it on to the group of the same name. */
  sessionSpace: i32("identity"),
  /** 1: so few are available that health is ignored. */
  panicking: u8,
  reserved0: u8,
  /** Backends that are draining. */
  drainingCount: u16,
  /** Nothing changes by itself before this tick: ejections end, slow starts are over, probes are not answered in time. */
  nextChangeTick: u64("time"),
  /** No probe is due before this tick. */
  nextProbeTick: u64("time"),
  routed: u64("statistic"),
  overloaded: u64("statistic"),
  retried: u64("statistic"),
  retriesRefused: u64("statistic"),
  /** Ejections that would have exceeded the share that may be ejected. */
  ejectionsRefused: u64("statistic"),
});
export type GroupAddress = Address<"Group">;

/** A group without backends. Its address, or messageTooLarge (the name), or outOfMemory. */
export function groupCreate(heap: Heap, limits: LbLimits, source: Memory, nameAt: number, nameBytes: number, algorithm: number): number {
  const at = heap.allocate(Group.size);
  if (at < 0) return at;
  const group = at as GroupAddress;
  heap.memory.fill(group, Group.size, 0);
  Group.algorithm.set(heap.memory, group, algorithm);
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name > 0) Group.name.set(heap.memory, group, name);
  const backends = name < 0 ? name : listCreate(heap, BackendReference.size, limits.backendsMax);
  if (backends > 0) Group.backends.set(heap.memory, group, backends);
  if (backends > 0) return group;
  groupFree(heap, group);
  return backends;
}

/** Frees a group whole or half made. */
export function groupFree(heap: Heap, group: GroupAddress): void {
  const memory = heap.memory;
  const backends = Group.backends.get(memory, group) as Address<"List">;
  if (backends !== 0) {
    for (let i = listCount(memory, backends) - 1; i >= 0; i--) backendFree(heap, groupBackend(memory, group, i));
    listFree(heap, backends);
  }
  textFree(heap, Group.name.get(memory, group));
  textFree(heap, GroupPolicy.hashName.get(memory, Group.policy.at(group)));
  const table = Group.table.get(memory, group);
  if (table !== 0) heap.free(table);
  heap.free(group);
}

function backendFree(heap: Heap, backend: BackendAddress): void {
  textFree(heap, Backend.address.get(heap.memory, backend));
  heap.free(backend);
}

/**
 * Appends a healthy backend of weight 1; its port, weight and connections are the caller's to set. Its address, or
 * tableFull, messageTooLarge (the address), outOfMemory; then the group is as before.
 */
export function groupAddBackend(heap: Heap, limits: LbLimits, group: GroupAddress, source: Memory, addressAt: number, addressBytes: number): number {
  const memory = heap.memory;
  const backends = Group.backends.get(memory, group) as Address<"List">;
  if (listCount(memory, backends) >= limits.backendsMax) return LbErrno.tableFull;
  const created = backendCreate(heap, limits, source, addressAt, addressBytes);
  if (created < 0) return created;
  const backend = created as BackendAddress;
  const reference = listPush<"BackendReference">(heap, backends);
  if (reference < 0) {
    backendFree(heap, backend);
    return reference;
  }
  BackendReference.backend.set(memory, reference, backend);
  Group.healthyCount.add(memory, group, 1);
  return backend;
}

function backendCreate(heap: Heap, limits: LbLimits, source: Memory, addressAt: number, addressBytes: number): number {
  const memory = heap.memory;
  const address = textCreate(heap, limits, source, addressAt, addressBytes);
  if (address < 0) return address;
  const backend = heap.allocate(Backend.size) as BackendAddress;
  if (backend < 0) {
    textFree(heap, address);
    return backend;
  }
  memory.fill(backend, Backend.size, 0);
  Backend.address.set(memory, backend, address);
  Backend.weight.set(memory, backend, 1);
  Backend.healthy.set(memory, backend, 1);
  Backend.family.set(memory, backend, parseAddressLiteral(memory, Backend.literal.at(backend), source, addressAt, addressBytes));
  return backend;
}

export function groupSetHealth(memory: Memory, group: GroupAddress, backend: BackendAddress, healthy: boolean): void {
  const before = Backend.healthy.get(memory, backend);
  const after = healthy ? 1 : 0;
  Backend.healthy.set(memory, backend, after);
  Group.healthyCount.add(memory, group, after - before);
}

/** Takes the backend at that position out; those behind it move up. */
export function groupRemoveBackend(heap: Heap, group: GroupAddress, index: number): void {
  const memory = heap.memory;
  const backend = groupBackend(memory, group, index);
  Group.healthyCount.add(memory, group, -Backend.healthy.get(memory, backend));
  backendFree(heap, backend);
  listRemove(heap, Group.backends.get(memory, group) as Address<"List">, index);
}

export function groupBackendCount(memory: Memory, group: GroupAddress): number {
  return listCount(memory, Group.backends.get(memory, group) as Address<"List">);
}

export function groupBackend(memory: Memory, group: GroupAddress, index: number): BackendAddress {
  const reference = listAt<"BackendReference">(memory, Group.backends.get(memory, group) as Address<"List">, index);
  return BackendReference.backend.get(memory, reference) as BackendAddress;
}

/** Gives `kept` the name, backends, algorithm, position and counts of `other`, and the other way round. */
export function groupExchange(memory: Memory, kept: GroupAddress, other: GroupAddress): void {
  const next = Group.next.get(memory, kept);
  const number = Group.number.get(memory, kept);
  for (let word = 0; word < Group.size; word += 4) {
    const held = memory.i32[(kept + word) >> 2];
    memory.i32[(kept + word) >> 2] = memory.i32[(other + word) >> 2];
    memory.i32[(other + word) >> 2] = held;
  }
  Group.next.set(memory, kept, next);
  Group.number.set(memory, kept, number);
}

/** Chooses a healthy backend and counts the request. Its position in the group, or -1 if none is healthy. */
export function groupSelect(memory: Memory, group: GroupAddress): number {
  const healthy = Group.healthyCount.get(memory, group);
  if (healthy === 0) {
    Group.refused.add(memory, group, 1);
    return -1;
  }
  const index = Group.algorithm.get(memory, group) === LEAST_CONNECTIONS ? groupLeastConnected(memory, group) : nextInTurn(memory, group, healthy);
  groupTake(memory, group, index);
  return index;
}

/** Counts a request for the backend at that position. */
export function groupTake(memory: Memory, group: GroupAddress, index: number): void {
  const backend = groupBackend(memory, group, index);
  Backend.activeConnections.add(memory, backend, 1);
  Backend.totalRequests.add(memory, backend, 1);
}

/** Round robin: number (position mod healthy) of the healthy ones. */
function nextInTurn(memory: Memory, group: GroupAddress, healthy: number): number {
  const low = Group.position.low(memory, group) >>> 0;
  const high = Group.position.high(memory, group) >>> 0;
  const turn = high === 0 ? low % healthy : (((high % healthy) * (0x1_0000_0000 % healthy)) % healthy + (low % healthy)) % healthy;
  Group.position.setWords(memory, group, (low + 1) | 0, low === 0xffff_ffff ? (high + 1) | 0 : high | 0);
  return healthy === groupBackendCount(memory, group) ? turn : groupHealthyNumber(memory, group, turn);
}

/** Position of healthy backend number `number`, from 0; there are more than that. */
export function groupHealthyNumber(memory: Memory, group: GroupAddress, number: number): number {
  let left = number;
  let index = 0;
  for (;;) {
    if (Backend.healthy.get(memory, groupBackend(memory, group, index)) !== 0 && left-- === 0) return index;
    index++;
  }
}

/** The healthy one with the fewest connections, the earliest among equals; -1 if none is healthy. */
export function groupLeastConnected(memory: Memory, group: GroupAddress): number {
  let best = -1;
  let fewest = 0;
  for (let index = 0; index < groupBackendCount(memory, group); index++) {
    const backend = groupBackend(memory, group, index);
    if (Backend.healthy.get(memory, backend) === 0) continue;
    const active = Backend.activeConnections.get(memory, backend);
    if (best >= 0 && active >= fewest) continue;
    best = index;
    fewest = active;
  }
  return best;
}
