/** What must hold of groups, backends, connections and queues after every step, whatever the step was. */

import type { BackendAddress } from "../../../../services/lb/group/backend.ts";
import { Balancer } from "../../../../services/lb/balancer.ts";
import { Connection, ConnectionTable, Pending, PendingEntry } from "../../../../services/lb/connection/records.ts";
import type { ConnectionAddress, PendingEntryAddress } from "../../../../services/lb/connection/records.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { isFull, isInService } from "../../../../services/lb/group/candidate.ts";
import { GroupPolicy } from "../../../../services/lb/group/group-policy.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import type { GroupAddress } from "../../../../services/lb/group/group.ts";
import type { StrictDesk } from "./strict-desk.ts";

interface Counts {
  readonly open: number;
  readonly waiting: number;
  readonly retries: number;
}

const NOTHING: Counts = { open: 0, waiting: 0, retries: 0 };

/** Numbers as they are: what the next step may not exceed, where they are above a limit that was lowered. */
export type Numbers = ReadonlyMap<GroupAddress | BackendAddress, Counts>;

export function numbersOf(desk: StrictDesk, groups: readonly GroupAddress[]): Numbers {
  const { memory } = desk;
  const numbers = new Map<GroupAddress | BackendAddress, Counts>();
  for (const group of groups) {
    numbers.set(group, { open: Group.activeConnections.get(memory, group), waiting: Group.pendingCount.get(memory, group), retries: Group.retries.get(memory, group) });
    for (const backend of desk.backends(group)) {
      numbers.set(backend, { open: Backend.activeConnections.get(memory, backend), waiting: Backend.pending.get(memory, backend), retries: Backend.retries.get(memory, backend) });
    }
  }
  return numbers;
}

/** Throws if a limit was exceeded, a count is wrong, or somebody waits who need not. */
export function checkAll(desk: StrictDesk, groups: readonly GroupAddress[], before: Numbers): void {
  const { memory, balancer, limits } = desk;
  const pending = Balancer.pending.at(balancer);
  within("connections", ConnectionTable.count.get(memory, Balancer.connections.at(balancer)), 0, limits.connectionsMax);
  within("waiting or decided", Pending.waiting.get(memory, pending) + Pending.decided.get(memory, pending), 0, limits.pendingMax);
  const after = numbersOf(desk, groups);
  const connections = connectionsOf(desk);
  let waiting = 0;
  let bound = 0;
  for (const group of groups) {
    checkLimits(desk, group, before, after);
    checkCounts(desk, group, after, connections);
    bound += checkQueue(desk, group);
    waiting += Group.pendingCount.get(memory, group);
  }
  same("waiting", Pending.waiting.get(memory, pending), waiting);
  same("bound", Pending.bound.get(memory, pending), bound);
}

function checkLimits(desk: StrictDesk, group: GroupAddress, before: Numbers, after: Numbers): void {
  const policy = (field: (typeof GroupPolicy)["pendingMax"]): number => field.get(desk.memory, Group.policy.at(group));
  const [now, was] = [after.get(group)!, before.get(group)!];
  within("connections of a group", now.open, was.open, policy(GroupPolicy.connectionsMax) || Infinity);
  within("waiting in a group", now.waiting, was.waiting, policy(GroupPolicy.pendingMax));
  // When a retry is opened there are as many connections as before the failed one ended.
  const share = Math.floor((policy(GroupPolicy.retryPercent) * was.open) / 100);
  within("retries", now.retries, was.retries, Math.max(policy(GroupPolicy.retriesLeast), share));
  for (const backend of desk.backends(group)) {
    const [here, before1] = [after.get(backend)!, before.get(backend) ?? NOTHING];
    within("connections of a backend", here.open, before1.open, policy(GroupPolicy.backendConnectionsMax) || Infinity);
    within("waiting for a backend", here.waiting, before1.waiting, policy(GroupPolicy.backendPendingMax));
  }
}

/** The counts are those of the table. */
function checkCounts(desk: StrictDesk, group: GroupAddress, after: Numbers, connections: ReadonlyMap<number, Counts>): void {
  let open = 0;
  let retries = 0;
  for (const backend of desk.backends(group)) {
    const counted = connections.get(Backend.handle.get(desk.memory, backend)) ?? NOTHING;
    const here = after.get(backend)!;
    same("connections of a backend", here.open, counted.open);
    same("retries of a backend", here.retries, counted.retries);
    open += here.open;
    retries += here.retries;
  }
  same("connections of a group", after.get(group)!.open, open);
  same("retries of a group", after.get(group)!.retries, retries);
}

/** Open connections and retries by the name of their backend, from the table itself. */
function connectionsOf({ memory, balancer }: StrictDesk): Map<number, Counts> {
  const table = Balancer.connections.at(balancer);
  const found = new Map<number, Counts>();
  for (let i = 0; i < ConnectionTable.slotCount.get(memory, table); i++) {
    const connection = (ConnectionTable.slots.get(memory, table) + i * Connection.size) as ConnectionAddress;
    if (Connection.open.get(memory, connection) === 0) continue;
    const backend = Connection.backend.get(memory, connection);
    const counts = found.get(backend) ?? NOTHING;
    found.set(backend, { open: counts.open + 1, waiting: 0, retries: counts.retries + Connection.retry.get(memory, connection) });
  }
  return found;
}

/** Who waits does so because there is no room. How many wait for one backend. */
function checkQueue(desk: StrictDesk, group: GroupAddress): number {
  const { memory, balancer } = desk;
  const bound = new Map<number, number>();
  let count = 0;
  for (let entry = Group.pendingFirst.get(memory, group) as PendingEntryAddress; entry !== 0; entry = PendingEntry.next.get(memory, entry) as PendingEntryAddress) {
    const backend = PendingEntry.backend.get(memory, entry);
    bound.set(backend, (bound.get(backend) ?? 0) + 1);
    count += 1;
  }
  same("queue of a group", Group.pendingCount.get(memory, group), count);
  for (const backend of desk.backends(group)) same("queue of a backend", Backend.pending.get(memory, backend), bound.get(Backend.handle.get(memory, backend)) ?? 0);
  const most = GroupPolicy.connectionsMax.get(memory, Group.policy.at(group));
  const boundCount = count - (bound.get(0) ?? 0);
  if ((most !== 0 && Group.activeConnections.get(memory, group) >= most) || ConnectionTable.freeFirst.get(memory, Balancer.connections.at(balancer)) < 0) return boundCount;
  for (const backend of desk.backends(group)) {
    if (!isInService(memory, group, backend) || isFull(memory, group, backend)) continue;
    if (bound.has(0) && Backend.weight.get(memory, backend) > 0) throw new Error("one waits though there is room");
    if (bound.has(Backend.handle.get(memory, backend))) throw new Error("one waits though its backend has room");
  }
  return boundCount;
}

function within(what: string, after: number, before: number, most: number): void {
  if (after > Math.max(before, most)) throw new Error(`${what}: ${after}, ${before} before, at most ${most}`);
}

function same(what: string, one: number, other: number): void {
  if (one !== other) throw new Error(`${what}: ${one}, and ${other} were counted`);
}
