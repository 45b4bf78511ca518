/**
 * Connections with something to come at a tick: an answer, or the end of idleness. A binary heap by (tick, order), so that
 * what was begun earlier is due earlier among equals; each connection knows its place, so that it can be taken out.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { BackendConnectionAddress, BackendsAddress } from "./records.ts";
import { BackendConnection, BackendsState, NO_BACKEND_CONNECTION } from "./records.ts";

/** The connection, which is not in the heap, is due at that tick. There is room for all connections. */
export function duePut(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress, tick: number): void {
  const order = BackendsState.dueOrders.get(memory, state);
  BackendConnection.dueTick.set(memory, connection, tick);
  BackendConnection.dueOrder.set(memory, connection, order);
  BackendsState.dueOrders.set(memory, state, (order + 1) | 0);
  const place = BackendsState.dueCount.get(memory, state);
  BackendsState.dueCount.set(memory, state, place + 1);
  settle(memory, state, connection, place);
}

/** The connection that is due next; NO_BACKEND_CONNECTION if none is. */
export function dueFirst(memory: Memory, state: BackendsAddress): BackendConnectionAddress {
  return BackendsState.dueCount.get(memory, state) === 0 ? NO_BACKEND_CONNECTION : connectionIn(memory, state, 0);
}

/** Nothing is to come for the connection any more, if anything was. */
export function dueTake(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress): void {
  const place = BackendConnection.duePlace.get(memory, connection);
  if (place < 0) return;
  BackendConnection.duePlace.set(memory, connection, -1);
  const last = BackendsState.dueCount.get(memory, state) - 1;
  BackendsState.dueCount.set(memory, state, last);
  if (place !== last) settle(memory, state, connectionIn(memory, state, last), place);
}

/** Puts a connection where it belongs, `place` being free. */
function settle(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress, place: number): void {
  const count = BackendsState.dueCount.get(memory, state);
  let at = place;
  while (at > 0) {
    const parent = connectionIn(memory, state, (at - 1) >> 1);
    if (!isEarlier(memory, connection, parent)) break;
    setConnection(memory, state, at, parent);
    at = (at - 1) >> 1;
  }
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isEarlier(memory, connectionIn(memory, state, child + 1), connectionIn(memory, state, child))) child += 1;
    const other = connectionIn(memory, state, child);
    if (!isEarlier(memory, other, connection)) break;
    setConnection(memory, state, at, other);
    at = child;
  }
  setConnection(memory, state, at, connection);
}

function isEarlier(memory: Memory, one: BackendConnectionAddress, other: BackendConnectionAddress): boolean {
  const difference = BackendConnection.dueTick.get(memory, one) - BackendConnection.dueTick.get(memory, other);
  return difference < 0 || (difference === 0 && ((BackendConnection.dueOrder.get(memory, one) - BackendConnection.dueOrder.get(memory, other)) | 0) < 0);
}

function connectionIn(memory: Memory, state: BackendsAddress, place: number): BackendConnectionAddress {
  return memory.i32[(BackendsState.dueAt.get(memory, state) >> 2) + place] as BackendConnectionAddress;
}

function setConnection(memory: Memory, state: BackendsAddress, place: number, connection: BackendConnectionAddress): void {
  memory.i32[(BackendsState.dueAt.get(memory, state) >> 2) + place] = connection;
  BackendConnection.duePlace.set(memory, connection, place);
}
