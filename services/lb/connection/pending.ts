/**
 * Requests that wait for a connection: entries of a pool of fixed size, each in its group's queue, first come, first
 * served. An entry keeps what its backend is chosen by, not the request's bytes. Once decided it stands in its owner's
 * queue until it is asked for (decided.ts): there is always room, since the entry is the same.
 *
 * A request whose session is bound to a full backend waits for that one, as many as GroupPolicy.backendPendingMax says;
 * it counts in its group's pendingMax as well. Where no tick is a limit (pendingTicksMax 0) it waits until it is served.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { NEVER_TICK, laterTick } from "../health/slow-start.ts";
import { decidedPush } from "./decided.ts";
import { directoryFind } from "./directory.ts";
import { poolGive, poolTake } from "./pool.ts";
import { Pending, PendingEntry, PendingState } from "./records.ts";
import type { PendingEntryAddress } from "./records.ts";
import { tablesSettle } from "./tables.ts";

/** The present tick, or an earlier call's if that was later: time does not run backwards. */
export function pendingTick(memory: Memory, balancer: BalancerAddress, tick: number): number {
  const pending = Balancer.pending.at(balancer);
  if (tick > Pending.tick.get(memory, pending)) Pending.tick.set(memory, pending, tick);
  return Pending.tick.get(memory, pending);
}

/** Whether one more request may wait in the group. */
export function pendingRoom(memory: Memory, balancer: BalancerAddress, group: GroupAddress): boolean {
  if (Group.pendingCount.get(memory, group) >= GroupPolicy.pendingMax.get(memory, Group.policy.at(group))) return false;
  return Pending.free.get(memory, Balancer.pending.at(balancer)) !== 0;
}

/** Whether one more may wait for that very backend; pendingRoom() is asked besides. */
export function pendingRoomAt(memory: Memory, group: GroupAddress, backend: BackendAddress): boolean {
  return Backend.pending.get(memory, backend) < GroupPolicy.backendPendingMax.get(memory, Group.policy.at(group));
}

/** Puts the request that `Balancer.pick` describes at the end of the group's queue; `backend` is the one it waits for, 0 for any. There must be room. */
export function pendingEnter(memory: Memory, balancer: BalancerAddress, group: GroupAddress, backend: BackendAddress | 0, owner: number, ticket: number, tick: number): void {
  const pending = Balancer.pending.at(balancer);
  const entry = poolTake(memory, balancer);
  Pending.waiting.add(memory, pending, 1);
  const ticks = GroupPolicy.pendingTicksMax.get(memory, Group.policy.at(group));
  PendingEntry.state.set(memory, entry, PendingState.waiting);
  PendingEntry.owner.set(memory, entry, owner);
  PendingEntry.ticket.set(memory, entry, ticket);
  PendingEntry.connection.set(memory, entry, 0);
  PendingEntry.session.set(memory, entry, 0);
  PendingEntry.backend.set(memory, entry, backend === 0 ? 0 : Backend.handle.get(memory, backend));
  const deadlineTick = ticks === 0 ? 0 : laterTick(tick, ticks);
  PendingEntry.deadlineTick.set(memory, entry, deadlineTick);
  if (deadlineTick !== 0 && deadlineTick < Pending.soonestTick.get(memory, pending)) Pending.soonestTick.set(memory, pending, deadlineTick);
  PendingEntry.arrivalCycle.set(memory, entry, Balancer.arrivalCycle.get(memory, balancer));
  memory.copy(PendingEntry.pick.at(entry), Balancer.pick.at(balancer), PickRequest.size);
  PickRequest.excluded.set(memory, PendingEntry.pick.at(entry), 0);
  if (backend !== 0) {
    Backend.pending.add(memory, backend, 1);
    Pending.bound.add(memory, pending, 1);
  }
  enqueue(memory, group, entry);
}

/** From now on it takes any backend. */
export function pendingUnbind(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress): void {
  const handle = PendingEntry.backend.get(memory, entry);
  if (handle === 0) return;
  const backend = directoryFind(memory, balancer, handle);
  if (backend !== 0) Backend.pending.add(memory, backend, -1);
  Pending.bound.add(memory, Balancer.pending.at(balancer), -1);
  PendingEntry.backend.set(memory, entry, 0);
}

/** Ends the waiting: `connection` is the name of the one it was given, 0 for none. */
export function pendingDecide(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress, outcome: number, connection: number): void {
  leave(memory, balancer, entry);
  PendingEntry.outcome.set(memory, entry, outcome);
  PendingEntry.connection.set(memory, entry, connection);
  decidedPush(memory, balancer, entry);
}

/** The deadline in the group that comes first, NEVER_TICK if there is none. */
export function pendingSoonestTick(memory: Memory, group: GroupAddress): number {
  let soonestTick = NEVER_TICK;
  for (let entry = Group.pendingFirst.get(memory, group) as PendingEntryAddress; entry !== 0; entry = PendingEntry.next.get(memory, entry) as PendingEntryAddress) {
    const deadlineTick = PendingEntry.deadlineTick.get(memory, entry);
    if (deadlineTick !== 0 && deadlineTick < soonestTick) soonestTick = deadlineTick;
  }
  return soonestTick;
}

/** Decides all that wait in the group, in order. */
export function pendingDecideAll(memory: Memory, balancer: BalancerAddress, group: GroupAddress, outcome: number): void {
  while (Group.pendingFirst.get(memory, group) !== 0) pendingDecide(memory, balancer, Group.pendingFirst.get(memory, group) as PendingEntryAddress, outcome, 0);
}

/** Forgets those of the group that wait for an owner who is gone. */
export function pendingDropOwner(heap: Heap, balancer: BalancerAddress, group: GroupAddress, owner: number): void {
  const memory = heap.memory;
  let entry = Group.pendingFirst.get(memory, group) as PendingEntryAddress;
  while (entry !== 0) {
    const next = PendingEntry.next.get(memory, entry) as PendingEntryAddress;
    if (PendingEntry.owner.get(memory, entry) === owner) {
      leave(memory, balancer, entry);
      poolGive(memory, balancer, entry);
    }
    entry = next;
  }
  tablesSettle(heap, balancer);
}

/** Moves the whole queue to a group that takes another's place; what they wait for they wait for still. */
export function pendingCarry(memory: Memory, from: GroupAddress, to: GroupAddress): void {
  let entry = Group.pendingFirst.get(memory, from) as PendingEntryAddress;
  while (entry !== 0) {
    const next = PendingEntry.next.get(memory, entry) as PendingEntryAddress;
    enqueue(memory, to, entry);
    entry = next;
  }
  Group.pendingFirst.set(memory, from, 0);
  Group.pendingLast.set(memory, from, 0);
  Group.pendingCount.set(memory, from, 0);
}

function enqueue(memory: Memory, group: GroupAddress, entry: PendingEntryAddress): void {
  const last = Group.pendingLast.get(memory, group) as PendingEntryAddress;
  PendingEntry.group.set(memory, entry, group);
  PendingEntry.previous.set(memory, entry, last);
  PendingEntry.next.set(memory, entry, 0);
  if (last === 0) Group.pendingFirst.set(memory, group, entry);
  else PendingEntry.next.set(memory, last, entry);
  Group.pendingLast.set(memory, group, entry);
  Group.pendingCount.add(memory, group, 1);
}

/** Takes it out of its group's queue, and from the backend that it waits for. */
function leave(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress): void {
  const group = PendingEntry.group.get(memory, entry) as GroupAddress;
  const previous = PendingEntry.previous.get(memory, entry) as PendingEntryAddress;
  const next = PendingEntry.next.get(memory, entry) as PendingEntryAddress;
  pendingUnbind(memory, balancer, entry);
  if (previous === 0) Group.pendingFirst.set(memory, group, next);
  else PendingEntry.next.set(memory, previous, next);
  if (next === 0) Group.pendingLast.set(memory, group, previous);
  else PendingEntry.previous.set(memory, next, previous);
  Group.pendingCount.add(memory, group, -1);
  Pending.waiting.add(memory, Balancer.pending.at(balancer), -1);
}
