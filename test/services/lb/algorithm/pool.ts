/** A group of backends in an arena of its own, and everything that an algorithm's test asks or changes about it. */

import { Memory } from "../../../../hal/memory.ts";
import { arenaAccount, arenaFormat, arenaHeap } from "../../../../kernel/arena.ts";
import type { Heap } from "../../../../kernel/heap.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import type { PickRequestAddress } from "../../../../services/lb/algorithm/pick-request.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { memberDischarge, memberEnrol } from "../../../../services/lb/group/enrolment.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import { groupTableForget, groupTableRenew } from "../../../../services/lb/group/group-table.ts";
import { Group, groupAddBackend, groupBackend, groupBackendCount, groupCreate, groupFree, groupRemoveBackend } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { groupPick } from "../../../../services/lb/group/pick.ts";
import { randomSeed } from "../../../../services/lb/random.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { lbStandard } from "../../../../services/limits.ts";

/** Below it the request and the bytes that are handed in, above it the arena. */
const ARENA_AT = 8192;
const TEXT_AT = 64;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

export type AlgorithmName = (typeof ALGORITHMS)[number];

/** 10.0.x.y:80 of these weights. */
export function endpoints(weights: readonly number[]): Endpoint[] {
  return weights.map((weight, i) => ({ address: `10.0.${i >> 8}.${i & 255}`, port: 80, weight }));
}

export class Pool {
  readonly memory: Memory;
  readonly heap: Heap;
  readonly limits: LbLimits;
  readonly request = 8 as PickRequestAddress;
  readonly group: GroupAddress;
  tick = 1000;
  /** Allocations that still succeed. */
  allocationsLeft = Infinity;

  constructor(algorithm: AlgorithmName, members: readonly Endpoint[], limits: LbLimits = lbStandard, arenaBytes = 2 * 1024 * 1024) {
    this.memory = new Memory(new ArrayBuffer(ARENA_AT + arenaBytes));
    arenaFormat(this.memory, ARENA_AT, arenaBytes);
    const arena = arenaHeap(this.memory, ARENA_AT);
    const spend = (): boolean => this.allocationsLeft-- > 0;
    this.heap = {
      memory: this.memory,
      allocate: (bytes, alignment) => (spend() ? arena.allocate(bytes, alignment) : -5),
      free: (at) => {
        if (arena.free(at) !== 0) throw new Error(`a wrong address was freed: ${at}`);
        return 0;
      },
      resize: (at, bytes) => (spend() ? arena.resize(at, bytes) : -5),
    };
    this.limits = limits;
    this.group = groupCreate(this.heap, limits, this.memory, TEXT_AT, this.#text("pool"), ALGORITHMS.indexOf(algorithm)) as GroupAddress;
    for (const member of members) this.push(member);
    this.status = this.renew();
    randomSeed(this.memory, Group.random.at(this.group), 1);
  }

  /** What making the first table came to. */
  readonly status: number;

  #text(text: string): number {
    this.memory.u8.set(Buffer.from(text, "latin1"), TEXT_AT);
    return text.length;
  }

  /** Appends a backend; the table is another matter. */
  push(member: Endpoint): BackendAddress {
    const { memory, group } = this;
    const backend = groupAddBackend(this.heap, this.limits, group, memory, TEXT_AT, this.#text(member.address)) as BackendAddress;
    if (backend < 0) throw new Error(`no backend: ${backend}`);
    Backend.port.set(memory, backend, member.port);
    Backend.weight.set(memory, backend, member.weight);
    memberEnrol(memory, group, backend);
    return backend;
  }

  renew(): number {
    return groupTableRenew(this.heap, this.limits, this.group);
  }

  remove(index: number): void {
    const { memory, group } = this;
    const backend = this.backend(index);
    memberDischarge(memory, group, backend);
    Group.activeConnections.add(memory, group, -Backend.activeConnections.get(memory, backend));
    groupRemoveBackend(this.heap, group, index);
    groupTableForget(memory, group, index);
  }

  get count(): number {
    return groupBackendCount(this.memory, this.group);
  }

  backend(index: number): BackendAddress {
    return groupBackend(this.memory, this.group, index);
  }

  /** Address and port: a backend's identity, whatever its position; "none" for a refusal. */
  name(index: number): string {
    if (index < 0) return "none";
    const backend = this.backend(index);
    const address = Backend.address.get(this.memory, backend);
    const bytes = this.memory.i32[address >> 2]!;
    return `${Buffer.from(this.memory.u8.slice(address + 4, address + 4 + bytes)).toString("latin1")}:${Backend.port.get(this.memory, backend)}`;
  }

  setAvailable(index: number, available: boolean): void {
    const { memory } = this;
    const backend = this.backend(index);
    const change = (available ? 1 : 0) - Backend.available.get(memory, backend);
    Group.availableCount.add(memory, this.group, change);
    Group.availableWeight.add(memory, this.group, change * Backend.weight.get(memory, backend));
    Backend.available.set(memory, backend, available ? 1 : 0);
  }

  setConnections(index: number, connections: number): void {
    const backend = this.backend(index);
    Group.activeConnections.add(this.memory, this.group, connections - Backend.activeConnections.get(this.memory, backend));
    Backend.activeConnections.set(this.memory, backend, connections);
  }

  connections(index: number): number {
    return Backend.activeConnections.get(this.memory, this.backend(index));
  }

  setWeight(index: number, weight: number): void {
    const backend = this.backend(index);
    const change = weight - Backend.weight.get(this.memory, backend);
    Group.weightTotal.add(this.memory, this.group, change);
    if (Backend.available.get(this.memory, backend) !== 0) Group.availableWeight.add(this.memory, this.group, change);
    Backend.weight.set(this.memory, backend, weight);
  }

  setSeed(seed: number): void {
    randomSeed(this.memory, Group.random.at(this.group), seed);
  }

  policy(field: "backendConnectionsMax" | "boundedPercent" | "slowStartTicks" | "hashKey", value: number): void {
    GroupPolicy[field].set(this.memory, Group.policy.at(this.group), value);
  }

  /** The next request: a key, and a client whose address is that number (its last byte 9). */
  ask(key: number): void {
    const { memory, request } = this;
    memory.fill(request, PickRequest.size, 0);
    PickRequest.key.set(memory, request, key | 0);
    PickRequest.family.set(memory, request, 4);
    const client = PickRequest.client.at(request);
    for (let i = 0; i < 3; i++) memory.u8[client + i] = key >>> (16 - 8 * i);
    memory.u8[client + 3] = 9;
  }

  pick(key = 0): number {
    this.ask(key);
    return this.choose();
  }

  /** For the request that ask() prepared. */
  choose(): number {
    return groupPick(this.memory, this.group, this.request, this.tick);
  }

  usedBytes(): number {
    return arenaAccount(this.memory, ARENA_AT).usedBytes;
  }

  free(): void {
    groupFree(this.heap, this.group);
  }
}
