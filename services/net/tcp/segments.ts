/** The segments that a stack sends, one by one: each is written to TcpStack.output and handed to the host. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { FlowKey, Segment } from "../segment.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpFlag } from "../tcp.ts";
import { TcpConnection, TcpState } from "./connection.ts";
import { ownSegmentBytes } from "./options.ts";
import { sendPieces } from "./send-buffer.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { TcpOutput, TcpStack } from "./stack.ts";
import { placeOnWheel } from "./timers.ts";
import { firstWindow, offerWindow } from "./window.ts";

/**
 * Challenge acknowledgements of one connection in so many ticks (RFC 5961, 7). They are counted by connection: whoever
 * counts those of his own learns nothing of other people's connections.
 */
const CHALLENGES_MAX = 10;
const CHALLENGE_TICKS = 1000;

/** Sends a connection's segment: `bytes` bytes of its buffer from `sequence` on. It says all that is to be acknowledged. */
export function sendSegment<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, sequence: number, flags: number, bytes: number): boolean {
  const { memory } = context;
  const output = TcpStack.output.at(stack);
  const syn = (flags & TcpFlag.syn) !== 0;
  begin(context, stack, TcpConnection.key.at(connection), connection, sequence, flags);
  TcpOutput.window.set(memory, output, offerWindow(memory, stack, connection, syn ? 0 : TcpConnection.receiveShift.get(memory, connection)));
  if ((flags & TcpFlag.ack) !== 0) {
    TcpOutput.acknowledgement.set(memory, output, TcpConnection.receiveNext.get(memory, connection));
  }
  if (syn) {
    TcpOutput.segmentBytesMax.set(memory, output, ownSegmentBytes(memory, stack, TcpConnection.key.at(connection)));
    // A SYN offers scaling; its answer does so only if the SYN did.
    const offers = (flags & TcpFlag.ack) === 0 || TcpConnection.scaling.get(memory, connection) === 1;
    TcpOutput.windowScale.set(memory, output, offers ? TcpConnection.receiveShift.get(memory, connection) + 1 : 0);
  }
  if (bytes > 0) sendPieces(memory, connection, sequenceDistance(TcpConnection.sendUnacknowledged.get(memory, connection), sequence), bytes, output);
  const sent = hand(context, host, stack, bytes);
  if ((flags & TcpFlag.ack) !== 0) acknowledged(context, stack, connection, sent);
  return sent;
}

/** Sends an acknowledgement without data. */
export function sendAcknowledgement<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  sendSegment(context, host, stack, connection, acceptableSequence(memory, connection), TcpFlag.ack, 0);
}

/**
 * Behind all that was sent, but within the window that the peer has now: beyond it (a byte that probed a closed window, a
 * window taken back) the peer would not look at what the segment acknowledges.
 */
function acceptableSequence(memory: Memory, connection: ConnectionAddress): number {
  const first = TcpConnection.sendUnacknowledged.get(memory, connection);
  // The SYN is not acknowledged yet: its number counts for no window.
  if (TcpConnection.state.get(memory, connection) === TcpState.synReceived) return sequenceAdd(first, 1);
  const sent = sequenceDistance(first, TcpConnection.sendMax.get(memory, connection));
  return sequenceAdd(first, Math.min(sent, TcpConnection.sendWindow.get(memory, connection)));
}

/** RFC 5961: an acknowledgement that lets a peer which really means it prove that it knows the sequence numbers. Not too often. */
export function sendChallenge<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const now = TcpStack.nowTick.get(memory, stack);
  const count = TcpConnection.challenges.get(memory, connection);
  const fresh = count === 0 || now - TcpConnection.challengeTick.get(memory, connection) >= CHALLENGE_TICKS;
  if (!fresh && count >= CHALLENGES_MAX) return;
  if (fresh) TcpConnection.challengeTick.set(memory, connection, now);
  TcpConnection.challenges.set(memory, connection, fresh ? 1 : count + 1);
  TcpStack.challenges.add(memory, stack, 1);
  sendAcknowledgement(context, host, stack, connection);
}

/** RFC 9293, 3.10.7.1: the reset that answers the segment at hand, which belongs to nothing. A reset is never answered. */
export function sendResetFor<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">): void {
  const { memory } = context;
  const flags = Segment.flags.get(memory, segment);
  if ((flags & TcpFlag.rst) !== 0) return;
  const key = Segment.key.at(segment);
  TcpStack.resetsOut.add(memory, stack, 1);
  if ((flags & TcpFlag.ack) !== 0) {
    begin(context, stack, key, 0, Segment.acknowledgement.get(memory, segment), TcpFlag.rst);
  } else {
    begin(context, stack, key, 0, 0, TcpFlag.rst | TcpFlag.ack);
    const fin = (flags & TcpFlag.fin) !== 0 ? 1 : 0;
    TcpOutput.acknowledgement.set(memory, TcpStack.output.at(stack), sequenceAdd(Segment.sequence.get(memory, segment), Segment.dataBytes.get(memory, segment) + fin));
  }
  hand(context, host, stack, 0);
}

/** Resets a connection's peer. It counts if the peer has got all that was sent; else it is challenged, and what that answer is answered with counts. */
export function sendReset<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  TcpStack.resetsOut.add(memory, stack, 1);
  begin(context, stack, TcpConnection.key.at(connection), connection, acceptableSequence(memory, connection), TcpFlag.rst | TcpFlag.ack);
  TcpOutput.acknowledgement.set(memory, TcpStack.output.at(stack), TcpConnection.receiveNext.get(memory, connection));
  hand(context, host, stack, 0);
}

/** A SYN is answered without a connection: the answer's sequence number is a cookie. */
export function sendCookie<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">, cookie: number): void {
  const { memory } = context;
  const output = TcpStack.output.at(stack);
  begin(context, stack, Segment.key.at(segment), 0, cookie, TcpFlag.syn | TcpFlag.ack);
  TcpOutput.acknowledgement.set(memory, output, Segment.sequence.get(memory, segment));
  TcpOutput.window.set(memory, output, Math.min(0xffff, firstWindow(memory, stack)));
  TcpOutput.segmentBytesMax.set(memory, output, ownSegmentBytes(memory, stack, Segment.key.at(segment)));
  hand(context, host, stack, 0);
}

function begin({ memory }: Heap, stack: StackAddress, key: Address<"FlowKey">, connection: number, sequence: number, flags: number): void {
  const output = TcpStack.output.at(stack);
  memory.fill(output, TcpOutput.size, 0);
  memory.copy(TcpOutput.key.at(output), key, FlowKey.size);
  TcpOutput.sequence.set(memory, output, sequence);
  TcpOutput.flags.set(memory, output, flags);
  TcpOutput.connection.set(memory, output, connection);
}

function hand<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, bytes: number): boolean {
  const { memory } = context;
  if (!host.send(context, stack)) {
    TcpStack.notSent.add(memory, stack, 1);
    return false;
  }
  TcpStack.segmentsOut.add(memory, stack, 1);
  TcpStack.bytesOut.add(memory, stack, bytes);
  return true;
}

/** What was owed to the peer went with the segment; if the host could not send it, it is owed a little longer. */
function acknowledged({ memory }: Heap, stack: StackAddress, connection: ConnectionAddress, sent: boolean): void {
  const due = TcpConnection.acknowledgeTick.get(memory, connection);
  const owed = due !== 0 || TcpConnection.acknowledgeNow.get(memory, connection) !== 0;
  const later = owed && !sent && TcpConnection.state.get(memory, connection) >= TcpState.established;
  const tick = later ? TcpStack.nowTick.get(memory, stack) + TcpStack.acknowledgeTicks.get(memory, stack) : 0;
  TcpConnection.acknowledgeNow.set(memory, connection, 0);
  TcpConnection.unacknowledgedBytes.set(memory, connection, 0);
  if (due === tick) return;
  TcpConnection.acknowledgeTick.set(memory, connection, tick);
  placeOnWheel(memory, stack, connection);
}
