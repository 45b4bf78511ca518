/** Making and giving back the three tables of records.ts, together. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Connection, ConnectionTable, Directory, DirectorySlot, Pending, PendingEntry } from "./records.ts";
import type { ConnectionAddress, DirectorySlotAddress, PendingEntryAddress } from "./records.ts";

/** Makes the tables that are not there, of the sizes in `limits`. 0, or outOfMemory; then nothing has changed. */
export function tablesMake(heap: Heap, limits: LbLimits, balancer: BalancerAddress): number {
  const memory = heap.memory;
  const directory = reserve(heap, Directory.slots.get(memory, Balancer.directory.at(balancer)), limits.directoryMax * DirectorySlot.size);
  const connections = reserve(heap, ConnectionTable.slots.get(memory, Balancer.connections.at(balancer)), limits.connectionsMax * Connection.size);
  const pending = reserve(heap, Pending.entries.get(memory, Balancer.pending.at(balancer)), limits.pendingMax * PendingEntry.size);
  if (directory < 0 || connections < 0 || pending < 0) {
    if (directory > 0) heap.free(directory);
    if (connections > 0) heap.free(connections);
    if (pending > 0) heap.free(pending);
    return Errno.outOfMemory;
  }
  if (directory > 0) openDirectory(memory, balancer, directory, limits.directoryMax);
  if (connections > 0) openConnections(memory, balancer, connections, limits.connectionsMax);
  if (pending > 0) openPending(memory, balancer, pending, limits.pendingMax);
  return 0;
}

/** Gives back what is empty, once no backend has a name: names that are asked for often must not cost a table each time. */
export function tablesSettle(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const directory = Balancer.directory.at(balancer);
  const connections = Balancer.connections.at(balancer);
  const pending = Balancer.pending.at(balancer);
  if (Directory.count.get(memory, directory) !== 0) return;
  freeDirectory(heap, balancer);
  if (ConnectionTable.count.get(memory, connections) === 0) freeConnections(heap, balancer);
  if (Pending.waiting.get(memory, pending) + Pending.decided.get(memory, pending) === 0) freePending(heap, balancer);
}

/** Gives the directory and the connections back whatever is in them; whoever calls has seen to the backends. */
export function tablesEnd(heap: Heap, balancer: BalancerAddress): void {
  freeDirectory(heap, balancer);
  freeConnections(heap, balancer);
}

/** 0 for a table that is there, the address of a new one, or an errno. */
function reserve(heap: Heap, present: number, bytes: number): number {
  return present !== 0 ? 0 : heap.allocate(bytes);
}

function openDirectory(memory: Memory, balancer: BalancerAddress, slots: number, count: number): void {
  const directory = Balancer.directory.at(balancer);
  for (let i = 0; i < count; i++) {
    const slot = (slots + i * DirectorySlot.size) as DirectorySlotAddress;
    DirectorySlot.handle.set(memory, slot, 0);
    DirectorySlot.backend.set(memory, slot, i + 1 < count ? i + 1 : -1);
  }
  Directory.slots.set(memory, directory, slots);
  Directory.slotCount.set(memory, directory, count);
  Directory.count.set(memory, directory, 0);
  Directory.freeFirst.set(memory, directory, 0);
  Directory.freeLast.set(memory, directory, count - 1);
}

function openConnections(memory: Memory, balancer: BalancerAddress, slots: number, count: number): void {
  const table = Balancer.connections.at(balancer);
  const uses = ConnectionTable.usesFirst.get(memory, table);
  for (let i = 0; i < count; i++) {
    const connection = (slots + i * Connection.size) as ConnectionAddress;
    memory.fill(connection, Connection.size, 0);
    Connection.uses.set(memory, connection, uses);
    Connection.backend.set(memory, connection, i + 1 < count ? i + 1 : -1);
  }
  ConnectionTable.slots.set(memory, table, slots);
  ConnectionTable.slotCount.set(memory, table, count);
  ConnectionTable.count.set(memory, table, 0);
  ConnectionTable.freeFirst.set(memory, table, 0);
  ConnectionTable.freeLast.set(memory, table, count - 1);
  ConnectionTable.usesMost.set(memory, table, uses);
}

function openPending(memory: Memory, balancer: BalancerAddress, entries: number, count: number): void {
  const pending = Balancer.pending.at(balancer);
  memory.fill(entries, count * PendingEntry.size, 0);
  for (let i = 0; i + 1 < count; i++) {
    const entry = (entries + i * PendingEntry.size) as PendingEntryAddress;
    PendingEntry.next.set(memory, entry, entry + PendingEntry.size);
  }
  Pending.entries.set(memory, pending, entries);
  Pending.free.set(memory, pending, entries);
}

function freeDirectory(heap: Heap, balancer: BalancerAddress): void {
  const directory = Balancer.directory.at(balancer);
  const slots = Directory.slots.get(heap.memory, directory);
  if (slots !== 0) heap.free(slots);
  Directory.slots.set(heap.memory, directory, 0);
  Directory.slotCount.set(heap.memory, directory, 0);
  Directory.count.set(heap.memory, directory, 0);
}

/** Names in tables made later differ from those in these. */
function freeConnections(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const table = Balancer.connections.at(balancer);
  const slots = ConnectionTable.slots.get(memory, table);
  if (slots === 0) return;
  heap.free(slots);
  ConnectionTable.slots.set(memory, table, 0);
  ConnectionTable.slotCount.set(memory, table, 0);
  ConnectionTable.count.set(memory, table, 0);
  ConnectionTable.usesFirst.set(memory, table, ConnectionTable.usesMost.get(memory, table));
}

function freePending(heap: Heap, balancer: BalancerAddress): void {
  const pending = Balancer.pending.at(balancer);
  const entries = Pending.entries.get(heap.memory, pending);
  if (entries === 0) return;
  heap.free(entries);
  Pending.entries.set(heap.memory, pending, 0);
  Pending.free.set(heap.memory, pending, 0);
}
