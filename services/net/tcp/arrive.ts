/**
 * A segment arrives (RFC 9293, 3.10.7), with what RFC 5961 adds against blind attacks and RFC 1337 for TIME-WAIT. What it
 * brings is in the Segment record (../segment.ts), its data in `source`; nothing of it is kept but by copy.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Segment } from "../segment.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpFlag } from "../tcp.ts";
import { acknowledge, takeWindow } from "./acknowledge.ts";
import { openCongestionWindow } from "./congestion.ts";
import { TcpConnection, TcpEvent, TcpFate, TcpListNumber, TcpState, TcpTimer } from "./connection.ts";
import { initialSequence, initialSequenceBehind } from "./initial-sequence.ts";
import { answerSyn, arriveSyn, backlogIsFull, takeCookie, takeSyn } from "./listen.ts";
import { tcpOutput } from "./output.ts";
import { endConnection, restartTimeWait } from "./over.ts";
import { tell, tellRoom } from "./ready.ts";
import { beginCarefully } from "./round-trip.ts";
import { sendAcknowledgement, sendChallenge, sendResetFor } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { NO_CONNECTION, TcpStack } from "./stack.ts";
import { enlist, tcpFind } from "./table.ts";
import { takeText } from "./text.ts";
import { offeredBytes } from "./window.ts";

/** The segment belongs to this stack: its destination is one of the host's addresses. */
export function tcpArrive<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  TcpStack.segmentsIn.add(memory, stack, 1);
  if ((Segment.flags.get(memory, segment) & TcpFlag.rst) !== 0) TcpStack.resetsIn.add(memory, stack, 1);
  const connection = tcpFind(memory, stack, Segment.key.at(segment));
  if (connection === NO_CONNECTION) arriveForNobody(context, host, stack, segment, source);
  else if (TcpConnection.state.get(memory, connection) === TcpState.synSent) arriveSynSent(context, host, stack, connection, segment, source);
  else arriveSynchronized(context, host, stack, connection, segment, source);
}

/** 3.10.7.1 and 3.10.7.2. */
function arriveForNobody<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  const flags = Segment.flags.get(memory, segment);
  if ((flags & TcpFlag.rst) !== 0) return;
  if ((flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.fin)) === TcpFlag.syn) return arriveSyn(context, host, stack, segment, source, initialSequence(memory, stack, Segment.key.at(segment)));
  if ((flags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.ack) {
    const connection = takeCookie(context, host, stack, segment);
    if (connection !== NO_CONNECTION) return arriveSynchronized(context, host, stack, connection, segment, source);
  }
  sendResetFor(context, host, stack, segment);
}

/** 3.10.7.3. */
function arriveSynSent<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  const flags = Segment.flags.get(memory, segment);
  const acknowledges = (flags & TcpFlag.ack) !== 0;
  const beyond = sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), Segment.acknowledgement.get(memory, segment));
  if (acknowledges && beyond !== 1) return sendResetFor(context, host, stack, segment);
  if ((flags & TcpFlag.rst) !== 0) {
    if (acknowledges) endConnection(context, stack, connection, TcpFate.refused);
    return;
  }
  if ((flags & TcpFlag.syn) === 0) return;
  takeSyn(memory, stack, connection, segment, source);
  if (!acknowledges) {
    // Both have begun at the same time (3.5, figure 7).
    TcpConnection.state.set(memory, connection, TcpState.synReceived);
    return answerSyn(context, host, stack, connection);
  }
  const synLost = TcpConnection.tries.get(memory, connection) > 0;
  acknowledge(context, host, stack, connection, Segment.acknowledgement.get(memory, segment));
  open(context, stack, connection, synLost);
  TcpConnection.acknowledgeNow.set(memory, connection, 1);
  takeText(context, host, stack, connection, segment, source);
  tcpOutput(context, host, stack, connection);
}

/** 3.10.7.4: every other state. A reset and a SYN are judged by their numbers alone (RFC 5961, 3.2 and 4.2). */
function arriveSynchronized<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  const flags = Segment.flags.get(memory, segment);
  if ((flags & TcpFlag.rst) !== 0) return arriveReset(context, host, stack, connection, segment);
  if ((flags & TcpFlag.syn) !== 0 && !answersSyn(memory, connection, segment)) return arriveSynAgain(context, host, stack, connection, segment, source);
  if (!isAcceptable(memory, connection, segment)) return arriveOutside(context, host, stack, connection, segment);
  if ((flags & TcpFlag.ack) === 0) return;
  if (!takeAcknowledgement(context, host, stack, connection, segment)) return;
  takeText(context, host, stack, connection, segment, source);
  // What came may have ended it: a reset for data that nobody reads, the last acknowledgement.
  if (TcpConnection.state.get(memory, connection) !== TcpState.closed) tcpOutput(context, host, stack, connection);
}

/** Both have begun at the same time, and this answers our SYN: but for that the SYN in it is known (3.5, figure 7, line 7). */
function answersSyn(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  return (Segment.flags.get(memory, segment) & TcpFlag.ack) !== 0 && isFirstSyn(memory, connection, segment);
}

/** The connection is half open, and this is the very SYN that its peer began with. */
function isFirstSyn(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  if (TcpConnection.state.get(memory, connection) !== TcpState.synReceived) return false;
  return sequenceAdd(Segment.sequence.get(memory, segment), -1) === TcpConnection.initialReceive.get(memory, connection);
}

/** A SYN for a connection that there is: 3.10.7.4, fourth. */
function arriveSynAgain<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  if (reopens(memory, stack, connection, segment)) {
    const initial = initialSequenceBehind(memory, stack, Segment.key.at(segment), TcpConnection.sendMax.get(memory, connection));
    endConnection(context, stack, connection, TcpFate.closed);
    return arriveSyn(context, host, stack, segment, source, initial);
  }
  if (isFirstSyn(memory, connection, segment)) {
    // The peer has not heard our answer. Which of the two its acknowledgement is for would not be known.
    TcpConnection.timing.set(memory, connection, 0);
    return answerSyn(context, host, stack, connection);
  }
  const halfOpen = TcpConnection.state.get(memory, connection) === TcpState.synReceived && TcpConnection.passive.get(memory, connection) !== 0;
  // Back to LISTEN: the peer begins anew.
  if (halfOpen && isInWindow(memory, connection, segment)) return endConnection(context, stack, connection, TcpFate.aborted);
  sendChallenge(context, host, stack, connection);
}

/** Nothing of the segment lies in the window: 3.10.7.4, first. */
function arriveOutside<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">): void {
  const { memory } = context;
  const fin = (Segment.flags.get(memory, segment) & TcpFlag.fin) !== 0;
  const bytes = Segment.dataBytes.get(memory, segment) + (fin ? 1 : 0);
  const end = sequenceAdd(Segment.sequence.get(memory, segment), bytes);
  TcpStack.unacceptable.add(memory, stack, 1);
  // Two ends that do not believe each other's acknowledgements would answer them without end (RFC 5961, 7): those are answered seldom.
  if (bytes === 0) return sendChallenge(context, host, stack, connection);
  // The peer's FIN again: our last acknowledgement was lost, and this one may be.
  if (fin && TcpConnection.state.get(memory, connection) === TcpState.timeWait && end === TcpConnection.receiveNext.get(memory, connection)) restartTimeWait(context, stack, connection);
  sendAcknowledgement(context, host, stack, connection);
}

/** A SYN that begins a new connection while the old one waits out its time (RFC 9293, 3.10.7.4; RFC 6191 for its numbers). A cookie could not begin behind the old one's numbers. */
function reopens(memory: Memory, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  if (TcpConnection.state.get(memory, connection) !== TcpState.timeWait || (Segment.flags.get(memory, segment) & (TcpFlag.ack | TcpFlag.fin)) !== 0) return false;
  return sequenceDistance(TcpConnection.receiveNext.get(memory, connection), sequenceAdd(Segment.sequence.get(memory, segment), -1)) > 0 && !backlogIsFull(memory, stack);
}

/** 3.4, the table of four cases: does any of it lie in the window? With a window of 0, what stands exactly at its edge counts for its acknowledgement. */
function isAcceptable(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  const begin = sequenceDistance(TcpConnection.receiveNext.get(memory, connection), Segment.sequence.get(memory, segment));
  const bytes = Segment.dataBytes.get(memory, segment) + ((Segment.flags.get(memory, segment) & TcpFlag.fin) !== 0 ? 1 : 0);
  const window = offeredBytes(memory, connection);
  if (begin === 0) return true;
  if (begin > 0) return begin < window;
  return bytes > 0 && begin + bytes > 0;
}

/** The segment's own number: a SYN's is one before its data. */
function numberOf(memory: Memory, segment: Address<"Segment">): number {
  return sequenceAdd(Segment.sequence.get(memory, segment), (Segment.flags.get(memory, segment) & TcpFlag.syn) !== 0 ? -1 : 0);
}

function isInWindow(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  const begin = sequenceDistance(TcpConnection.receiveNext.get(memory, connection), numberOf(memory, segment));
  return begin === 0 || (begin > 0 && begin < offeredBytes(memory, connection));
}

/** RFC 5961, 3.2: only the very next number resets; one elsewhere in the window is answered, all others are passed over. */
function arriveReset<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">): void {
  const { memory } = context;
  const state = TcpConnection.state.get(memory, connection);
  // RFC 1337: a reset does not cut the waiting short.
  if (state === TcpState.timeWait || !isInWindow(memory, connection, segment)) return;
  if (numberOf(memory, segment) !== TcpConnection.receiveNext.get(memory, connection)) return sendChallenge(context, host, stack, connection);
  endConnection(context, stack, connection, state === TcpState.synReceived ? TcpFate.refused : TcpFate.reset);
}

/** What the segment acknowledges. False if nothing else of it counts. */
function takeAcknowledgement<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">): boolean {
  const { memory } = context;
  const number = Segment.acknowledgement.get(memory, segment);
  const beyond = sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), number);
  const underWay = sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), TcpConnection.sendMax.get(memory, connection));
  if (TcpConnection.state.get(memory, connection) === TcpState.synReceived) {
    if (beyond <= 0 || beyond > underWay) {
      sendResetFor(context, host, stack, segment);
      return false;
    }
    const synLost = TcpConnection.tries.get(memory, connection) > 0;
    acknowledge(context, host, stack, connection, number);
    enlist(memory, stack, connection, TcpListNumber.none);
    open(context, stack, connection, synLost);
    takeWindow(memory, connection, segment, true);
    return true;
  }
  // RFC 5961, 5.2.
  if (beyond > underWay || beyond < -TcpConnection.sendWindowMax.get(memory, connection)) {
    sendChallenge(context, host, stack, connection);
    return false;
  }
  return takeOrdinary(context, host, stack, connection, segment, number, beyond);
}

function takeOrdinary<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, number: number, beyond: number): boolean {
  const { memory } = context;
  const duplicate = isDuplicate(memory, connection, segment, beyond);
  // Whoever answers a probe is alive, however long its window stays shut (3.8.6.1).
  if (TcpConnection.timer.get(memory, connection) === TcpTimer.persist) TcpConnection.tries.set(memory, connection, 0);
  if (beyond >= 0) takeWindow(memory, connection, segment, false);
  if (beyond > 0 || duplicate) acknowledge(context, host, stack, connection, number);
  return TcpConnection.state.get(memory, connection) !== TcpState.closed;
}

/** RFC 5681, 2: it says nothing new, not even a window, while something is under way. */
function isDuplicate(memory: Memory, connection: ConnectionAddress, segment: Address<"Segment">, beyond: number): boolean {
  if (beyond !== 0 || Segment.dataBytes.get(memory, segment) > 0 || (Segment.flags.get(memory, segment) & TcpFlag.fin) !== 0) return false;
  if (TcpConnection.sendUnacknowledged.get(memory, connection) === TcpConnection.sendNext.get(memory, connection)) return false;
  return Segment.window.get(memory, segment) << TcpConnection.sendShift.get(memory, connection) === TcpConnection.sendWindow.get(memory, connection);
}

/** Both have agreed. After a lost SYN slowly. */
function open(heap: Heap, stack: StackAddress, connection: ConnectionAddress, synLost: boolean): void {
  const { memory } = heap;
  TcpConnection.state.set(memory, connection, TcpState.established);
  openCongestionWindow(memory, connection, synLost);
  if (synLost) beginCarefully(memory, stack, connection);
  if (TcpConnection.passive.get(memory, connection) !== 0) TcpStack.accepted.add(memory, stack, 1);
  else TcpStack.opened.add(memory, stack, 1);
  tell(memory, stack, connection, TcpEvent.opened);
  if (TcpConnection.sendBytes.get(memory, connection) === 0) tellRoom(memory, stack, connection);
}
