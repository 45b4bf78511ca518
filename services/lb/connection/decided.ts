/**
 * Requests that waited and are decided: a queue for each owner, in the order of the decisions. Whoever owns them takes
 * them out one by one: decidedFirst(), tell, decidedPop().
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Outcome } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Backend } from "../group/backend.ts";
import type { GroupAddress } from "../group/group.ts";
import { groupPosition } from "../group/position.ts";
import { connectionBackend, connectionClose, connectionFind } from "./connection-table.ts";
import { poolGive } from "./pool.ts";
import { ConnectionOwner, Pending, PendingEntry, PendingState } from "./records.ts";
import type { PendingAddress, PendingEntryAddress } from "./records.ts";
import { tablesSettle } from "./tables.ts";

/** Puts an entry that stands in no queue at the end of its owner's. */
export function decidedPush(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress): void {
  const pending = Balancer.pending.at(balancer);
  const owner = PendingEntry.owner.get(memory, entry);
  const last = lastOf(owner).get(memory, pending) as PendingEntryAddress;
  PendingEntry.state.set(memory, entry, PendingState.decided);
  PendingEntry.next.set(memory, entry, 0);
  PendingEntry.previous.set(memory, entry, last);
  if (last === 0) firstOf(owner).set(memory, pending, entry);
  else PendingEntry.next.set(memory, last, entry);
  lastOf(owner).set(memory, pending, entry);
  Pending.decided.add(memory, pending, 1);
}

/**
 * The owner's request that was decided first, 0 if there is none: ticket and outcome stand in the entry; chosenGroup,
 * chosenBackend and chosenConnection of the balancer are set as by admit(). One whose backend went, or whose connection
 * was closed, before the owner could be told is noHealthyBackend instead, or backendGroupNotFound if its group went.
 */
export function decidedFirst(heap: Heap, balancer: BalancerAddress, owner: number): PendingEntryAddress | 0 {
  const memory = heap.memory;
  const entry = firstOf(owner).get(memory, Balancer.pending.at(balancer)) as PendingEntryAddress;
  Balancer.chosenGroup.set(memory, balancer, entry === 0 ? 0 : PendingEntry.group.get(memory, entry));
  Balancer.chosenBackend.set(memory, balancer, -1);
  Balancer.chosenConnection.set(memory, balancer, 0);
  if (entry === 0 || PendingEntry.outcome.get(memory, entry) !== Outcome.routed) return entry;
  const connection = connectionFind(memory, balancer, PendingEntry.connection.get(memory, entry));
  const backend = connection === 0 ? 0 : connectionBackend(memory, balancer, connection);
  if (backend === 0) {
    if (connection !== 0) connectionClose(heap, balancer, connection);
    PendingEntry.connection.set(memory, entry, 0);
    PendingEntry.outcome.set(memory, entry, PendingEntry.group.get(memory, entry) === 0 ? Outcome.backendGroupNotFound : Outcome.noHealthyBackend);
    return entry;
  }
  const group = Backend.group.get(memory, backend) as GroupAddress;
  Balancer.chosenBackend.set(memory, balancer, groupPosition(memory, group, backend));
  Balancer.chosenConnection.set(memory, balancer, PendingEntry.connection.get(memory, entry));
  return entry;
}

/** Takes out the one that decidedFirst() showed: its owner was told. */
export function decidedPop(heap: Heap, balancer: BalancerAddress, owner: number): void {
  const entry = firstOf(owner).get(heap.memory, Balancer.pending.at(balancer)) as PendingEntryAddress;
  if (entry === 0) return;
  unlink(heap.memory, balancer, entry);
  poolGive(heap.memory, balancer, entry);
  tablesSettle(heap, balancer);
}

/** Forgets an owner's decided requests. The connections that they were given are closed with all of that owner's. */
export function decidedDropOwner(heap: Heap, balancer: BalancerAddress, owner: number): void {
  const pending = Balancer.pending.at(balancer);
  while (firstOf(owner).get(heap.memory, pending) !== 0) decidedPop(heap, balancer, owner);
}

/** What was decided to a group that is replaced (`to` 0: that goes away) belongs to the other one. */
export function decidedCarry(memory: Memory, balancer: BalancerAddress, from: GroupAddress, to: GroupAddress | 0): void {
  const pending = Balancer.pending.at(balancer);
  carryQueue(memory, Pending.operatorFirst.get(memory, pending) as PendingEntryAddress, from, to);
  carryQueue(memory, Pending.netFirst.get(memory, pending) as PendingEntryAddress, from, to);
}

function carryQueue(memory: Memory, first: PendingEntryAddress, from: GroupAddress, to: GroupAddress | 0): void {
  for (let entry = first; entry !== 0; entry = PendingEntry.next.get(memory, entry) as PendingEntryAddress) {
    if (PendingEntry.group.get(memory, entry) === from) PendingEntry.group.set(memory, entry, to);
  }
}

function unlink(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress): void {
  const pending = Balancer.pending.at(balancer);
  const owner = PendingEntry.owner.get(memory, entry);
  const next = PendingEntry.next.get(memory, entry) as PendingEntryAddress;
  firstOf(owner).set(memory, pending, next);
  if (next === 0) lastOf(owner).set(memory, pending, 0);
  else PendingEntry.previous.set(memory, next, 0);
  Pending.decided.add(memory, pending, -1);
}

type QueueField = { get(memory: Memory, at: PendingAddress): number; set(memory: Memory, at: PendingAddress, value: number): void };

function firstOf(owner: number): QueueField {
  return owner === ConnectionOwner.net ? Pending.netFirst : Pending.operatorFirst;
}

function lastOf(owner: number): QueueField {
  return owner === ConnectionOwner.net ? Pending.netLast : Pending.operatorLast;
}
