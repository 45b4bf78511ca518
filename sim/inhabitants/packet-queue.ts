/**
 * What is under way between the machine and those around it: frames in both directions, each with the cycle at which it
 * arrives. A binary heap by (cycle, order), so that what was sent earlier arrives earlier unless its cycle is later.
 *
 * A frame's bytes follow its record in one block of the world's arena; the queue owns it from put to take.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";

/** Ways that a frame may go. */
export const Direction = Object.freeze({ toMachine: 0, fromMachine: 1 });

export const Packet = layout("Packet", 24, {
  arrivalCycle: u64("time"),
  /** Of packets with one cycle the smaller goes first. */
  order: i32("identity"),
  /** One of Direction. */
  direction: i32,
  frameBytes: i32,
  /** While it waits at the machine's wire: the one behind it. */
  next: i32("identity"),
});

export const PacketQueue = layout("PacketQueue", 24, {
  /** Table of packet addresses: the heap. */
  slotsAt: i32,
  slots: i32,
  count: i32,
  peak: i32("statistic"),
  orders: i32("identity"),
  reserved: i32,
});

export type PacketAddress = Address<"Packet">;
type Queue = Address<"PacketQueue">;

export const NO_PACKET = 0 as PacketAddress;

/** A queue of at most `slots` packets. Its address, or -5. */
export function packetQueueCreate(heap: Heap, slots: number): number {
  const at = heap.allocate(PacketQueue.size + slots * 4);
  if (at < 0) return at;
  heap.memory.fill(at, PacketQueue.size + slots * 4, 0);
  PacketQueue.slotsAt.set(heap.memory, at as Queue, at + PacketQueue.size);
  PacketQueue.slots.set(heap.memory, at as Queue, slots);
  return at;
}

/** Room for a frame of so many bytes, which the caller writes at packetBytesAt(); NO_PACKET when there is no memory. */
export function packetTake(heap: Heap, direction: number, frameBytes: number): PacketAddress {
  const at = heap.allocate(Packet.size + frameBytes);
  if (at < 0) return NO_PACKET;
  const packet = at as PacketAddress;
  Packet.direction.set(heap.memory, packet, direction);
  Packet.frameBytes.set(heap.memory, packet, frameBytes);
  Packet.next.set(heap.memory, packet, NO_PACKET);
  return packet;
}

export function packetBytesAt(packet: PacketAddress): number {
  return packet + Packet.size;
}

/** The packet will arrive at that cycle. False, and the packet still the caller's, when the queue is full. */
export function packetPut(memory: Memory, queue: Queue, packet: PacketAddress, arrivalCycle: number): boolean {
  const count = PacketQueue.count.get(memory, queue);
  if (count === PacketQueue.slots.get(memory, queue)) return false;
  Packet.arrivalCycle.set(memory, packet, arrivalCycle);
  Packet.order.set(memory, packet, PacketQueue.orders.get(memory, queue));
  PacketQueue.orders.set(memory, queue, (PacketQueue.orders.get(memory, queue) + 1) | 0);
  PacketQueue.count.set(memory, queue, count + 1);
  if (count + 1 > PacketQueue.peak.get(memory, queue)) PacketQueue.peak.set(memory, queue, count + 1);
  climb(memory, queue, count, packet);
  return true;
}

/** The packet that arrives next, still in the queue; NO_PACKET if none is under way. */
export function packetNext(memory: Memory, queue: Queue): PacketAddress {
  return PacketQueue.count.get(memory, queue) === 0 ? NO_PACKET : packetAt(memory, queue, 0);
}

/** Takes the packet that arrives next out of the queue; it is the caller's to free. */
export function packetPop(memory: Memory, queue: Queue): PacketAddress {
  const first = packetNext(memory, queue);
  if (first === NO_PACKET) return first;
  const last = PacketQueue.count.get(memory, queue) - 1;
  PacketQueue.count.set(memory, queue, last);
  if (last > 0) settle(memory, queue, packetAt(memory, queue, last), last);
  return first;
}

/** Puts a packet whose place is free from `place` upwards to where it belongs. */
function climb(memory: Memory, queue: Queue, place: number, packet: PacketAddress): void {
  let at = place;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = packetAt(memory, queue, parent);
    if (!isEarlier(memory, packet, other)) break;
    setPacket(memory, queue, at, other);
    at = parent;
  }
  setPacket(memory, queue, at, packet);
}

/** Puts a packet at the top of a heap of `count` and lets it go down to where it belongs. */
function settle(memory: Memory, queue: Queue, packet: PacketAddress, count: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isEarlier(memory, packetAt(memory, queue, child + 1), packetAt(memory, queue, child))) child += 1;
    const other = packetAt(memory, queue, child);
    if (!isEarlier(memory, other, packet)) break;
    setPacket(memory, queue, at, other);
    at = child;
  }
  setPacket(memory, queue, at, packet);
}

function isEarlier(memory: Memory, one: PacketAddress, other: PacketAddress): boolean {
  const difference = Packet.arrivalCycle.get(memory, one) - Packet.arrivalCycle.get(memory, other);
  return difference < 0 || (difference === 0 && ((Packet.order.get(memory, one) - Packet.order.get(memory, other)) | 0) < 0);
}

function packetAt(memory: Memory, queue: Queue, place: number): PacketAddress {
  return memory.i32[(PacketQueue.slotsAt.get(memory, queue) >> 2) + place] as PacketAddress;
}

function setPacket(memory: Memory, queue: Queue, place: number, packet: PacketAddress): void {
  memory.i32[(PacketQueue.slotsAt.get(memory, queue) >> 2) + place] = packet;
}
