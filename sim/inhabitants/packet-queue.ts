/**
 * What is under way between the machine and those around it: frames in both directions, each with the cycle at which it
 * arrives (agenda.ts): what was sent earlier arrives earlier unless its cycle is later.
 *
 * A frame's bytes follow its record in one block of the world's arena; the queue owns it from put to take.
 */

import type { Address } from "../../hal/field.ts";
import { i32, nested } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { AgendaAddress } from "./agenda.ts";
import { Agenda, AgendaEntry, agendaFirst, agendaOpen, agendaPut, agendaTake } from "./agenda.ts";

/** Ways that a frame may go. */
export const Direction = Object.freeze({ toMachine: 0, fromMachine: 1 });

export const Packet = layout("Packet", 32, {
  /** In front: a packet's address is its entry's. */
  arrival: nested(AgendaEntry),
  /** One of Direction. */
  direction: i32,
  frameBytes: i32,
  /** While it waits at the machine's wire: the one behind it. */
  next: i32("identity"),
  reserved: i32,
});

export type PacketAddress = Address<"Packet">;

export const NO_PACKET = 0 as PacketAddress;

/** A queue of at most `slots` packets: an Agenda. Its address, or -5. */
export function packetQueueCreate(heap: Heap, slots: number): number {
  const at = heap.allocate(Agenda.size + slots * 4);
  if (at < 0) return at;
  heap.memory.fill(at, Agenda.size + slots * 4, 0);
  agendaOpen(heap.memory, at as AgendaAddress, at + Agenda.size, slots);
  return at;
}

/** Room for a frame of so many bytes, which the caller writes at packetBytesAt(); NO_PACKET when there is no memory. */
export function packetTake(heap: Heap, direction: number, frameBytes: number): PacketAddress {
  const at = heap.allocate(Packet.size + frameBytes);
  if (at < 0) return NO_PACKET;
  const packet = at as PacketAddress;
  heap.memory.fill(packet, Packet.size, 0);
  Packet.direction.set(heap.memory, packet, direction);
  Packet.frameBytes.set(heap.memory, packet, frameBytes);
  return packet;
}

export function packetBytesAt(packet: PacketAddress): number {
  return packet + Packet.size;
}

/** The packet will arrive at that cycle. False, and the packet still the caller's, when the queue is full. */
export function packetPut(memory: Memory, queue: AgendaAddress, packet: PacketAddress, arrivalCycle: number): boolean {
  return agendaPut(memory, queue, Packet.arrival.at(packet), arrivalCycle);
}

/** The packet that arrives next, still in the queue; NO_PACKET if none is under way. */
export function packetNext(memory: Memory, queue: AgendaAddress): PacketAddress {
  return agendaFirst(memory, queue) as Address as PacketAddress;
}

/** When a packet of the queue's arrives. */
export function packetArrivalCycle(memory: Memory, packet: PacketAddress): number {
  return AgendaEntry.due.get(memory, Packet.arrival.at(packet));
}

/** Takes the packet that arrives next out of the queue; it is the caller's to free. */
export function packetPop(memory: Memory, queue: AgendaAddress): PacketAddress {
  const first = packetNext(memory, queue);
  if (first !== NO_PACKET) agendaTake(memory, queue, Packet.arrival.at(first));
  return first;
}
