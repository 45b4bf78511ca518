/** The connections whose owners have something to hear: each stands in the list once, whatever has happened to it. */

import type { Memory } from "../../../hal/memory.ts";
import { TcpConnection, TcpEvent } from "./connection.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { NO_CONNECTION, TcpStack } from "./stack.ts";

/** Something happened (bits of TcpEvent): the owner, if there is one, is to hear of it. */
export function tell(memory: Memory, stack: StackAddress, connection: ConnectionAddress, events: number): void {
  if (TcpConnection.owner.get(memory, connection) === 0) return;
  TcpConnection.events.set(memory, connection, TcpConnection.events.get(memory, connection) | events);
  if (TcpConnection.ready.get(memory, connection) !== 0) return;
  TcpConnection.ready.set(memory, connection, 1);
  TcpConnection.readyNext.set(memory, connection, 0);
  const last = TcpStack.readyLast.get(memory, stack) as ConnectionAddress;
  if (last === NO_CONNECTION) TcpStack.readyFirst.set(memory, stack, connection);
  else TcpConnection.readyNext.set(memory, last, connection);
  TcpStack.readyLast.set(memory, stack, connection);
}

/** An owner whose write was cut may try again. */
export function tellRoom(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  if (TcpConnection.writeWaits.get(memory, connection) === 0) return;
  TcpConnection.writeWaits.set(memory, connection, 0);
  tell(memory, stack, connection, TcpEvent.writable);
}

/** Takes the connection that has waited longest out of the list; NO_CONNECTION when nobody has anything to hear. */
export function tcpNextReady(memory: Memory, stack: StackAddress): ConnectionAddress {
  const connection = TcpStack.readyFirst.get(memory, stack) as ConnectionAddress;
  if (connection === NO_CONNECTION) return NO_CONNECTION;
  const next = TcpConnection.readyNext.get(memory, connection);
  TcpStack.readyFirst.set(memory, stack, next);
  if (next === 0) TcpStack.readyLast.set(memory, stack, 0);
  TcpConnection.ready.set(memory, connection, 0);
  return connection;
}

/** What has happened to the connection since this was asked last: bits of TcpEvent. */
export function tcpTakeEvents(memory: Memory, connection: ConnectionAddress): number {
  const events = TcpConnection.events.get(memory, connection);
  TcpConnection.events.set(memory, connection, 0);
  return events;
}

/** The owner does not want to hear of it any more. */
export function untell(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.events.set(memory, connection, 0);
  if (TcpConnection.ready.get(memory, connection) === 0) return;
  TcpConnection.ready.set(memory, connection, 0);
  const next = TcpConnection.readyNext.get(memory, connection) as ConnectionAddress;
  let before = TcpStack.readyFirst.get(memory, stack) as ConnectionAddress;
  if (before === connection) {
    TcpStack.readyFirst.set(memory, stack, next);
    if (next === NO_CONNECTION) TcpStack.readyLast.set(memory, stack, 0);
    return;
  }
  while (TcpConnection.readyNext.get(memory, before) !== connection) before = TcpConnection.readyNext.get(memory, before) as ConnectionAddress;
  TcpConnection.readyNext.set(memory, before, next);
  if (next === NO_CONNECTION) TcpStack.readyLast.set(memory, stack, before);
}
