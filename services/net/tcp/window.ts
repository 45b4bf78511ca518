/**
 * The window that a connection offers its peer. What was offered is never taken back (RFC 9293, 3.8.6), so no more is
 * offered than there is memory for: half of the stack's buffers are for what comes, and nobody has more of it than is left
 * for others. So each has less the more there are, and something is left for those who come. A window begins with
 * what a sender's first flight fills and grows as it is filled, or, where what comes is handed on, as it is read:
 * connections that are open and idle, or stand still, bind little. Small steps are not offered (3.8.6.2.2).
 */

import type { Memory } from "../../../hal/memory.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpConnection, TcpState } from "./connection.ts";
import { spaceBytesFor, spaceBytesOf, spaceBytesWithin } from "./receive-buffer.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

const WINDOW_FIELD_MAX = 0xffff;
/** A first flight (RFC 5681, 3.1). */
const FIRST_SEGMENTS = 4;
/** So much is offered to whoever holds nothing, as long as there is any memory at all: a peer that is acknowledged at once. */
const LEAST_SEGMENTS = 2;

/** Shift with which windows of that many bytes fit the field (RFC 7323, 2.3: at most 14). */
export function shiftFor(receiveBytesMax: number): number {
  let shift = 0;
  while (receiveBytesMax >> shift > WINDOW_FIELD_MAX) shift++;
  return shift;
}

/** Bytes that the peer may still send. */
export function offeredBytes(memory: Memory, connection: ConnectionAddress): number {
  return Math.max(0, sequenceDistance(TcpConnection.receiveNext.get(memory, connection), TcpConnection.receiveEdge.get(memory, connection)));
}

/** The window that a connection begins with, where memory is not short. */
export function firstWindow(memory: Memory, stack: StackAddress): number {
  return Math.min(TcpStack.receiveBytesMax.get(memory, stack), FIRST_SEGMENTS * TcpStack.segmentBytesMax.get(memory, stack));
}

/** So many bytes have come, or been read. Once half a window of them has, it is twice as wide: sooner than a sender grows (RFC 5681, 3.1). */
export function widenWindow(memory: Memory, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const wide = TcpConnection.windowBytes.get(memory, connection);
  const most = TcpStack.receiveBytesMax.get(memory, stack);
  if (wide === most) return;
  const filled = TcpConnection.filledBytes.get(memory, connection) + bytes;
  const widens = filled * 2 >= wide;
  TcpConnection.filledBytes.set(memory, connection, widens ? 0 : filled);
  if (widens) TcpConnection.windowBytes.set(memory, connection, Math.min(most, wide * 2));
}

/** How far the right edge could go now beyond what the peer was told; 0 if such a step is not worth it. */
export function windowStep(memory: Memory, stack: StackAddress, connection: ConnectionAddress): number {
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  const unused = TcpStack.bufferBytesMax.get(memory, stack) - TcpStack.bufferBytes.get(memory, stack);
  const least = LEAST_SEGMENTS * segmentBytes;
  if (unused < least) return 0;
  const bound = spaceBytesOf(memory, connection) + TcpConnection.promisedBytes.get(memory, connection);
  const fair = spaceBytesWithin((unpromisedBytes(memory, stack) + bound) >> 1);
  const most = TcpConnection.windowBytes.get(memory, connection);
  const step = Math.min(most, Math.max(fair, least)) - heldBytes(memory, connection);
  return step >= Math.min(most >> 1, segmentBytes) ? step : 0;
}

/** All that the peer may make the connection hold. */
function heldBytes(memory: Memory, connection: ConnectionAddress): number {
  return sequenceDistance(TcpConnection.readNext.get(memory, connection), TcpConnection.receiveEdge.get(memory, connection));
}

/** Of the half that is for what comes: bytes that nobody has, and that nobody was promised; below 0 once everybody has the least. */
function unpromisedBytes(memory: Memory, stack: StackAddress): number {
  return (TcpStack.bufferBytesMax.get(memory, stack) >> 1) - TcpStack.receiveBytes.get(memory, stack) - TcpStack.promisedBytes.get(memory, stack);
}

/**
 * The window, its bytes, or who may read them have changed: what the peer may still send counts as promised as long as
 * somebody will read it, with all that it would take beside the buffer that is there.
 */
export function countPromise(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  const state = TcpConnection.state.get(memory, connection);
  const read = TcpConnection.owner.get(memory, connection) !== 0 && state !== TcpState.closed && state <= TcpState.finWait2;
  const held = read && offeredBytes(memory, connection) > 0 ? heldBytes(memory, connection) : 0;
  const now = held <= 0 ? 0 : Math.max(0, spaceBytesFor(held) - spaceBytesOf(memory, connection));
  const before = TcpConnection.promisedBytes.get(memory, connection);
  if (now === before) return;
  TcpConnection.promisedBytes.set(memory, connection, now);
  TcpStack.promisedBytes.add(memory, stack, now - before);
}

/** The field of the next segment; what it says is the right edge from now on. `shift` is 0 in segments with SYN. */
export function offerWindow(memory: Memory, stack: StackAddress, connection: ConnectionAddress, shift: number): number {
  const bytes = offeredBytes(memory, connection) + windowStep(memory, stack, connection);
  const field = Math.min(WINDOW_FIELD_MAX, bytes >> shift);
  const edge = sequenceAdd(TcpConnection.receiveNext.get(memory, connection), field << shift);
  if (sequenceDistance(TcpConnection.receiveEdge.get(memory, connection), edge) > 0) TcpConnection.receiveEdge.set(memory, connection, edge);
  countPromise(memory, stack, connection);
  return field;
}
