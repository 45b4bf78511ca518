/**
 * How a connection begins with a peer's SYN. Half-open connections are bounded: beyond, a SYN is answered with a cookie
 * (RFC 4987, 3.6), an initial sequence number from which the connection is made when it comes back acknowledged. A cookie
 * remembers the peer's MSS as one of eight, and no window scaling.
 *
 *     31..27 period of 64 s, modulo 32 | 26..24 MSS | 23..0 keyed hash of key, peer's sequence number and period
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { FlowKey, Segment } from "../segment.ts";
import { sequenceAdd } from "../sequence.ts";
import { TcpFlag, TcpHeader } from "../tcp.ts";
import { TcpConnection, TcpFate, TcpListNumber, TcpState, TcpTimer } from "./connection.ts";
import { keyedHash } from "./keyed-hash.ts";
import { defaultSegmentBytes, ownSegmentBytes, readSegmentBytesMax, readWindowShift } from "./options.ts";
import { setTimer } from "./output.ts";
import { endConnection } from "./over.ts";
import { clearRoundTrip } from "./round-trip.ts";
import { sendCookie, sendResetFor, sendSegment } from "./segments.ts";
import type { ConnectionAddress, StackAddress, TcpHost } from "./stack.ts";
import { NO_CONNECTION, TcpStack } from "./stack.ts";
import { enlist, listed, oldestOf, takeRecord } from "./table.ts";
import { countPromise, firstWindow, offeredBytes, shiftFor } from "./window.ts";

const KEY_WORDS = FlowKey.size >> 2;
const PERIOD_TICKS = 64_000;
/** A cookie is taken in its own period and the next. */
const PERIODS = 2;
/** MSS values that a cookie can hold: what links of the field have. */
const COOKIE_SEGMENT_BYTES: readonly number[] = Object.freeze([64, 216, 536, 1200, 1360, 1400, 1440, 1460]);
/** Connections in TIME-WAIT that are looked at for one that may go. */
const VICTIMS = 16;

/** A SYN has come for a key that no connection has. A connection of ours would begin with `initial`. */
export function arriveSyn<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">, source: Memory, initial: number): void {
  const { memory } = context;
  const key = Segment.key.at(segment);
  const owner = host.accept(context, stack, key);
  if (owner < 0) return;
  if (owner === 0) return sendResetFor(context, host, stack, segment);
  if (backlogIsFull(memory, stack)) return answerWithCookie(context, host, stack, segment, source);
  const connection = openRecord(context, stack, key, initial);
  if (connection === NO_CONNECTION) {
    TcpStack.synsDropped.add(memory, stack, 1);
    return;
  }
  TcpConnection.owner.set(memory, connection, owner);
  TcpConnection.passive.set(memory, connection, 1);
  TcpConnection.state.set(memory, connection, TcpState.synReceived);
  takeSyn(memory, stack, connection, segment, source);
  enlist(memory, stack, connection, TcpListNumber.halfOpen);
  timeSyn(memory, stack, connection);
  answerSyn(context, host, stack, connection);
  setTimer(memory, stack, connection, TcpTimer.retransmit);
}

/** No more half-open connections: SYNs are answered with cookies. */
export function backlogIsFull(memory: Memory, stack: StackAddress): boolean {
  return listed(memory, stack, TcpListNumber.halfOpen) >= TcpStack.backlogMax.get(memory, stack);
}

/** The round trip of our SYN, which is sent now, is measured. */
export function timeSyn(memory: Memory, stack: StackAddress, connection: ConnectionAddress): void {
  TcpConnection.timing.set(memory, connection, 1);
  TcpConnection.timedSequence.set(memory, connection, TcpConnection.initialSend.get(memory, connection));
  TcpConnection.timedTick.set(memory, connection, TcpStack.nowTick.get(memory, stack));
}

/** Sends SYN and ACK, again if need be: the sequence number is the first one. */
export function answerSyn<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, connection: ConnectionAddress): void {
  sendSegment(context, host, stack, connection, TcpConnection.initialSend.get(context.memory, connection), TcpFlag.syn | TcpFlag.ack, 0);
}

/** A record for a key that has none, its sending side ready for a SYN with `initial`. The oldest in TIME-WAIT makes room, else the oldest half-open one. */
export function openRecord(heap: Heap, stack: StackAddress, key: Address<"FlowKey">, initial: number): ConnectionAddress {
  const { memory } = heap;
  let connection = takeRecord(memory, stack, key);
  if (connection === NO_CONNECTION && evict(heap, stack)) connection = takeRecord(memory, stack, key);
  if (connection === NO_CONNECTION) return connection;
  TcpConnection.initialSend.set(memory, connection, initial);
  TcpConnection.sendUnacknowledged.set(memory, connection, initial);
  TcpConnection.sendNext.set(memory, connection, sequenceAdd(initial, 1));
  TcpConnection.sendMax.set(memory, connection, sequenceAdd(initial, 1));
  TcpConnection.receiveShift.set(memory, connection, shiftFor(TcpStack.receiveBytesMax.get(memory, stack)));
  TcpConnection.segmentBytesMax.set(memory, connection, defaultSegmentBytes(memory, key));
  TcpConnection.windowBytes.set(memory, connection, firstWindow(memory, stack));
  clearRoundTrip(memory, stack, connection);
  return connection;
}

/** Reads a SYN: the peer's numbers and options. */
export function takeSyn(memory: Memory, stack: StackAddress, connection: ConnectionAddress, segment: Address<"Segment">, source: Memory): void {
  const next = Segment.sequence.get(memory, segment);
  const optionsEnd = Segment.dataAt.get(memory, segment);
  const optionsAt = optionsEnd - Segment.headerBytes.get(memory, segment) + TcpHeader.size;
  const without = defaultSegmentBytes(memory, TcpConnection.key.at(connection));
  const segmentBytes = readSegmentBytesMax(source, optionsAt, optionsEnd, without);
  const shift = readWindowShift(source, optionsAt, optionsEnd);
  TcpConnection.segmentBytesMax.set(memory, connection, Math.min(segmentBytes, ownSegmentBytes(memory, stack, TcpConnection.key.at(connection))));
  TcpConnection.scaling.set(memory, connection, shift < 0 ? 0 : 1);
  TcpConnection.sendShift.set(memory, connection, Math.max(0, shift));
  if (shift < 0) TcpConnection.receiveShift.set(memory, connection, 0);
  // What our own SYN offered, if there was one.
  const offered = offeredBytes(memory, connection);
  // The window of a SYN is not scaled (RFC 7323, 2.2).
  startReceiving(memory, connection, next, Segment.window.get(memory, segment));
  TcpConnection.receiveEdge.set(memory, connection, sequenceAdd(next, offered));
}

/** The SYN at hand is answered without a record. */
function answerWithCookie<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">, source: Memory): void {
  const { memory } = context;
  const key = Segment.key.at(segment);
  const optionsEnd = Segment.dataAt.get(memory, segment);
  const optionsAt = optionsEnd - Segment.headerBytes.get(memory, segment) + TcpHeader.size;
  const segmentBytes = readSegmentBytesMax(source, optionsAt, optionsEnd, defaultSegmentBytes(memory, key));
  let index = COOKIE_SEGMENT_BYTES.length - 1;
  while (index > 0 && COOKIE_SEGMENT_BYTES[index] > segmentBytes) index--;
  const now = TcpStack.nowTick.get(memory, stack);
  TcpStack.cookieTick.set(memory, stack, now);
  TcpStack.cookiesSent.add(memory, stack, 1);
  sendCookie(context, host, stack, segment, cookieOf(memory, stack, key, Segment.sequence.get(memory, segment), Math.floor(now / PERIOD_TICKS), index));
}

/** The segment at hand acknowledges a cookie of ours: the connection that it stands for, open; else NO_CONNECTION. */
export function takeCookie<C extends Heap>(context: C, host: TcpHost<C>, stack: StackAddress, segment: Address<"Segment">): ConnectionAddress {
  const { memory } = context;
  const sent = TcpStack.cookieTick.get(memory, stack);
  const now = TcpStack.nowTick.get(memory, stack);
  if (sent === 0 || now - sent > PERIODS * PERIOD_TICKS) return NO_CONNECTION;
  const key = Segment.key.at(segment);
  const cookie = sequenceAdd(Segment.acknowledgement.get(memory, segment), -1);
  const period = Math.floor(now / PERIOD_TICKS);
  const age = (period - (cookie >>> 27)) & 31;
  const index = (cookie >>> 24) & 7;
  if (age >= PERIODS || cookieOf(memory, stack, key, Segment.sequence.get(memory, segment), period - age, index) !== cookie) {
    TcpStack.cookiesBad.add(memory, stack, 1);
    return NO_CONNECTION;
  }
  const owner = host.accept(context, stack, key);
  const connection = owner > 0 ? openRecord(context, stack, key, cookie) : NO_CONNECTION;
  if (connection === NO_CONNECTION) return connection;
  TcpStack.cookiesTaken.add(memory, stack, 1);
  TcpConnection.owner.set(memory, connection, owner);
  TcpConnection.passive.set(memory, connection, 1);
  TcpConnection.receiveShift.set(memory, connection, 0);
  TcpConnection.segmentBytesMax.set(memory, connection, Math.min(COOKIE_SEGMENT_BYTES[index], ownSegmentBytes(memory, stack, key)));
  TcpConnection.state.set(memory, connection, TcpState.synReceived);
  startReceiving(memory, connection, Segment.sequence.get(memory, segment), Segment.window.get(memory, segment));
  // What the cookie's segment offered.
  TcpConnection.receiveEdge.set(memory, connection, sequenceAdd(Segment.sequence.get(memory, segment), Math.min(0xffff, firstWindow(memory, stack))));
  countPromise(memory, stack, connection);
  return connection;
}

function startReceiving(memory: Memory, connection: ConnectionAddress, next: number, window: number): void {
  TcpConnection.initialReceive.set(memory, connection, sequenceAdd(next, -1));
  TcpConnection.receiveNext.set(memory, connection, next);
  TcpConnection.receiveEdge.set(memory, connection, next);
  TcpConnection.readNext.set(memory, connection, next);
  TcpConnection.sendWindow.set(memory, connection, window);
  TcpConnection.sendWindowMax.set(memory, connection, window);
  TcpConnection.windowSequence.set(memory, connection, sequenceAdd(next, -1));
  TcpConnection.windowAcknowledgement.set(memory, connection, TcpConnection.sendUnacknowledged.get(memory, connection));
}

function cookieOf(memory: Memory, stack: StackAddress, key: Address<"FlowKey">, sequence: number, period: number, index: number): number {
  const more = sequence ^ Math.imul(period, 0x9e3779b1) ^ index;
  const hash = keyedHash(memory, key, KEY_WORDS, more, TcpStack.secret2.get(memory, stack) ^ 1, TcpStack.secret3.get(memory, stack));
  return ((period & 31) << 27) | (index << 24) | (hash & 0xff_ffff);
}

/** Frees one record. False if all belong to connections that are under way. */
function evict(heap: Heap, stack: StackAddress): boolean {
  const { memory } = heap;
  let victim = oldestOf(memory, stack, TcpListNumber.timeWait);
  // Those whose owners still read from them are spared.
  for (let seen = 0; seen < VICTIMS && victim !== NO_CONNECTION && TcpConnection.owner.get(memory, victim) !== 0; seen++) victim = TcpConnection.listNext.get(memory, victim) as ConnectionAddress;
  if (victim === NO_CONNECTION || TcpConnection.owner.get(memory, victim) !== 0) victim = oldestOf(memory, stack, TcpListNumber.halfOpen);
  if (victim === NO_CONNECTION) return false;
  TcpStack.evicted.add(memory, stack, 1);
  endConnection(heap, stack, victim, TcpFate.aborted);
  return true;
}
