/**
 * Open connections: slots of a table of fixed size. A connection's name (connectionOf() in api.ts) is its slot, counted
 * from 1, and how often the slot was used, modulo 256; a slot comes back behind all others that are free, so that a name
 * that somebody kept too long finds nothing until its slot was used 256 times more.
 *
 * Opening and closing keep the counts of backend and group in step: Backend.activeConnections is always the number of
 * open connections with the backend's name, Group.activeConnections the sum over its backends, and `retries` likewise.
 * Limits are not looked at here: see admission.ts.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import { connectionOf } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { directoryFind } from "./directory.ts";
import { Connection, ConnectionTable } from "./records.ts";
import type { ConnectionAddress, ConnectionTableAddress } from "./records.ts";
import { tablesSettle } from "./tables.ts";

const NUMBER_MASK = 0xffff;
const USE_MASK = 0xff;
const USE_SHIFT = 16;
const NAME_MAX = 0xff_ffff;

/** Whether one more can be opened. False without a table: then no backend has a name either. */
export function connectionRoom(memory: Memory, balancer: BalancerAddress): boolean {
  const table = Balancer.connections.at(balancer);
  return ConnectionTable.slots.get(memory, table) !== 0 && ConnectionTable.freeFirst.get(memory, table) >= 0;
}

/**
 * Opens a connection to a backend of that group, chosen by what `Balancer.pick` holds. `retry` is 1 for a retry, else 0.
 * Its name. There must be room (connectionRoom), and the backend must have a name.
 */
export function connectionOpen(
  memory: Memory,
  balancer: BalancerAddress,
  group: GroupAddress,
  backend: BackendAddress,
  owner: number,
  kind: number,
  retry: number,
  cycle: number,
): number {
  const table = Balancer.connections.at(balancer);
  const index = ConnectionTable.freeFirst.get(memory, table);
  const connection = connectionAt(memory, table, index);
  const next = Connection.backend.get(memory, connection);
  ConnectionTable.freeFirst.set(memory, table, next);
  if (next < 0) ConnectionTable.freeLast.set(memory, table, -1);
  ConnectionTable.count.add(memory, table, 1);
  ConnectionTable.opened.add(memory, table, 1);
  const uses = (Connection.uses.get(memory, connection) + 1) >>> 0;
  if (uses > ConnectionTable.usesMost.get(memory, table)) ConnectionTable.usesMost.set(memory, table, uses);
  Connection.uses.set(memory, connection, uses);
  Connection.backend.set(memory, connection, Backend.handle.get(memory, backend));
  Connection.open.set(memory, connection, 1);
  Connection.owner.set(memory, connection, owner);
  Connection.kind.set(memory, connection, kind);
  Connection.retry.set(memory, connection, retry);
  Connection.openedCycle.set(memory, connection, cycle);
  const pick = Connection.pick.at(connection);
  memory.copy(pick, Balancer.pick.at(balancer), PickRequest.size);
  PickRequest.excluded.set(memory, pick, 0);
  countOpened(memory, group, backend, retry);
  return connectionOf(index + 1, uses & USE_MASK);
}

/** The connection of that name, or 0. Any number may be asked for. */
export function connectionFind(memory: Memory, balancer: BalancerAddress, name: number): ConnectionAddress | 0 {
  const table = Balancer.connections.at(balancer);
  const index = (name & NUMBER_MASK) - 1;
  if (!(name > 0 && name <= NAME_MAX) || index < 0 || index >= ConnectionTable.slotCount.get(memory, table)) return 0;
  const connection = connectionAt(memory, table, index);
  if (Connection.open.get(memory, connection) === 0) return 0;
  return (Connection.uses.get(memory, connection) & USE_MASK) === name >> USE_SHIFT ? connection : 0;
}

/** The backend that it goes to, or 0 if that is gone. */
export function connectionBackend(memory: Memory, balancer: BalancerAddress, connection: ConnectionAddress): BackendAddress | 0 {
  return directoryFind(memory, balancer, Connection.backend.get(memory, connection));
}

/** Ends an open connection; one whose backend is gone counts nowhere any more. Gives the tables back if it was the last thing in them. */
export function connectionClose(heap: Heap, balancer: BalancerAddress, connection: ConnectionAddress): void {
  const memory = heap.memory;
  const table = Balancer.connections.at(balancer);
  const backend = connectionBackend(memory, balancer, connection);
  if (backend !== 0) countClosed(memory, backend, Connection.retry.get(memory, connection));
  const index = (connection - ConnectionTable.slots.get(memory, table)) / Connection.size;
  const last = ConnectionTable.freeLast.get(memory, table);
  Connection.open.set(memory, connection, 0);
  Connection.backend.set(memory, connection, -1);
  if (last < 0) ConnectionTable.freeFirst.set(memory, table, index);
  else Connection.backend.set(memory, connectionAt(memory, table, last), index);
  ConnectionTable.freeLast.set(memory, table, index);
  ConnectionTable.count.add(memory, table, -1);
  tablesSettle(heap, balancer);
}

/** Ends all connections of an owner that is gone. How they went is not known: no backend is blamed. */
export function connectionsCloseOwner(heap: Heap, balancer: BalancerAddress, owner: number): void {
  const memory = heap.memory;
  const table = Balancer.connections.at(balancer);
  // The table may be given back with the last one.
  for (let index = 0; index < ConnectionTable.slotCount.get(memory, table); index++) {
    const connection = connectionAt(memory, table, index);
    if (Connection.open.get(memory, connection) !== 0 && Connection.owner.get(memory, connection) === owner) connectionClose(heap, balancer, connection);
  }
}

function connectionAt(memory: Memory, table: ConnectionTableAddress, index: number): ConnectionAddress {
  return (ConnectionTable.slots.get(memory, table) + index * Connection.size) as ConnectionAddress;
}

function countOpened(memory: Memory, group: GroupAddress, backend: BackendAddress, retry: number): void {
  Backend.activeConnections.add(memory, backend, 1);
  Backend.totalRequests.add(memory, backend, 1);
  Backend.retries.add(memory, backend, retry);
  const open = Backend.activeConnections.get(memory, backend);
  if (open > Backend.peakConnections.get(memory, backend)) Backend.peakConnections.set(memory, backend, open);
  Group.activeConnections.add(memory, group, 1);
  Group.routed.add(memory, group, 1 - retry);
  Group.retries.add(memory, group, retry);
}

function countClosed(memory: Memory, backend: BackendAddress, retry: number): void {
  const group = Backend.group.get(memory, backend) as GroupAddress;
  Backend.activeConnections.add(memory, backend, -1);
  Backend.retries.add(memory, backend, -retry);
  Group.activeConnections.add(memory, group, -1);
  Group.retries.add(memory, group, -retry);
}
