/**
 * What the owner of TCP connections does with them. A connection is its owner's from tcpConnect(), or from the answer of
 * TcpHost.accept(), until tcpRelease(). What happens to it is told by events: after each call into the stack take them,
 * `for (c = tcpNextReady(...); c !== NO_CONNECTION; ...) tcpTakeEvents(memory, c)`, until there are none.
 *
 * Before each call `TcpStack.nowTick` says what time it is.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { FlowKey } from "../segment.ts";
import { TcpFlag } from "../tcp.ts";
import { limitPatience } from "./acknowledge.ts";
import { TcpConnection, TcpFate, TcpListNumber, TcpState, TcpTimer } from "./connection.ts";
import { keyedHash } from "./keyed-hash.ts";
import { initialSequence } from "./initial-sequence.ts";
import { openRecord, timeSyn } from "./listen.ts";
import { setTimer, tcpOutput } from "./output.ts";
import { endConnection, releaseRecord } from "./over.ts";
import { untell } from "./ready.ts";
import { finPassed, receiveDrop, receiveFree, unreadAt, unreadBytes } from "./receive-buffer.ts";
import { sendFairRoom, sendPut, sendReserve } from "./send-buffer.ts";
import { sendAcknowledgement, sendReset, sendSegment } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { FIRST_PORT, LAST_PORT, NO_CONNECTION, TcpStack } from "./stack.ts";
import { listed, tcpFind } from "./table.ts";
import { countPromise, offeredBytes, widenWindow, windowStep } from "./window.ts";

export { TcpConnection, TcpEvent, TcpFate, TcpState } from "./connection.ts";
export { tcpArrive } from "./arrive.ts";
export { tcpNextReady, tcpTakeEvents } from "./ready.ts";
export type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
export { NO_CONNECTION, TcpOutput, TcpStack, tcpCreate } from "./stack.ts";
export { tcpFind } from "./table.ts";
export { tcpTick } from "./ticks.ts";
export { tcpNextTick } from "./timers.ts";

/** Ports tried for one connection. */
const PORT_TRIES = 64;

/**
 * Begins a connection for `owner` (not 0). `key` has the peer as source; a destination port of 0 is filled in with a free
 * one. The connection (above 0), -15 resourceBusy when the key is in use, -18 resourceExhausted when no port or no record
 * is free.
 */
export function tcpConnect<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, key: Address<"FlowKey">, owner: number): number {
  const { memory } = context;
  if (FlowKey.destinationPort.get(memory, key) === 0 && !choosePort(memory, stack, key)) return Errno.resourceExhausted;
  if (tcpFind(memory, stack, key) !== NO_CONNECTION) return Errno.resourceBusy;
  const connection = openRecord(context, stack, key, initialSequence(memory, stack, key));
  if (connection === NO_CONNECTION) return Errno.resourceExhausted;
  TcpConnection.owner.set(memory, connection, owner);
  TcpConnection.state.set(memory, connection, TcpState.synSent);
  const initial = TcpConnection.initialSend.get(memory, connection);
  timeSyn(memory, stack, connection);
  sendSegment(context, host, stack, connection, initial, TcpFlag.syn, 0);
  setTimer(memory, stack, connection, TcpTimer.retransmit);
  return connection;
}

/**
 * Has `bytes` bytes at `from` in `source` sent. How many were taken: fewer than asked when the buffer is full, then
 * TcpEvent.writable comes when there is room (or, if all buffers of the stack are full, when it is worth another try); 0 also for a connection that sends nothing any more.
 */
export function tcpWrite<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, source: Memory, from: number, bytes: number): number {
  const { memory } = context;
  if (!tcpMayWrite(memory, connection)) return 0;
  const taken = sendPut(context, stack, connection, source, from, bytes);
  if (taken < bytes) TcpConnection.writeWaits.set(memory, connection, 1);
  if (taken > 0) tcpOutput(context, host, stack, connection);
  // Nothing is under way whose acknowledgement would tell of room.
  else if (bytes > 0 && TcpConnection.timer.get(memory, connection) === TcpTimer.none) setTimer(memory, stack, connection, TcpTimer.room);
  return taken;
}

/** The same, but all of it or nothing: false when there is no room for all of it, or nothing is sent any more. */
export function tcpWriteWhole<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, source: Memory, from: number, bytes: number): boolean {
  if (!tcpMayWrite(context.memory, connection) || !sendReserve(context, stack, connection, bytes)) return false;
  return tcpWrite(context, host, stack, connection, source, from, bytes) === bytes;
}

/** Whether what is written now would be sent: at once, or when the connection opens. */
export function tcpMayWrite(memory: Memory, connection: ConnectionAddress): boolean {
  const state = TcpConnection.state.get(memory, connection);
  const open = state === TcpState.established || state === TcpState.closeWait || state === TcpState.synSent || state === TcpState.synReceived;
  return open && TcpConnection.finQueued.get(memory, connection) === 0;
}

/** Whose the connection is from now on: the owner's word, not 0. */
export function tcpSetOwner(memory: Memory, connection: ConnectionAddress, owner: number): void {
  TcpConnection.owner.set(memory, connection, owner);
}

export function tcpOwner(memory: Memory, connection: ConnectionAddress): number {
  return TcpConnection.owner.get(memory, connection);
}

/** Room for bytes to write, as far as the connection's own limit goes. */
export function tcpWriteRoom(memory: Memory, stack: StackAddress, connection: ConnectionAddress): number {
  return TcpStack.sendBytesMax.get(memory, stack) - TcpConnection.sendBytes.get(memory, connection);
}

/** The same, but where memory is short no more than leaves some for others. */
export function tcpFairRoom(memory: Memory, stack: StackAddress, connection: ConnectionAddress): number {
  return sendFairRoom(memory, stack, connection);
}

/** The owner has more to write than there is room for: TcpEvent.writable comes when there is some again. */
export function tcpAwaitRoom(memory: Memory, connection: ConnectionAddress): void {
  TcpConnection.writeWaits.set(memory, connection, 1);
}

/** Bytes to read: so many, in one piece at tcpReadAt() until the next call into the stack. */
export function tcpReadBytes(memory: Memory, connection: ConnectionAddress): number {
  return unreadBytes(memory, connection);
}

export function tcpReadAt(memory: Memory, connection: ConnectionAddress): number {
  return unreadAt(memory, connection);
}

/** The first `bytes` of the bytes to read have been read. The peer is told of the room if it matters. */
export function tcpRead<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const { memory } = context;
  const taken = Math.min(bytes, unreadBytes(memory, connection));
  if (taken <= 0) return;
  if (TcpConnection.streaming.get(memory, connection) !== 0) widenWindow(memory, stack, connection, taken);
  receiveDrop(context, stack, connection, taken);
  countPromise(memory, stack, connection);
  const state = TcpConnection.state.get(memory, connection);
  const open = state === TcpState.established || state === TcpState.finWait1 || state === TcpState.finWait2;
  if (open && isWorthTelling(memory, stack, connection)) sendAcknowledgement(context, host, stack, connection);
}

/** The window may grow by so much that the peer should not wait for the next acknowledgement to hear of it: it could be waiting for just that. */
function isWorthTelling(memory: Memory, stack: StackAddress, connection: ConnectionAddress): boolean {
  const step = windowStep(memory, stack, connection);
  const segmentBytes = TcpConnection.segmentBytesMax.get(memory, connection);
  return step > 0 && (step >= 2 * segmentBytes || step * 2 >= TcpStack.receiveBytesMax.get(memory, stack) || offeredBytes(memory, connection) < segmentBytes);
}

/**
 * The owner hands on what comes from now on (true), so that the window need not be wider than it reads; or waits for
 * something to be whole (false, as in the beginning), so that the window grows as it is filled. What has come so far
 * makes it no wider: small things that come one after the other are no stream.
 */
export function tcpSetStreaming(memory: Memory, connection: ConnectionAddress, streaming: boolean): void {
  TcpConnection.streaming.set(memory, connection, streaming ? 1 : 0);
  TcpConnection.filledBytes.set(memory, connection, 0);
}

/** Whether the peer has closed its side, and everything before that has come (it may still have to be read). */
export function tcpEnded(memory: Memory, connection: ConnectionAddress): boolean {
  const state = TcpConnection.state.get(memory, connection);
  return state === TcpState.closeWait || state === TcpState.lastAck || state === TcpState.closing || state === TcpState.timeWait || state === TcpState.closed;
}

/** The same, and it was the peer's FIN that ended it: nothing is missing. */
export function tcpEndedWell(memory: Memory, connection: ConnectionAddress): boolean {
  return tcpEnded(memory, connection) && finPassed(memory, connection);
}

/** Closes this side: a FIN follows what was written. What the peer sends can still be read. */
export function tcpClose<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  const state = TcpConnection.state.get(memory, connection);
  if (state === TcpState.closed || TcpConnection.finQueued.get(memory, connection) !== 0) return;
  // 3.10.4: nothing was agreed yet.
  if (state === TcpState.synSent) return endConnection(context, stack, connection, TcpFate.aborted);
  TcpConnection.finQueued.set(memory, connection, 1);
  tcpOutput(context, host, stack, connection);
}

/** Gives the connection up at once: the peer is reset. The owner is told like of any other end. */
export function tcpAbort<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const state = TcpConnection.state.get(context.memory, connection);
  if (state === TcpState.closed) return;
  // 3.10.5: who has closed, and heard the peer close, has nothing to take back.
  const silent = state === TcpState.synSent || state === TcpState.closing || state === TcpState.lastAck || state === TcpState.timeWait;
  if (!silent) sendReset(context, host, stack, connection);
  endConnection(context, stack, connection, TcpFate.aborted);
}

/**
 * The owner lets go: it hears nothing more, and what comes is not read any more. A connection that is still open is closed
 * as tcpClose() does, and reset if data comes that nobody will read, or if some is there (RFC 9293, 3.10.4), or if the peer
 * takes nothing for `finWaitTicks`.
 */
export function tcpRelease<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = context;
  untell(memory, stack, connection);
  TcpConnection.owner.set(memory, connection, 0);
  countPromise(memory, stack, connection);
  const state = TcpConnection.state.get(memory, connection);
  if (state === TcpState.closed) return releaseRecord(context, stack, connection);
  if (state === TcpState.timeWait) return receiveFree(context, stack, connection);
  if (unreadBytes(memory, connection) > 0) return tcpAbort(context, host, stack, connection);
  receiveFree(context, stack, connection);
  // Before it is closed: a connection that opens does not outlive that.
  limitPatience(memory, stack, connection);
  tcpClose(context, host, stack, connection);
}

/** Whether every connection there is only waits out its time. */
export function tcpAtRest(memory: Memory, stack: StackAddress): boolean {
  return TcpStack.inUse.get(memory, stack) === listed(memory, stack, TcpListNumber.timeWait);
}

/** Fills in a port that no connection to this peer has; where the search begins is not to be guessed (RFC 6056, 3.3.3). */
function choosePort(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): boolean {
  const ports = LAST_PORT - FIRST_PORT + 1;
  const offset = keyedHash(memory, key, FlowKey.size >> 2, 1, TcpStack.secret2.get(memory, stack), TcpStack.secret3.get(memory, stack)) >>> 0;
  for (let tries = 0; tries < PORT_TRIES; tries++) {
    const next = TcpStack.nextPort.get(memory, stack);
    TcpStack.nextPort.set(memory, stack, (next + 1) & 0x7fff_ffff);
    FlowKey.destinationPort.set(memory, key, FIRST_PORT + ((offset + next) % ports));
    if (tcpFind(memory, stack, key) === NO_CONNECTION) return true;
  }
  FlowKey.destinationPort.set(memory, key, 0);
  return false;
}
