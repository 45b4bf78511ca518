/**
 * Ring: a first-in first-out queue of a fixed number of records, in one block that never moves. A record's address is
 * good until it is popped and its place is pushed again.
 */

import { panic } from "../../hal/assert.ts";
import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";
import { fillWords, isCount, isStride } from "./words.ts";

/** The records follow. */
export const Ring = layout("Ring", 16, {
  /** Place of the oldest record. */
  head: i32,
  count: i32,
  capacity: i32,
  strideBytes: i32,
});

type RingAddress = Address<"Ring">;

/**
 * An empty ring with room for `capacity` records of `strideBytes` (a positive multiple of 4). Its address, or a negative
 * errno: outOfMemory, invalidArgument.
 */
export function ringCreate(heap: Heap, strideBytes: number, capacity: number): RingAddress {
  if (!isStride(strideBytes) || !isCount(capacity, strideBytes)) return Errno.invalidArgument as number as RingAddress;
  const ring = heap.allocate(Ring.size + strideBytes * capacity) as RingAddress;
  if (ring < 0) return ring;
  fillWords(heap.memory, ring, Ring.size + strideBytes * capacity, 0);
  Ring.capacity.set(heap.memory, ring, capacity);
  Ring.strideBytes.set(heap.memory, ring, strideBytes);
  return ring;
}

/** Adds a zeroed record behind the newest. Its address, or errno channelFull: then nothing was added. */
export function ringPush<Name extends string = "Item">(memory: Memory, ring: RingAddress): Address<Name> {
  const count = Ring.count.get(memory, ring);
  if (count >= Ring.capacity.get(memory, ring)) return Errno.channelFull as number as Address<Name>;
  const item = itemAddress(memory, ring, count);
  fillWords(memory, item, Ring.strideBytes.get(memory, ring), 0);
  Ring.count.set(memory, ring, count + 1);
  return item as Address<Name>;
}

/** The address of the oldest record, or 0 if the ring is empty. */
export function ringFront<Name extends string = "Item">(memory: Memory, ring: RingAddress): Address<Name> {
  return (Ring.count.get(memory, ring) === 0 ? 0 : itemAddress(memory, ring, 0)) as Address<Name>;
}

/** Drops the oldest record; its bytes stay until the place is pushed again. 0, or errno channelEmpty. */
export function ringPop(memory: Memory, ring: RingAddress): number {
  const count = Ring.count.get(memory, ring);
  if (count === 0) return Errno.channelEmpty;
  const next = Ring.head.get(memory, ring) + 1;
  Ring.head.set(memory, ring, next === Ring.capacity.get(memory, ring) ? 0 : next);
  Ring.count.set(memory, ring, count - 1);
  return Errno.ok;
}

export function ringCount(memory: Memory, ring: RingAddress): number {
  return Ring.count.get(memory, ring);
}

/** The address of a record by age: 0 is the oldest. Outside the ring is a panic. */
export function ringAt<Name extends string = "Item">(memory: Memory, ring: RingAddress, index: number): Address<Name> {
  if (!(index >= 0 && index < Ring.count.get(memory, ring))) panic(`record ${index} of a ring of ${Ring.count.get(memory, ring)}`);
  return itemAddress(memory, ring, index) as Address<Name>;
}

/** Gives the ring back. 0, or the heap's errno. */
export function ringFree(heap: Heap, ring: RingAddress): number {
  return heap.free(ring);
}

function itemAddress(memory: Memory, ring: RingAddress, index: number): number {
  const capacity = Ring.capacity.get(memory, ring);
  const place = Ring.head.get(memory, ring) + index;
  return ring + Ring.size + (place >= capacity ? place - capacity : place) * Ring.strideBytes.get(memory, ring);
}
