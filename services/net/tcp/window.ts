/**
 * The window that a connection offers its peer: as much as its owner lets it keep. What was offered is never taken back
 * (RFC 9293, 3.8.6), and small steps are not offered (3.8.6.2.2). While the stack's buffers are nearly used up nothing
 * more is offered at all.
 */

import type { Memory } from "../../../hal/memory.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { TcpConnection } from "./connection.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

const WINDOW_FIELD_MAX = 0xffff;

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

/** How far the right edge could go now beyond what the peer was told; 0 if such a step is not worth it. */
export function windowStep(memory: Memory, stack: StackAddress, connection: ConnectionAddress): number {
  const most = TcpStack.receiveBytesMax.get(memory, stack);
  const used = TcpStack.bufferBytes.get(memory, stack);
  if (used > TcpStack.bufferBytesMax.get(memory, stack) - most) return 0;
  const edge = sequenceAdd(TcpConnection.readNext.get(memory, connection), most);
  const step = sequenceDistance(TcpConnection.receiveEdge.get(memory, connection), edge);
  return step >= Math.min(most >> 1, TcpConnection.segmentBytesMax.get(memory, connection)) ? step : 0;
}

/** The field of the next segment; what it says is the right edge from now on. `shift` is 0 in segments with SYN. */
export function offerWindow(memory: Memory, stack: StackAddress, connection: ConnectionAddress, shift: number): number {
  const bytes = offeredBytes(memory, connection) + windowStep(memory, stack, connection);
  const field = Math.min(WINDOW_FIELD_MAX, bytes >> shift);
  const edge = sequenceAdd(TcpConnection.receiveNext.get(memory, connection), field << shift);
  if (sequenceDistance(TcpConnection.receiveEdge.get(memory, connection), edge) > 0) TcpConnection.receiveEdge.set(memory, connection, edge);
  return field;
}
