/** What an acknowledgement does to a connection's sending side: bytes leave the buffer, timers, both windows, and closing. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Segment } from "../segment.ts";
import { sequenceDistance } from "../sequence.ts";
import { DUPLICATES, beginRecovery, dragRecover, growWindow, inflateWindow, recoverySaw } from "./congestion.ts";
import { TcpConnection, TcpFate, TcpState } from "./connection.ts";
import { restartTimer, sendFirstAgain } from "./output.ts";
import { beginTimeWait, endConnection } from "./over.ts";
import { tellRoom } from "./ready.ts";
import { measureRoundTrip } from "./round-trip.ts";
import { sendDrop } from "./send-buffer.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { TcpStack } from "./stack.ts";
import { placeOnWheel } from "./timers.ts";

/** The peer has everything up to `number`, which is no further than what was sent; the same number again is a duplicate. */
export function acknowledge<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, number: number): void {
  const { memory } = context;
  const bytes = sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), number);
  if (bytes === 0) return duplicate(context, host, stack, connection);
  timeRoundTrip(memory, stack, connection, number);
  TcpConnection.sendUnacknowledged.set(memory, connection, number);
  // Behind a time-out it may be ahead of what was sent again.
  if (sequenceDistance(TcpConnection.sendNext.get(memory, connection), number) > 0) TcpConnection.sendNext.set(memory, connection, number);
  TcpConnection.duplicateAcknowledgements.set(memory, connection, 0);
  TcpConnection.tries.set(memory, connection, 0);
  dropBytes(context, stack, connection, bytes);
  const recovering = TcpConnection.recovering.get(memory, connection);
  if (recovering !== 0) recover(context, host, stack, connection, bytes);
  else if (TcpConnection.state.get(memory, connection) >= TcpState.established) growWindow(memory, connection, bytes);
  // A recovery that takes long is cut short by a time-out: the first part of it restarts the timer, the others don't (RFC 6582, 3.2, step 3).
  if (recovering < 2 || TcpConnection.recovering.get(memory, connection) === 0) restartTimer(memory, stack, connection);
  dragRecover(memory, connection);
  renewPatience(memory, stack, connection, bytes);
  if (TcpConnection.finSent.get(memory, connection) !== 0 && number === TcpConnection.sendMax.get(memory, connection)) finAcknowledged(context, stack, connection);
}

/** Bytes were acknowledged while a loss is repaired: the next hole is filled, or there is none any more. */
function recover<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  if (!recoverySaw(context.memory, connection, bytes)) return;
  TcpConnection.recovering.set(context.memory, connection, 2);
  sendFirstAgain(context, host, stack, connection);
}

/** The peer's window, if the segment is newer than the one that said it last (RFC 9293, 3.10.7.4). */
export function takeWindow(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">, first: boolean): void {
  const sequence = Segment.sequence.get(memory, segment);
  const number = Segment.acknowledgement.get(memory, segment);
  const newer = sequenceDistance(TcpConnection.windowSequence.get(memory, connection), sequence);
  if (!first && (newer < 0 || (newer === 0 && sequenceDistance(TcpConnection.windowAcknowledgement.get(memory, connection), number) < 0))) return;
  const window = Segment.window.get(memory, segment) << TcpConnection.sendShift.get(memory, connection);
  TcpConnection.sendWindow.set(memory, connection, window);
  if (window > TcpConnection.sendWindowMax.get(memory, connection)) TcpConnection.sendWindowMax.set(memory, connection, window);
  TcpConnection.windowSequence.set(memory, connection, sequence);
  TcpConnection.windowAcknowledgement.set(memory, connection, number);
}

function duplicate<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  TcpStack.duplicateAcknowledgements.add(memory, stack, 1);
  if (TcpConnection.recovering.get(memory, connection) !== 0) return inflateWindow(memory, connection);
  const count = Math.min(0xffff, TcpConnection.duplicateAcknowledgements.get(memory, connection) + 1);
  TcpConnection.duplicateAcknowledgements.set(memory, connection, count);
  if (count !== DUPLICATES || !beginRecovery(memory, connection)) return;
  TcpStack.fastRetransmissions.add(memory, stack, 1);
  sendFirstAgain(context, host, stack, connection);
  restartTimer(memory, stack, connection);
}

function timeRoundTrip(memory: Memory, stack: StackAddress, connection: ConnectionAddress, number: number): void {
  if (TcpConnection.timing.get(memory, connection) === 0 || sequenceDistance(TcpConnection.timedSequence.get(memory, connection), number) <= 0) return;
  TcpConnection.timing.set(memory, connection, 0);
  measureRoundTrip(memory, stack, connection, TcpStack.nowTick.get(memory, stack) - TcpConnection.timedTick.get(memory, connection));
}

/** Of what was acknowledged SYN and FIN are no bytes of the buffer. */
function dropBytes(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const { memory } = heap;
  const held = TcpConnection.sendBytes.get(memory, connection);
  const dropped = TcpConnection.state.get(memory, connection) < TcpState.established ? 0 : Math.min(bytes, held);
  if (dropped === 0) return;
  sendDrop(heap, stack, connection, dropped);
  tellRoom(memory, stack, connection);
}

/** 3.10.7.4, fifth: our FIN has arrived. */
function finAcknowledged(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = heap;
  switch (TcpConnection.state.get(memory, connection)) {
    case TcpState.finWait1:
      TcpConnection.state.set(memory, connection, TcpState.finWait2);
      return;
    case TcpState.closing:
      beginTimeWait(heap, stack, connection);
      return;
    case TcpState.lastAck:
      endConnection(heap, stack, connection, TcpFate.closed);
      return;
    default:
      return;
  }
}

/** A connection that nobody owns has got on: a segment of what is left, or all of it, has arrived. */
function renewPatience(memory: Memory, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  if (TcpConnection.owner.get(memory, connection) !== 0 || TcpConnection.lifeTick.get(memory, connection) === 0) return;
  if (bytes >= TcpConnection.segmentBytesMax.get(memory, connection) || TcpConnection.sendBytes.get(memory, connection) === 0) limitPatience(memory, stack, connection);
}

/** Nobody owns it any more: a peer that takes nothing, or does not close its side, is not waited for without end. */
export function limitPatience(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.lifeTick.set(memory, connection, TcpStack.nowTick.get(memory, stack) + TcpStack.finWaitTicks.get(memory, stack));
  placeOnWheel(memory, stack, connection);
}
