/** Connections with something to come at a tick: an answer, or the end of idleness; what was begun earlier is due earlier among equals (../agenda.ts). */

import type { Memory } from "../../../hal/memory.ts";
import { AgendaEntry, NO_ENTRY, agendaFirst, agendaPut, agendaTake } from "../agenda.ts";
import type { BackendConnectionAddress, BackendsAddress } from "./records.ts";
import { BackendConnection, BackendsState, NO_BACKEND_CONNECTION } from "./records.ts";

/** The connection, for which nothing is to come, is due at that tick. There is room for all connections. */
export function duePut(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress, tick: number): void {
  agendaPut(memory, BackendsState.agenda.at(state), BackendConnection.due.at(connection), tick);
}

/** The connection that is due next; NO_BACKEND_CONNECTION if none is. */
export function dueFirst(memory: Memory, state: BackendsAddress): BackendConnectionAddress {
  const entry = agendaFirst(memory, BackendsState.agenda.at(state));
  return entry === NO_ENTRY ? NO_BACKEND_CONNECTION : ((entry - BackendConnection.due.offset) as BackendConnectionAddress);
}

/** When a connection that is due is so. */
export function dueTick(memory: Memory, connection: BackendConnectionAddress): number {
  return AgendaEntry.due.get(memory, BackendConnection.due.at(connection));
}

/** Nothing is to come for the connection any more, if anything was. */
export function dueTake(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress): void {
  agendaTake(memory, BackendsState.agenda.at(state), BackendConnection.due.at(connection));
}
