/**
 * What a connection sends now (RFC 9293, 3.10.2 and 3.8): as much of its buffer as both windows allow, in segments of full
 * size; a smaller one only if it empties the buffer (there is no Nagle: what is written is meant to go) or fills half of
 * the largest window the peer ever had (3.8.6.2.1). The FIN follows the last byte.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpFlag } from "../tcp.ts";
import { TcpConnection, TcpState, TcpTimer } from "./connection.ts";
import { restartWindow, windowWithDuplicates } from "./congestion.ts";
import { forgetBackOff } from "./round-trip.ts";
import { sendAcknowledgement, sendSegment } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { TcpStack } from "./stack.ts";
import { placeOnWheel } from "./timers.ts";

/** A host that could not send is asked again after so long. */
const RETRY_TICKS = 10;

/** Sends what may be sent, and an acknowledgement if one is due that nothing carried. */
export function tcpOutput<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  if (maySend(memory, connection)) {
    if (isRested(memory, stack, connection)) restartWindow(memory, connection);
    while (sendNextSegment(context, host, stack, connection, false)) continue;
    watchWindow(context, stack, connection);
  }
  if (TcpConnection.acknowledgeNow.get(memory, connection) !== 0) sendAcknowledgement(context, host, stack, connection);
}

/** Nothing is under way, and was not for longer than a time-out. */
function isRested(memory: Memory, stack: StackAddress, connection: ConnectionAddress): boolean {
  if (TcpConnection.sendMax.get(memory, connection) !== TcpConnection.sendUnacknowledged.get(memory, connection)) return false;
  return TcpStack.nowTick.get(memory, stack) - TcpConnection.sentTick.get(memory, connection) > TcpConnection.retransmitTicks.get(memory, connection);
}

/** Sends the first segment that is not acknowledged once more, whatever the windows say: nothing that was never sent. */
export function sendFirstAgain<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const first = TcpConnection.sendUnacknowledged.get(memory, connection);
  const sent = sequenceDistance(first, TcpConnection.sendMax.get(memory, connection));
  const bytes = Math.min(TcpConnection.sendBytes.get(memory, connection), TcpConnection.segmentBytesMax.get(memory, connection), sent);
  const fin = TcpConnection.finSent.get(memory, connection) !== 0 && bytes === TcpConnection.sendBytes.get(memory, connection);
  if (bytes === 0 && !fin) return;
  TcpStack.retransmissions.add(memory, stack, 1);
  // Karn: what is sent twice is not timed.
  TcpConnection.timing.set(memory, connection, 0);
  sendSegment(context, host, stack, connection, first, TcpFlag.ack | (fin ? TcpFlag.fin : 0), bytes);
}

/**
 * The peer's window has been too small for too long. What fits goes (3.8.6.2.1, the override time-out); if nothing does, one
 * byte or the FIN, to hear what the window is now (3.8.6.1). That counts as sent, since the peer may take it, and not as
 * under way. Either way the timer runs again.
 */
export function pressWindow<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  if (TcpConnection.sendWindow.get(memory, connection) > 0) {
    // The network is not to blame for the waiting.
    forgetBackOff(memory, stack, connection);
    sendNextSegment(context, host, stack, connection, true);
  } else sendProbe(context, host, stack, connection);
  if (TcpConnection.timer.get(memory, connection) === TcpTimer.none) setTimer(memory, stack, connection, TcpTimer.persist);
}

function sendProbe<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const first = TcpConnection.sendUnacknowledged.get(memory, connection);
  const bytes = Math.min(1, TcpConnection.sendBytes.get(memory, connection));
  const fin = bytes === TcpConnection.sendBytes.get(memory, connection) && TcpConnection.finQueued.get(memory, connection) !== 0;
  TcpStack.windowProbes.add(memory, stack, 1);
  TcpConnection.timing.set(memory, connection, 0);
  if (!sendSegment(context, host, stack, connection, first, TcpFlag.ack | (fin ? TcpFlag.fin : 0), bytes)) return;
  const end = sequenceAdd(first, bytes + (fin ? 1 : 0));
  if (sequenceDistance(TcpConnection.sendMax.get(memory, connection), end) > 0) TcpConnection.sendMax.set(memory, connection, end);
  if (fin) finSent(memory, connection);
}

/** Starts the retransmission timer anew, or stops it when nothing is under way (RFC 6298, 5.1 to 5.3). */
export function restartTimer(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const underWay = TcpConnection.sendNext.get(memory, connection) !== TcpConnection.sendUnacknowledged.get(memory, connection);
  setTimer(memory, stack, connection, underWay ? TcpTimer.retransmit : TcpTimer.none);
}

export function setTimer(memory: Memory, stack: StackAddress, connection: ConnectionAddress, timer: number): void {
  const deadline = timer === TcpTimer.none ? 0 : TcpStack.nowTick.get(memory, stack) + TcpConnection.retransmitTicks.get(memory, connection);
  TcpConnection.timer.set(memory, connection, timer);
  TcpConnection.retransmitTick.set(memory, connection, deadline);
  placeOnWheel(memory, stack, connection);
}

/** States in which data or a FIN may be on their way. */
function maySend(memory: Memory, connection: ConnectionAddress): boolean {
  const state = TcpConnection.state.get(memory, connection);
  return state === TcpState.established || state === TcpState.closeWait || state === TcpState.finWait1 || state === TcpState.closing || state === TcpState.lastAck;
}

/** One segment, if there is something to send and both windows let it through, a small one only if it is worth it or `anyway`. False if none was sent. */
function sendNextSegment<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, anyway: boolean): boolean {
  const { memory } = context;
  const next = TcpConnection.sendNext.get(memory, connection);
  const offset = sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), next);
  const unsent = TcpConnection.sendBytes.get(memory, connection) - offset;
  // A FIN that was sent counts as a byte: behind it nothing is left.
  if (unsent < 0) return false;
  const window = Math.min(windowWithDuplicates(memory, connection), TcpConnection.sendWindow.get(memory, connection)) - offset;
  const bytes = Math.min(unsent, window, TcpConnection.segmentBytesMax.get(memory, connection));
  const fin = TcpConnection.finQueued.get(memory, connection) !== 0 && bytes === unsent && window > bytes;
  if (bytes <= 0 && !fin) return false;
  if (bytes > 0 && bytes < unsent && !anyway && !worthSending(memory, connection, bytes)) return false;
  const last = bytes === unsent;
  const sent = sendSegment(context, host, stack, connection, next, TcpFlag.ack | (last && bytes > 0 ? TcpFlag.psh : 0) | (fin ? TcpFlag.fin : 0), Math.max(0, bytes));
  if (!sent) {
    tryLater(memory, stack, connection);
    return false;
  }
  passed(memory, stack, connection, next, sequenceAdd(next, bytes + (fin ? 1 : 0)));
  if (fin) finSent(memory, connection);
  return true;
}

/** The host could not send. What is under way will be acknowledged, then it is tried again; if nothing is, in a few ticks. */
function tryLater(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  if (TcpConnection.timer.get(memory, connection) === TcpTimer.retransmit) return;
  setTimer(memory, stack, connection, TcpTimer.retry);
  TcpConnection.retransmitTick.set(memory, connection, TcpStack.nowTick.get(memory, stack) + RETRY_TICKS);
  placeOnWheel(memory, stack, connection);
}

/** A full segment, or half of the largest window that the peer ever offered. */
function worthSending(memory: Memory, connection: ConnectionAddress, bytes: number): boolean {
  return bytes >= TcpConnection.segmentBytesMax.get(memory, connection) || bytes * 2 >= TcpConnection.sendWindowMax.get(memory, connection);
}

/** Bytes from `sequence` up to `next` are under way now. */
function passed(memory: Memory, stack: StackAddress, connection: ConnectionAddress, sequence: number, next: number): void {
  TcpConnection.sendNext.set(memory, connection, next);
  TcpConnection.sentTick.set(memory, connection, TcpStack.nowTick.get(memory, stack));
  if (sequenceDistance(TcpConnection.sendMax.get(memory, connection), next) > 0) {
    if (TcpConnection.timing.get(memory, connection) === 0 && sequence === TcpConnection.sendMax.get(memory, connection)) {
      TcpConnection.timing.set(memory, connection, 1);
      TcpConnection.timedSequence.set(memory, connection, sequence);
      TcpConnection.timedTick.set(memory, connection, TcpStack.nowTick.get(memory, stack));
    }
    TcpConnection.sendMax.set(memory, connection, next);
  } else TcpStack.retransmissions.add(memory, stack, 1);
  const timer = TcpConnection.timer.get(memory, connection);
  if (timer === TcpTimer.persist) forgetBackOff(memory, stack, connection);
  if (timer !== TcpTimer.retransmit) setTimer(memory, stack, connection, TcpTimer.retransmit);
}

function finSent(memory: Memory, connection: ConnectionAddress): void {
  if (TcpConnection.finSent.get(memory, connection) !== 0) return;
  TcpConnection.finSent.set(memory, connection, 1);
  const state = TcpConnection.state.get(memory, connection);
  TcpConnection.state.set(memory, connection, state === TcpState.closeWait ? TcpState.lastAck : TcpState.finWait1);
}

/** Something is left that the peer's window holds back, and nothing is under way that would make it speak: it is probed (RFC 9293, 3.8.6.1). */
function watchWindow({ memory }: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const idle = TcpConnection.sendNext.get(memory, connection) === TcpConnection.sendUnacknowledged.get(memory, connection);
  // In every state in which something may be sent a FIN is not acknowledged yet, even one that a probe carried.
  const waits = TcpConnection.sendBytes.get(memory, connection) > 0 || TcpConnection.finQueued.get(memory, connection) !== 0;
  const timer = TcpConnection.timer.get(memory, connection);
  if (idle && waits && (timer === TcpTimer.none || timer === TcpTimer.room)) setTimer(memory, stack, connection, TcpTimer.persist);
  else if (timer === TcpTimer.persist && (!idle || !waits)) setTimer(memory, stack, connection, idle ? TcpTimer.none : TcpTimer.retransmit);
}
