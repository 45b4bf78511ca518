/**
 * What a connection has to send: bytes from the first one that is not acknowledged, in a ring whose size is a power of
 * two. It grows with what is written, and is gone when everything has been acknowledged; all buffers of a stack together
 * stay within its limit.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { TcpConnection } from "./connection.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpOutput, TcpStack } from "./stack.ts";

/** Room for a head or a small answer. */
const CAPACITY_MIN = 1024;
/** What may wait for a peer that takes nothing now. */
const AHEAD_BYTES = 8 * 1024;

/** Takes what it can of `bytes` bytes at `from` in `source`. How many. */
export function sendPut(heap: Heap, stack: StackAddress, connection: ConnectionAddress, source: Memory, from: number, bytes: number): number {
  const { memory } = heap;
  const held = TcpConnection.sendBytes.get(memory, connection);
  let taken = Math.min(bytes, TcpStack.sendBytesMax.get(memory, stack) - held);
  if (taken > TcpConnection.sendCapacity.get(memory, connection) - held) {
    grow(heap, stack, connection, held + taken);
    taken = Math.min(taken, TcpConnection.sendCapacity.get(memory, connection) - held);
  }
  if (taken <= 0) return 0;
  const capacity = TcpConnection.sendCapacity.get(memory, connection);
  const block = TcpConnection.sendBuffer.get(memory, connection);
  const at = (TcpConnection.sendFirst.get(memory, connection) + held) & (capacity - 1);
  const first = Math.min(taken, capacity - at);
  copyBytes(memory, block + at, source, from, first);
  if (first < taken) copyBytes(memory, block, source, from + first, taken - first);
  TcpConnection.sendBytes.set(memory, connection, held + taken);
  return taken;
}

/**
 * Room that a connection may take and leave others some: as much again as is under way, and a little more, so that a peer
 * that does not read makes nothing grow; and of the half of all buffers that is for what is to be sent no more than a
 * quarter of what nobody has. A connection that holds nothing may always try two segments, which are acknowledged at once:
 * nobody would tell it of room.
 */
export function sendFairRoom(memory: Memory, stack: StackAddress, connection: ConnectionAddress): number {
  const held = TcpConnection.sendBytes.get(memory, connection);
  const capacity = TcpConnection.sendCapacity.get(memory, connection);
  const most = TcpStack.bufferBytesMax.get(memory, stack);
  const free = most - (most >> 1) - (TcpStack.bufferBytes.get(memory, stack) - TcpStack.receiveBytes.get(memory, stack));
  const fair = (free + capacity) >> 2;
  // A power of two, as rings are.
  const ring = Math.max(capacity, fair < CAPACITY_MIN ? 0 : 1 << (31 - Math.clz32(fair)));
  const flight = Math.min(TcpConnection.congestionWindow.get(memory, connection), TcpConnection.sendWindow.get(memory, connection));
  const least = held === 0 ? 2 * TcpStack.segmentBytesMax.get(memory, stack) : 0;
  return Math.max(0, Math.min(TcpStack.sendBytesMax.get(memory, stack), Math.max(least, Math.min(ring, 2 * flight + AHEAD_BYTES))) - held);
}

/** Makes room for so many bytes more. False if there is none. */
export function sendReserve(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number): boolean {
  const { memory } = heap;
  const wanted = TcpConnection.sendBytes.get(memory, connection) + bytes;
  if (wanted > TcpStack.sendBytesMax.get(memory, stack)) return false;
  if (wanted > TcpConnection.sendCapacity.get(memory, connection)) grow(heap, stack, connection, wanted);
  return wanted <= TcpConnection.sendCapacity.get(memory, connection);
}

/** The first `bytes` bytes have arrived at the peer. */
export function sendDrop(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const { memory } = heap;
  const left = TcpConnection.sendBytes.get(memory, connection) - bytes;
  TcpConnection.sendBytes.set(memory, connection, left);
  if (left === 0) {
    sendFree(heap, stack, connection);
    return;
  }
  const mask = TcpConnection.sendCapacity.get(memory, connection) - 1;
  TcpConnection.sendFirst.set(memory, connection, (TcpConnection.sendFirst.get(memory, connection) + bytes) & mask);
}

/** Nothing is left to send. */
export function sendFree(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = heap;
  const block = TcpConnection.sendBuffer.get(memory, connection);
  if (block === 0) return;
  TcpStack.bufferBytes.add(memory, stack, -TcpConnection.sendCapacity.get(memory, connection));
  heap.free(block);
  TcpConnection.sendBuffer.set(memory, connection, 0);
  TcpConnection.sendCapacity.set(memory, connection, 0);
  TcpConnection.sendFirst.set(memory, connection, 0);
  TcpConnection.sendBytes.set(memory, connection, 0);
}

/** Says in the output where `bytes` bytes lie that begin `offset` bytes behind the first one. */
export function sendPieces(memory: Memory, connection: ConnectionAddress, offset: number, bytes: number, output: Address<"TcpOutput">): void {
  const capacity = TcpConnection.sendCapacity.get(memory, connection);
  const block = TcpConnection.sendBuffer.get(memory, connection);
  const at = (TcpConnection.sendFirst.get(memory, connection) + offset) & (capacity - 1);
  const first = Math.min(bytes, capacity - at);
  TcpOutput.dataAt.set(memory, output, block + at);
  TcpOutput.dataBytes.set(memory, output, first);
  TcpOutput.moreAt.set(memory, output, block);
  TcpOutput.moreBytes.set(memory, output, bytes - first);
}

/** A ring for `bytes` bytes, if there is memory for it. */
function grow(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const { memory } = heap;
  const old = TcpConnection.sendCapacity.get(memory, connection);
  let capacity = Math.max(old, Math.min(CAPACITY_MIN, TcpStack.sendBytesMax.get(memory, stack)));
  while (capacity < bytes) capacity *= 2;
  if (capacity === old || TcpStack.bufferBytes.get(memory, stack) + capacity - old > TcpStack.bufferBytesMax.get(memory, stack)) return;
  const block = heap.allocate(capacity);
  if (block < 0) return;
  const oldBlock = TcpConnection.sendBuffer.get(memory, connection);
  if (oldBlock !== 0) {
    const first = TcpConnection.sendFirst.get(memory, connection);
    memory.copy(block, oldBlock + first, old - first);
    memory.copy(block + old - first, oldBlock, first);
    heap.free(oldBlock);
  }
  TcpConnection.sendBuffer.set(memory, connection, block);
  TcpConnection.sendCapacity.set(memory, connection, capacity);
  TcpConnection.sendFirst.set(memory, connection, 0);
  countBuffers(memory, stack, capacity - old);
}

/** A buffer has grown (or shrunk) by so many bytes. */
export function countBuffers(memory: Memory, stack: StackAddress, bytes: number): void {
  TcpStack.bufferBytes.add(memory, stack, bytes);
  const now = TcpStack.bufferBytes.get(memory, stack);
  if (now > TcpStack.bufferBytesPeak.get(memory, stack)) TcpStack.bufferBytesPeak.set(memory, stack, now);
}
