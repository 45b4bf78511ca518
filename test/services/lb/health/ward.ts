/** Groups in service on a desk, without requests or configurations: for tests of what keeps their members in service. */

import { expect } from "vitest";
import type { Memory } from "../../../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../../../kernel/collections/byte-string.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { directoryTake } from "../../../../services/lb/connection/directory.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import { groupTableRenew } from "../../../../services/lb/group/group-table.ts";
import { Group, groupAddBackend, groupBackend, groupBackendCount, groupCreate } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { groupBegin, memberAdd, memberDrain, memberRemove } from "../../../../services/lb/group/member.ts";
import { routingAddGroup } from "../../../../services/lb/routing/routing.ts";
import type { TextAddress } from "../../../../services/lb/text.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { Desk } from "../desk.ts";

export type PolicyWords = Partial<ReturnType<typeof GroupPolicy.view>>;

export interface MemberState {
  readonly healthy: number;
  readonly ejected: number;
  readonly draining: number;
  readonly available: number;
  readonly probing: number;
  readonly slowStarting: number;
}

export class Ward {
  readonly desk: Desk;
  readonly memory: Memory;

  constructor(limits?: LbLimits, arenaBytes?: number) {
    this.desk = new Desk(limits, arenaBytes);
    this.memory = this.desk.memory;
  }

  /** Writes a text where operands lie; its length. */
  write(text: string): number {
    for (let i = 0; i < text.length; i++) this.desk.shared.u8[i] = text.charCodeAt(i);
    return text.length;
  }

  /** A group of so many members of weight 1, 10.0.0.1:80 and so on, in service from the first moment on. */
  group(members: number, policy: PolicyWords = {}, name = "app", algorithm: (typeof ALGORITHMS)[number] = "RoundRobin"): GroupAddress {
    const { heap, limits, balancer, shared } = this.desk;
    const group = groupCreate(heap, limits, shared, 0, this.write(name), ALGORITHMS.indexOf(algorithm)) as GroupAddress;
    expect(group).toBeGreaterThan(0);
    this.policy(group, policy);
    for (let i = 1; i <= members; i++) {
      const backend = groupAddBackend(heap, limits, group, shared, 0, this.write(`10.0.0.${i}`)) as BackendAddress;
      expect(backend).toBeGreaterThan(0);
      Backend.port.set(this.memory, backend, 80);
      expect(directoryTake(heap, limits, balancer, backend)).toBeGreaterThan(0);
    }
    groupBegin(this.memory, limits, group);
    expect(groupTableRenew(heap, limits, group)).toBe(0);
    expect(routingAddGroup(heap, limits, Balancer.routing.at(balancer), group)).toBe(0);
    return group;
  }

  policy(group: GroupAddress, words: PolicyWords): void {
    Object.assign(GroupPolicy.view(this.memory, Group.policy.at(group)), words);
  }

  add(group: GroupAddress, address: string, tick: number, { port = 80, weight = 1, healthy = true } = {}): number {
    const { heap, limits, balancer, shared } = this.desk;
    return memberAdd(heap, limits, balancer, group, shared, 0, this.write(address), port, weight, healthy, tick);
  }

  remove(group: GroupAddress, index: number, tick = 1): void {
    memberRemove(this.desk.heap, this.desk.balancer, group, index, tick);
  }

  drain(group: GroupAddress, index: number, deadlineTick: number, tick: number): void {
    memberDrain(this.desk.heap, this.desk.balancer, group, index, deadlineTick, tick);
  }

  /** Counts so many connections as opened, or as ended. */
  open(group: GroupAddress, index: number, connections: number): void {
    Backend.activeConnections.add(this.memory, this.member(group, index), connections);
    Group.activeConnections.add(this.memory, group, connections);
  }

  /** Address and port of each member. */
  names(group: GroupAddress): string[] {
    const { memory } = this;
    return this.members(group).map((backend) => {
      const text = Backend.address.get(memory, backend) as TextAddress;
      const at = byteStringBytes(memory, text);
      return `${String.fromCharCode(...memory.u8.slice(at, at + byteStringLength(memory, text)))}:${Backend.port.get(memory, backend)}`;
    });
  }

  member(group: GroupAddress, index: number): BackendAddress {
    return groupBackend(this.memory, group, index);
  }

  members(group: GroupAddress): BackendAddress[] {
    return Array.from({ length: groupBackendCount(this.memory, group) }, (_, i) => this.member(group, i));
  }

  /** Whether each member is in service, as one digit. */
  available(group: GroupAddress): string {
    return this.members(group).map((backend) => Backend.available.get(this.memory, backend)).join("");
  }

  state(backend: BackendAddress): MemberState {
    const of = (field: { get(memory: Memory, at: BackendAddress): number }): number => field.get(this.memory, backend);
    return { healthy: of(Backend.healthy), ejected: of(Backend.ejected), draining: of(Backend.draining), available: of(Backend.available), probing: of(Backend.probing), slowStarting: of(Backend.slowStarting) };
  }

  /** Throws unless the group's counts and `panicking` are what a recount gives, and every member is in a state that there is. */
  recount(group: GroupAddress): void {
    const { memory } = this;
    const states = this.members(group).map((backend) => this.state(backend));
    const sum = (what: (state: MemberState) => number): number => states.reduce((total, state) => total + what(state), 0);
    for (const state of states) {
      if (state.available !== (state.healthy === 1 && state.ejected === 0 && state.draining === 0 ? 1 : 0)) throw new Error(`available is wrong: ${JSON.stringify(state)}`);
      if (state.slowStarting === 1 && (state.healthy === 0 || state.ejected === 1)) throw new Error(`starts slowly though not fit: ${JSON.stringify(state)}`);
    }
    for (const backend of this.members(group)) {
      const ejected = Backend.ejected.get(memory, backend);
      if ((Backend.ejectedUntilTick.get(memory, backend) !== 0) !== (ejected === 1)) throw new Error("an end of an ejection that there is not");
      if (Backend.probing.get(memory, backend) === 0 && Backend.probeDeadlineTick.get(memory, backend) !== 0) throw new Error("a deadline of a probe that there is not");
      if (ejected === 1 && Backend.ejections.get(memory, backend) === 0) throw new Error("an ejection that was not counted");
      if (Backend.draining.get(memory, backend) === 0 && Backend.drainUntilTick.get(memory, backend) !== 0) throw new Error("a deadline of a drain that there is not");
    }
    const panicking = sum((state) => state.available) * 100 < GroupPolicy.panicPercent.get(memory, Group.policy.at(group)) * states.length ? 1 : 0;
    const counted = [Group.healthyCount, Group.availableCount, Group.ejectedCount, Group.drainingCount, Group.panicking, Group.weightTotal, Group.availableWeight, Group.activeConnections].map((field) => field.get(memory, group));
    const weightOf = (counts: (state: MemberState) => boolean): number => this.members(group).reduce((total, backend) => total + (counts(this.state(backend)) ? Backend.weight.get(memory, backend) : 0), 0);
    const open = this.members(group).reduce((total, backend) => total + Backend.activeConnections.get(memory, backend), 0);
    const recounted = [sum((state) => state.healthy), sum((state) => state.available), sum((state) => state.ejected), sum((state) => state.draining), panicking, weightOf((state) => state.draining === 0), weightOf((state) => state.available === 1), open];
    if (counted.join() !== recounted.join()) throw new Error(`the group counts ${counted.join()}, there are ${recounted.join()}`);
  }
}
