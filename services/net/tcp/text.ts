/** The data and the FIN of a segment that arrived (RFC 9293, 3.10.7.4, seventh and eighth), and when they are acknowledged. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Segment } from "../segment.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpFlag } from "../tcp.ts";
import { TcpConnection, TcpEvent, TcpFate, TcpState } from "./connection.ts";
import { beginTimeWait, endConnection, restartTimeWait } from "./over.ts";
import { tell } from "./ready.ts";
import { receivePut } from "./receive-buffer.ts";
import { sendReset } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { TcpStack } from "./stack.ts";
import { placeOnWheel } from "./timers.ts";
import { countPromise, offeredBytes, widenWindow } from "./window.ts";

/** The segment, of which a part lies in the window, brings data or a FIN, or neither. */
export function takeText<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  const bytes = Segment.dataBytes.get(memory, segment);
  const fin = (Segment.flags.get(memory, segment) & TcpFlag.fin) !== 0;
  if (bytes === 0 && !fin) return;
  if (!mayReceive(memory, connection)) {
    // The peer says again what it has said: it has not heard our answer.
    TcpConnection.acknowledgeNow.set(memory, connection, 1);
    if (TcpConnection.state.get(memory, connection) === TcpState.timeWait) restartTimeWait(context, stack, connection);
    return;
  }
  if (bytes > 0 && TcpConnection.owner.get(memory, connection) === 0 && sequenceDistance(TcpConnection.receiveNext.get(memory, connection), sequenceAdd(Segment.sequence.get(memory, segment), bytes)) > 0) {
    // Nobody will ever read it (3.10.4; RFC 1122, 4.2.2.13).
    sendReset(context, host, stack, connection);
    return endConnection(context, stack, connection, TcpFate.aborted);
  }
  if (fin) rememberFin(memory, connection, segment, bytes);
  if (bytes > 0) takeData(context, stack, connection, segment, source, bytes);
  if (TcpConnection.finSeen.get(memory, connection) !== 0 && TcpConnection.receiveNext.get(memory, connection) === TcpConnection.finSequence.get(memory, connection)) takeFin(context, stack, connection);
}

function mayReceive(memory: Memory, connection: ConnectionAddress): boolean {
  const state = TcpConnection.state.get(memory, connection);
  return state === TcpState.established || state === TcpState.finWait1 || state === TcpState.finWait2;
}

/** The first FIN within the window says where the stream ends; nothing later moves it, and none counts that stands before bytes that have come. */
function rememberFin(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">, bytes: number): void {
  const sequence = sequenceAdd(Segment.sequence.get(memory, segment), bytes);
  TcpConnection.acknowledgeNow.set(memory, connection, 1);
  if (TcpConnection.finSeen.get(memory, connection) !== 0) return;
  if (sequenceDistance(TcpConnection.receiveNext.get(memory, connection), sequence) > offeredBytes(memory, connection)) return;
  if (TcpConnection.beyondBytes.get(memory, connection) > 0 && sequenceDistance(TcpConnection.receiveMax.get(memory, connection), sequence) < 0) return;
  TcpConnection.finSeen.set(memory, connection, 1);
  TcpConnection.finSequence.set(memory, connection, sequence);
}

/** Cuts what lies before receiveNext, beyond the window or behind the FIN, and keeps the rest. */
function takeData(heap: Heap, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory, bytes: number): void {
  const { memory } = heap;
  const next = TcpConnection.receiveNext.get(memory, connection);
  const begin = sequenceDistance(next, Segment.sequence.get(memory, segment));
  const skipped = begin < 0 ? -begin : 0;
  let room = offeredBytes(memory, connection);
  if (TcpConnection.finSeen.get(memory, connection) !== 0) room = Math.min(room, sequenceDistance(next, TcpConnection.finSequence.get(memory, connection)));
  const kept = Math.min(begin + bytes, room) - Math.max(begin, 0);
  const waited = TcpConnection.beyondBytes.get(memory, connection) > 0;
  if (kept <= 0) {
    TcpConnection.acknowledgeNow.set(memory, connection, 1);
    return;
  }
  if (begin > 0) TcpStack.outOfOrder.add(memory, stack, 1);
  const moved = receivePut(heap, stack, connection, sequenceAdd(next, Math.max(begin, 0)), source, Segment.dataAt.get(memory, segment) + skipped, kept);
  if (moved < 0) {
    TcpStack.crowded.add(memory, stack, 1);
    // Beyond a gap it says at least that the gap is there.
    if (begin > 0) TcpConnection.acknowledgeNow.set(memory, connection, 1);
    return;
  }
  TcpStack.bytesIn.add(memory, stack, moved);
  if (moved > 0) {
    countPromise(memory, stack, connection);
    if (TcpConnection.streaming.get(memory, connection) === 0) widenWindow(memory, stack, connection, moved);
    tell(memory, stack, connection, TcpEvent.readable);
  }
  planAcknowledgement(memory, stack, connection, moved, begin > 0 || waited || kept < begin + bytes - Math.max(begin, 0));
}

/** RFC 5681, 4.2: at once for every second full segment and for whatever is out of order or fills a gap, else a little later. */
function planAcknowledgement(memory: Memory, stack: StackAddress, connection: ConnectionAddress, moved: number, atOnce: boolean): void {
  const owed = TcpConnection.unacknowledgedBytes.get(memory, connection) + moved;
  TcpConnection.unacknowledgedBytes.set(memory, connection, owed);
  if (atOnce || owed >= 2 * TcpConnection.segmentBytesMax.get(memory, connection)) {
    TcpConnection.acknowledgeNow.set(memory, connection, 1);
  } else if (TcpConnection.acknowledgeTick.get(memory, connection) === 0) {
    TcpConnection.acknowledgeTick.set(memory, connection, TcpStack.nowTick.get(memory, stack) + TcpStack.acknowledgeTicks.get(memory, stack));
    placeOnWheel(memory, stack, connection);
  }
}

/** All before the peer's FIN has come. */
function takeFin(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = heap;
  const next = sequenceAdd(TcpConnection.finSequence.get(memory, connection), 1);
  TcpConnection.acknowledgeNow.set(memory, connection, 1);
  TcpConnection.receiveNext.set(memory, connection, next);
  tell(memory, stack, connection, TcpEvent.ended);
  switch (TcpConnection.state.get(memory, connection)) {
    case TcpState.established:
      TcpConnection.state.set(memory, connection, TcpState.closeWait);
      break;
    case TcpState.finWait1:
      TcpConnection.state.set(memory, connection, TcpState.closing);
      break;
    default:
      beginTimeWait(heap, stack, connection);
  }
  countPromise(memory, stack, connection);
}
