/** A desk with groups under semantics=strict, made from their parts, without configuration and operations. */

import type { Memory } from "../../../../hal/memory.ts";
import { PickRequest } from "../../../../services/lb/algorithm/pick-request.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import { Group, groupBackend, groupBackendCount, groupCreate } from "../../../../services/lb/group/group.ts";
import { groupBegin, memberAdd, memberDrain, memberHealth, memberRemove } from "../../../../services/lb/group/member.ts";
import { groupPosition } from "../../../../services/lb/group/position.ts";
import { routingAddGroup } from "../../../../services/lb/routing/routing.ts";
import { lbStandard } from "../../../../services/limits.ts";
import type { LbLimits } from "../../../../services/limits.ts";
import { Desk } from "../desk.ts";

export const OPERATOR = 0;
export const NET = 1;

export interface PolicyNumbers {
  readonly connectionsMax?: number;
  readonly backendConnectionsMax?: number;
  readonly pendingMax?: number;
  readonly backendPendingMax?: number;
  readonly pendingTicksMax?: number;
  readonly retryPercent?: number;
  readonly retriesLeast?: number;
  readonly ejectFailures?: number;
  readonly ejectTicks?: number;
  readonly ejectPercent?: number;
}

export const smallLimits = (changes: Partial<LbLimits> = {}): LbLimits => ({ ...lbStandard, directoryMax: 8, connectionsMax: 6, pendingMax: 4, ...changes });

/** Writes a text into the desk's shared memory. Its bytes. */
export function put(shared: Memory, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) shared.u8[at + i] = text.charCodeAt(i);
  return text.length;
}

export class StrictDesk extends Desk {
  constructor(limits: LbLimits = lbStandard, arenaBytes = 1024 * 1024) {
    super(limits, arenaBytes);
  }

  /** A group in service, whose members are 10.0.0.1 and so on, of weight 1 each. */
  group(name: string, members: number, policy: PolicyNumbers = {}, algorithm: (typeof ALGORITHMS)[number] = "RoundRobin"): GroupAddress {
    const bytes = put(this.shared, 0, name);
    const group = groupCreate(this.heap, this.limits, this.shared, 0, bytes, ALGORITHMS.indexOf(algorithm)) as GroupAddress;
    if (group < 0 || routingAddGroup(this.heap, this.limits, Balancer.routing.at(this.balancer), group) !== 0) throw new Error("no room for the group");
    this.policy(group, policy);
    groupBegin(this.memory, this.limits, group);
    for (let i = 1; i <= members; i++) this.member(group, `10.0.0.${i}`);
    return group;
  }

  policy(group: GroupAddress, policy: PolicyNumbers): void {
    for (const [name, value] of Object.entries(policy)) GroupPolicy[name as keyof PolicyNumbers].set(this.memory, Group.policy.at(group), value);
  }

  member(group: GroupAddress, address: string, weight = 1, healthy = true, tick = 0): BackendAddress {
    const bytes = put(this.shared, 0, address);
    const added = memberAdd(this.heap, this.limits, this.balancer, group, this.shared, 0, bytes, 80, weight, healthy, tick);
    if (added < 0) throw new Error(`no member: ${added}`);
    return added as BackendAddress;
  }

  remove(group: GroupAddress, backend: BackendAddress, tick = 0): void {
    memberRemove(this.heap, this.balancer, group, groupPosition(this.memory, group, backend), tick);
  }

  health(group: GroupAddress, position: number, healthy: boolean, tick = 0): void {
    memberHealth(this.memory, this.balancer, group, groupBackend(this.memory, group, position), healthy, tick);
  }

  drain(group: GroupAddress, position: number, deadlineTick: number, tick = 0): void {
    memberDrain(this.heap, this.balancer, group, position, deadlineTick, tick);
  }

  backends(group: GroupAddress): BackendAddress[] {
    return Array.from({ length: groupBackendCount(this.memory, group) }, (_, i) => groupBackend(this.memory, group, i));
  }

  /** Open connections of each backend, by position. */
  open(group: GroupAddress): number[] {
    return this.backends(group).map((backend) => Backend.activeConnections.get(this.memory, backend));
  }

  /** What the next choice is made by. */
  wants(key = 0): void {
    const pick = Balancer.pick.at(this.balancer);
    this.memory.fill(pick, PickRequest.size, 0);
    PickRequest.key.set(this.memory, pick, key);
  }

  get chosen(): { group: number; position: number; connection: number } {
    const { memory, balancer } = this;
    return { group: Balancer.chosenGroup.get(memory, balancer), position: Balancer.chosenBackend.get(memory, balancer), connection: Balancer.chosenConnection.get(memory, balancer) };
  }
}
