/**
 * What a connection has received: a Space (../space.ts, which observation uses too) with the bytes from the first one that
 * the owner has not taken, and those that have come beyond a gap. Of each byte the first arrival wins. It is there as long
 * as there are such bytes; all buffers of a stack together stay within its limit, and what comes beyond a gap gets no memory
 * any more when half of that is used: one byte far ahead would take as much as a whole window.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { sequenceAdd, sequenceDistance } from "../sequence.ts";
import { Space, spaceBlockBytes, spaceByte, spaceCapacity, spaceCapacityWithin, spaceInitialise, spaceMissing, spaceMove, spacePass, spacePut } from "../space.ts";
import { TcpConnection } from "./connection.ts";
import { countBuffers } from "./send-buffer.ts";
import type { ConnectionAddress, StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

/** Whole words of bits move: up to 31 bytes that were read stay in front. */
const WORD_BITS = 32;

type SpaceAddress = Address<"Space">;

/** Bytes that the owner can read. */
export function unreadBytes(memory: Memory, connection: ConnectionAddress): number {
  const next = TcpConnection.receiveNext.get(memory, connection);
  const bytes = sequenceDistance(TcpConnection.readNext.get(memory, connection), next);
  // The FIN has a number, and is no byte to be read.
  return bytes > 0 && finPassed(memory, connection) ? bytes - 1 : bytes;
}

/** The peer's FIN has come, and all before it. */
export function finPassed(memory: Memory, connection: ConnectionAddress): boolean {
  return TcpConnection.finSeen.get(memory, connection) !== 0 && sequenceDistance(TcpConnection.finSequence.get(memory, connection), TcpConnection.receiveNext.get(memory, connection)) > 0;
}

/** Where the bytes to read begin, in the stack's memory: unreadBytes() of them in one piece. Not for a connection without any. */
export function unreadAt(memory: Memory, connection: ConnectionAddress): number {
  return spaceByte(memory, spaceOf(memory, connection), TcpConnection.readNext.get(memory, connection));
}

/**
 * Takes `bytes` bytes at `from` in `source` whose first has that sequence number; all lie within the window. How far
 * receiveNext moved; -1 when there is no room in memory: then nothing has changed.
 */
export function receivePut(heap: Heap, stack: StackAddress, connection: ConnectionAddress, sequence: number, source: Memory, from: number, bytes: number): number {
  const { memory } = heap;
  const next = TcpConnection.receiveNext.get(memory, connection);
  const inOrder = sequenceDistance(sequence, next) >= 0;
  const most = TcpStack.bufferBytesMax.get(memory, stack);
  const space = roomUpTo(heap, stack, connection, sequenceAdd(sequence, bytes), inOrder ? most : most >> 1);
  if (space === 0) return -1;
  if (inOrder && TcpConnection.beyondBytes.get(memory, connection) === 0) {
    const skipped = sequenceDistance(sequence, next);
    copyBytes(memory, spaceByte(memory, space, next), source, from + skipped, bytes - skipped);
    TcpConnection.receiveNext.set(memory, connection, sequenceAdd(next, bytes - skipped));
    return bytes - skipped;
  }
  const skipped = inOrder ? sequenceDistance(sequence, next) : 0;
  const first = Space.sequence.get(memory, space);
  const index = sequenceDistance(first, sequenceAdd(sequence, skipped));
  const added = spacePut(memory, space, index, source, from + skipped, bytes - skipped);
  if (!inOrder) {
    const end = sequenceAdd(sequence, bytes);
    if (TcpConnection.beyondBytes.get(memory, connection) === 0 || sequenceDistance(TcpConnection.receiveMax.get(memory, connection), end) > 0) TcpConnection.receiveMax.set(memory, connection, end);
    TcpConnection.beyondBytes.add(memory, connection, added);
    return 0;
  }
  const moved = spaceMissing(memory, space, index) - index;
  TcpConnection.beyondBytes.add(memory, connection, added - moved);
  TcpConnection.receiveNext.set(memory, connection, sequenceAdd(next, moved));
  return moved;
}

/** Bytes of memory that the connection's space takes. */
export function spaceBytesOf(memory: Memory, connection: ConnectionAddress): number {
  const space = spaceOf(memory, connection);
  return space === 0 ? 0 : spaceBlockBytes(Space.capacity.get(memory, space));
}

/** Bytes of memory that a space for so many bytes takes, wherever the first of them stands in its word of bits. */
export function spaceBytesFor(bytes: number): number {
  return spaceBlockBytes(spaceCapacity(bytes + WORD_BITS - 1));
}

/** How many bytes find room in a space of at most so many bytes of memory, by the same reckoning; 0 if none do. */
export function spaceBytesWithin(blockBytes: number): number {
  const capacity = spaceCapacityWithin(blockBytes);
  return Math.max(0, capacity - WORD_BITS + 1);
}

/** The owner has taken `bytes` bytes. */
export function receiveDrop(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number): void {
  const { memory } = heap;
  TcpConnection.readNext.set(memory, connection, sequenceAdd(TcpConnection.readNext.get(memory, connection), bytes));
  if (unreadBytes(memory, connection) === 0 && TcpConnection.beyondBytes.get(memory, connection) === 0) receiveFree(heap, stack, connection);
}

/** Whatever has come is forgotten; readNext is where receiveNext is. */
export function receiveFree(heap: Heap, stack: StackAddress, connection: ConnectionAddress): void {
  const { memory } = heap;
  TcpConnection.readNext.set(memory, connection, TcpConnection.receiveNext.get(memory, connection));
  TcpConnection.beyondBytes.set(memory, connection, 0);
  const space = TcpConnection.space.get(memory, connection) as SpaceAddress;
  if (space === 0) return;
  TcpConnection.space.set(memory, connection, 0);
  countSpace(memory, stack, -spaceBlockBytes(Space.capacity.get(memory, space)));
  heap.free(space);
}

/** The connection's space with room for all from readNext up to (without) `end`; 0 if there is no memory for it, or if all buffers would be larger than `most`. */
function roomUpTo(heap: Heap, stack: StackAddress, connection: ConnectionAddress, end: number, most: number): SpaceAddress {
  const { memory } = heap;
  const read = TcpConnection.readNext.get(memory, connection);
  const old = TcpConnection.space.get(memory, connection) as SpaceAddress;
  if (old === 0) return take(heap, stack, connection, sequenceDistance(read, end), read, most);
  const capacity = Space.capacity.get(memory, old);
  const wanted = sequenceDistance(Space.sequence.get(memory, old), end);
  if (wanted <= capacity) return old;
  const passed = sequenceDistance(Space.sequence.get(memory, old), read) & -WORD_BITS;
  if (wanted - passed <= capacity) {
    spacePass(memory, old, passed);
    return old;
  }
  const larger = take(heap, stack, connection, wanted - passed, sequenceAdd(Space.sequence.get(memory, old), passed), most);
  if (larger === 0) return larger;
  spaceMove(memory, larger, old, passed);
  countSpace(memory, stack, -spaceBlockBytes(capacity));
  heap.free(old);
  return larger;
}

/** A fresh space, now the connection's; 0 if there is no memory for it, or if all buffers would be larger than `most`. */
function take(heap: Heap, stack: StackAddress, connection: ConnectionAddress, bytes: number, sequence: number, most: number): SpaceAddress {
  const { memory } = heap;
  const capacity = spaceCapacity(bytes);
  const blockBytes = spaceBlockBytes(capacity);
  if (TcpStack.bufferBytes.get(memory, stack) + blockBytes > most) return 0 as SpaceAddress;
  const at = heap.allocate(blockBytes);
  if (at < 0) return 0 as SpaceAddress;
  TcpConnection.space.set(memory, connection, at);
  countSpace(memory, stack, blockBytes);
  return spaceInitialise(memory, at, capacity, sequence);
}

function countSpace(memory: Memory, stack: StackAddress, bytes: number): void {
  TcpStack.receiveBytes.add(memory, stack, bytes);
  countBuffers(memory, stack, bytes);
}

function spaceOf(memory: Memory, connection: ConnectionAddress): SpaceAddress {
  return TcpConnection.space.get(memory, connection) as SpaceAddress;
}
