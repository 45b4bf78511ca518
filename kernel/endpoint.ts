/**
 * Endpoints: where messages arrive. A queue of bounded length, first in first out, urgent ones ahead of the others.
 * Slots are linked, and a slot that was just freed is the next to be used: a short queue stays in a few cache lines.
 * Nothing here checks rights; ipc.ts does, before it calls.
 */

import type { Address } from "../hal/field.ts";
import { i32, nested, u16 } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import { MessageFlag, SMALL_MESSAGE_BYTES, SmallMessage } from "./message.ts";
import { KernelState, NONE } from "./process.ts";

export const EndpointRecord = layout("EndpointRecord", {
  /** Process that the endpoint was made for; it closes with it. */
  owner: i32,
  open: i32,
  /** Processes with the right to receive here. */
  receivers: i32,
  /** Processes that wait for room here, their message in ProcessRecord.call. The queue is full while there are any. */
  senders: i32,
  capacity: i32,
  count: i32,
  urgentHead: i32,
  urgentTail: i32,
  head: i32,
  tail: i32,
  freeHead: i32,
  /** Address of slot 0. */
  slots: i32,
  sent: i32("statistic"),
  received: i32("statistic"),
  /** Sends refused with channelFull. */
  refused: i32("statistic"),
  depthPeak: i32("statistic"),
  /** Messages dropped when the endpoint was closed. */
  dropped: i32("statistic"),
  /** Counts reopenings: a capability made before is stale. */
  epoch: i32("identity"),
  reserved: i32("scratch"),
});

export const QueueSlot = layout("QueueSlot", 64, {
  message: nested(SmallMessage),
  sequence: i32("identity"),
  sender: u16,
  /** Need of the sender that it went by, if it is to be acknowledged; else NO_NEED. */
  need: u16,
  /** Number of the sender's call, 0 for a plain message. */
  callSequence: i32("identity"),
  next: i32,
});

/** QueueSlot.need of a message that is not to be acknowledged. */
export const NO_NEED = 0xffff;

export type EndpointAddress = Address<"EndpointRecord">;
export type SlotAddress = Address<"QueueSlot">;

export function formatEndpoint(ram: Memory, endpoint: EndpointAddress, owner: number, receivers: number, slots: Table<"QueueSlot">): void {
  EndpointRecord.owner.set(ram, endpoint, owner);
  EndpointRecord.open.set(ram, endpoint, 1);
  EndpointRecord.receivers.set(ram, endpoint, receivers);
  EndpointRecord.capacity.set(ram, endpoint, slots.count);
  EndpointRecord.slots.set(ram, endpoint, slots.base);
  for (const field of [EndpointRecord.urgentHead, EndpointRecord.urgentTail, EndpointRecord.head, EndpointRecord.tail]) field.set(ram, endpoint, NONE);
  EndpointRecord.freeHead.set(ram, endpoint, 0);
  for (let index = 0; index < slots.count; index++) {
    QueueSlot.next.set(ram, slots.at(index), index + 1 < slots.count ? index + 1 : NONE);
  }
}

export function slotAt(ram: Memory, endpoint: EndpointAddress, index: number): SlotAddress {
  return (EndpointRecord.slots.get(ram, endpoint) + index * QueueSlot.size) as SlotAddress;
}

/**
 * Queues the 48 bytes at `message`: the slot where they lie now. The caller has seen that `count` is below `capacity`.
 * `first`: before all that are not urgent, if it is not urgent itself.
 */
export function enqueue(ram: Memory, state: Address<"KernelState">, endpoint: EndpointAddress, bit: number, message: number, sender: number, callSequence: number, need: number, first: boolean): SlotAddress {
  const index = EndpointRecord.freeHead.get(ram, endpoint);
  const slot = slotAt(ram, endpoint, index);
  EndpointRecord.freeHead.set(ram, endpoint, QueueSlot.next.get(ram, slot));
  const sequence = KernelState.nextSequence.get(ram, state);
  KernelState.nextSequence.set(ram, state, (sequence + 1) | 0);
  copySmall(ram, QueueSlot.message.at(slot), message);
  QueueSlot.sequence.set(ram, slot, sequence);
  QueueSlot.sender.set(ram, slot, sender);
  QueueSlot.need.set(ram, slot, need);
  QueueSlot.callSequence.set(ram, slot, callSequence);
  QueueSlot.next.set(ram, slot, NONE);
  const urgent = (SmallMessage.flags.get(ram, QueueSlot.message.at(slot)) & MessageFlag.urgent) !== 0;
  if (first && !urgent) prepend(ram, endpoint, index);
  else append(ram, endpoint, index, urgent);
  const count = EndpointRecord.count.get(ram, endpoint) + 1;
  EndpointRecord.count.set(ram, endpoint, count);
  if (count > EndpointRecord.depthPeak.get(ram, endpoint)) EndpointRecord.depthPeak.set(ram, endpoint, count);
  KernelState.queuedEndpoints.set(ram, state, KernelState.queuedEndpoints.get(ram, state) | bit);
  if (urgent) KernelState.urgentEndpoints.set(ram, state, KernelState.urgentEndpoints.get(ram, state) | bit);
  return slot;
}

function append(ram: Memory, endpoint: EndpointAddress, index: number, urgent: boolean): void {
  const head = urgent ? EndpointRecord.urgentHead : EndpointRecord.head;
  const tail = urgent ? EndpointRecord.urgentTail : EndpointRecord.tail;
  const last = tail.get(ram, endpoint);
  if (last === NONE) head.set(ram, endpoint, index);
  else QueueSlot.next.set(ram, slotAt(ram, endpoint, last), index);
  tail.set(ram, endpoint, index);
}

function prepend(ram: Memory, endpoint: EndpointAddress, index: number): void {
  const first = EndpointRecord.head.get(ram, endpoint);
  QueueSlot.next.set(ram, slotAt(ram, endpoint, index), first);
  if (first === NONE) EndpointRecord.tail.set(ram, endpoint, index);
  EndpointRecord.head.set(ram, endpoint, index);
}

/** The slot that is next out: the oldest urgent one, else the oldest. The queue is not empty. */
export function front(ram: Memory, endpoint: EndpointAddress): SlotAddress {
  const urgent = EndpointRecord.urgentHead.get(ram, endpoint);
  return slotAt(ram, endpoint, urgent !== NONE ? urgent : EndpointRecord.head.get(ram, endpoint));
}

/** Takes the front slot off; its bytes stay readable until the next `enqueue`. */
export function dequeue(ram: Memory, state: Address<"KernelState">, endpoint: EndpointAddress, bit: number): SlotAddress {
  const urgent = EndpointRecord.urgentHead.get(ram, endpoint) !== NONE;
  const head = urgent ? EndpointRecord.urgentHead : EndpointRecord.head;
  const tail = urgent ? EndpointRecord.urgentTail : EndpointRecord.tail;
  const index = head.get(ram, endpoint);
  const slot = slotAt(ram, endpoint, index);
  const next = QueueSlot.next.get(ram, slot);
  head.set(ram, endpoint, next);
  if (next === NONE) {
    tail.set(ram, endpoint, NONE);
    if (urgent) KernelState.urgentEndpoints.set(ram, state, KernelState.urgentEndpoints.get(ram, state) & ~bit);
  }
  QueueSlot.next.set(ram, slot, EndpointRecord.freeHead.get(ram, endpoint));
  EndpointRecord.freeHead.set(ram, endpoint, index);
  const count = EndpointRecord.count.get(ram, endpoint) - 1;
  EndpointRecord.count.set(ram, endpoint, count);
  if (count === 0) KernelState.queuedEndpoints.set(ram, state, KernelState.queuedEndpoints.get(ram, state) & ~bit);
  return slot;
}

/** Twelve words, by hand: below the size where copyWithin pays. */
export function copySmall(ram: Memory, to: number, from: number): void {
  const words = ram.i32;
  let target = to >> 2;
  let source = from >> 2;
  const end = source + (SMALL_MESSAGE_BYTES >> 2);
  while (source < end) words[target++] = words[source++];
}
