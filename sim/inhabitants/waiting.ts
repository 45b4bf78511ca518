/**
 * Frames that have come through the link and that the machine's wire has no room for: they wait at its end, first come,
 * first served, as many as the link may hold, and are offered again and again.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { PacketAddress } from "./packet-queue.ts";
import { NO_PACKET, Packet } from "./packet-queue.ts";

export const Waiting = layout("Waiting", 32, {
  first: i32("identity"),
  last: i32("identity"),
  count: i32,
  most: i32,
  /** When the first is offered again. */
  offerCycle: u64("time"),
  /** Frames that have waited. */
  waited: u32("statistic"),
  reserved: i32,
});

type WaitingAddress = Address<"Waiting">;

/** How long until the first is offered again: about the time of a frame. */
const OFFER_CYCLES = 10_000;

/** The packet waits behind all others. False, and the packet still the caller's, when too many wait. */
export function waitingPut(memory: Memory, waiting: WaitingAddress, packet: PacketAddress, cycle: number): boolean {
  const count = Waiting.count.get(memory, waiting);
  if (count === Waiting.most.get(memory, waiting)) return false;
  const last = Waiting.last.get(memory, waiting) as PacketAddress;
  Packet.next.set(memory, packet, NO_PACKET);
  if (last === NO_PACKET) {
    Waiting.first.set(memory, waiting, packet);
    waitingLater(memory, waiting, cycle);
  } else Packet.next.set(memory, last, packet);
  Waiting.last.set(memory, waiting, packet);
  Waiting.count.set(memory, waiting, count + 1);
  Waiting.waited.add(memory, waiting, 1);
  return true;
}

/** The packet that has waited longest, still waiting; NO_PACKET if none does. */
export function waitingFirst(memory: Memory, waiting: WaitingAddress): PacketAddress {
  return Waiting.first.get(memory, waiting) as PacketAddress;
}

/** Takes the first packet; it is the caller's to free. */
export function waitingPop(memory: Memory, waiting: WaitingAddress): PacketAddress {
  const first = waitingFirst(memory, waiting);
  if (first === NO_PACKET) return first;
  const next = Packet.next.get(memory, first);
  Waiting.first.set(memory, waiting, next);
  if (next === NO_PACKET) Waiting.last.set(memory, waiting, NO_PACKET);
  Waiting.count.add(memory, waiting, -1);
  return first;
}

/** There was no room at that cycle either. */
export function waitingLater(memory: Memory, waiting: WaitingAddress, cycle: number): void {
  Waiting.offerCycle.set(memory, waiting, cycle + OFFER_CYCLES);
}

/** When the first is to be offered; -1 if none waits. */
export function waitingCycle(memory: Memory, waiting: WaitingAddress): number {
  return Waiting.count.get(memory, waiting) === 0 ? -1 : Waiting.offerCycle.get(memory, waiting);
}
