/** How connections end, and what is then given back. */

import type { Heap } from "../../../kernel/heap.ts";
import { TcpConnection, TcpEvent, TcpFate, TcpListNumber, TcpState, TcpTimer } from "./connection.ts";
import { tell, untell } from "./ready.ts";
import { receiveFree } from "./receive-buffer.ts";
import { sendFree } from "./send-buffer.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";
import { enlist, freeRecord, unhashRecord } from "./table.ts";
import { placeOnWheel, takeOffWheel } from "./timers.ts";
import { countPromise } from "./window.ts";

/**
 * It is over: nothing more is sent, no timer runs, its key is free. The owner is told, and what it has not read stays until
 * it lets go; without one the record is free at once.
 */
export function endConnection(heap: Heap, stack: StackAddress, connection: ConnectionAddress, fate: TcpFate): void {
  const { memory } = heap;
  count(heap, stack, fate);
  // Nobody has heard of what a peer began and did not finish.
  if (TcpConnection.state.get(memory, connection) === TcpState.synReceived && TcpConnection.passive.get(memory, connection) !== 0) TcpConnection.owner.set(memory, connection, 0);
  sendFree(heap, stack, connection);
  takeOffWheel(memory, stack, connection);
  enlist(memory, stack, connection, TcpListNumber.none);
  unhashRecord(memory, stack, connection);
  TcpConnection.state.set(memory, connection, TcpState.closed);
  countPromise(memory, stack, connection);
  TcpConnection.timer.set(memory, connection, TcpTimer.none);
  // Whoever heard that it has closed hears nothing else of what comes after.
  if (TcpConnection.fate.get(memory, connection) === TcpFate.none) {
    TcpConnection.fate.set(memory, connection, fate);
    tell(memory, stack, connection, TcpEvent.gone);
  }
  if (TcpConnection.owner.get(memory, connection) === 0) releaseRecord(heap, stack, connection);
}

/** Both sides have closed: the key stays taken until no segment of this connection can be under way (RFC 9293, 3.4.2). */
export function beginTimeWait(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = heap;
  sendFree(heap, stack, connection);
  TcpConnection.state.set(memory, connection, TcpState.timeWait);
  TcpConnection.timer.set(memory, connection, TcpTimer.none);
  TcpConnection.retransmitTick.set(memory, connection, 0);
  if (TcpConnection.fate.get(memory, connection) === TcpFate.none) {
    TcpConnection.fate.set(memory, connection, TcpFate.closed);
    tell(memory, stack, connection, TcpEvent.gone);
  }
  enlist(memory, stack, connection, TcpListNumber.timeWait);
  restartTimeWait(heap, stack, connection);
}

export function restartTimeWait({ memory }: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.lifeTick.set(memory, connection, TcpStack.nowTick.get(memory, stack) + TcpStack.timeWaitTicks.get(memory, stack));
  placeOnWheel(memory, stack, connection);
}

/** A closed connection whose owner has let go. */
export function releaseRecord(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  receiveFree(heap, stack, connection);
  untell(heap.memory, stack, connection);
  freeRecord(heap.memory, stack, connection);
}

function count({ memory }: Heap, stack: StackAddress, fate: TcpFate): void {
  switch (fate) {
    case TcpFate.closed:
      TcpStack.closed.add(memory, stack, 1);
      return;
    case TcpFate.refused:
      TcpStack.refused.add(memory, stack, 1);
      return;
    case TcpFate.timedOut:
      TcpStack.timedOut.add(memory, stack, 1);
      return;
    default:
      return;
  }
}
