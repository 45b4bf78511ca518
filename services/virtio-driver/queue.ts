/**
 * The driver's side of a split virtqueue (VIRTIO 1.2, 2.7). A queue has slots, each a chain of two descriptors: a header,
 * then a buffer. Offering a buffer writes both and makes the chain available; taking it back asks the used ring. Nothing
 * that the device can write is believed or relied on: an index that is ahead of what was offered, or a head that is not
 * the device's, is answered BROKEN, and the device must be reset; descriptors are written anew each time.
 *
 * Functions take `rings`, the address in `context.shared` of the rings' region (state.ts: ringsOf()).
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { VirtioFeature, VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetHeader } from "../../hal/nic/virtio/net-layouts.ts";
import {
  VirtqAvailableFlag,
  VirtqDescriptor,
  VirtqDescriptorFlag,
  VirtqIndex,
  VirtqRing,
  VirtqUsedElement,
  VirtqUsedFlag,
  availableAt,
  availableEventAt,
  descriptorAt,
  eventPassed,
  usedAt,
  usedEventAt,
} from "../../hal/nic/virtio/split-ring.ts";
import { CHAIN_BYTES } from "./rings.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { VirtioDriverQueue as Queue, VirtioDriverSlot, VirtioDriverState, hasFeature, slotAt, stateOf } from "./state.ts";

/** The device wrote what cannot be. */
export const BROKEN = -1;

const POSITIONS = 0xffff;

export function writeDescriptor(shared: Memory, at: Address<"VirtqDescriptor">, address: number, bytes: number, flags: number, next: number): void {
  VirtqDescriptor.address.setWords(shared, at, address, 0);
  VirtqDescriptor.bytes.set(shared, at, bytes);
  VirtqDescriptor.flags.set(shared, at, flags);
  VirtqDescriptor.next.set(shared, at, next);
}

/** Makes all slots free, in order, and puts both rings to their beginning. */
export function emptyQueue(memory: Memory, queue: QueueAddress): void {
  const slots = Queue.slots.get(memory, queue);
  const at = Queue.slotsAt.get(memory, queue);
  for (let slot = 0; slot < slots; slot++) {
    VirtioDriverSlot.handle.set(memory, slotAt(at, slot), 0);
    VirtioDriverSlot.next.set(memory, slotAt(at, slot), slot + 1 < slots ? slot + 1 : -1);
  }
  Queue.freeSlot.set(memory, queue, 0);
  Queue.inFlight.set(memory, queue, 0);
  Queue.offered.set(memory, queue, 0);
  Queue.told.set(memory, queue, 0);
  Queue.taken.set(memory, queue, 0);
  Queue.seen.set(memory, queue, 0);
  Queue.watched.set(memory, queue, 0);
  Queue.stuck.set(memory, queue, 0);
}

/**
 * Gives the device a buffer of so many bytes, with the slot that is free next: there must be one. It is seen by the
 * device at once, told by notify(). `address` is the buffer's as the device has it.
 */
export function offer(context: DriverContext, rings: number, queue: QueueAddress, handle: number, address: number, bytes: number): void {
  const { memory } = context;
  const slot = Queue.freeSlot.get(memory, queue);
  const record = slotAt(Queue.slotsAt.get(memory, queue), slot);
  Queue.freeSlot.set(memory, queue, VirtioDriverSlot.next.get(memory, record));
  VirtioDriverSlot.handle.set(memory, record, handle);
  VirtioDriverSlot.offeredAt.set(memory, record, Queue.offered.get(memory, queue));
  Queue.inFlight.add(memory, queue, 1);
  expose(context, rings, queue, writeChain(context, rings, queue, slot, address, bytes));
}

/** Writes a slot's chain: its header, then the buffer, both for the device to write or both to read. The head by which the device knows it. */
function writeChain(context: DriverContext, rings: number, queue: QueueAddress, slot: number, address: number, bytes: number): number {
  const { memory, shared } = context;
  const indirect = Queue.indirect.get(memory, queue) === 1;
  const device = Queue.device.get(memory, queue);
  const header = device + Queue.headers.get(memory, queue) + slot * Queue.headerStride.get(memory, queue);
  const flags = Queue.flags.get(memory, queue);
  const chain = (indirect ? Queue.chains.get(memory, queue) : Queue.descriptors.get(memory, queue)) + slot * CHAIN_BYTES;
  writeDescriptor(shared, descriptorAt(rings + chain, 0), header, VirtioNetHeader.size, flags | VirtqDescriptorFlag.NEXT, indirect ? 1 : 2 * slot + 1);
  writeDescriptor(shared, descriptorAt(rings + chain, 1), address, bytes, flags, 0);
  if (!indirect) return 2 * slot;
  writeDescriptor(shared, descriptorAt(rings + Queue.descriptors.get(memory, queue), slot), device + chain, CHAIN_BYTES, VirtqDescriptorFlag.INDIRECT, 0);
  return slot;
}

/**
 * Writes the chain of a slot that the device has, and the available ring's index, as they were when it was offered: what
 * a device that works reads from there does not change. Nothing if it has none.
 */
export function offerAgain(context: DriverContext, rings: number, queue: QueueAddress, slot: number, bytes: number): void {
  const { memory, shared, needs } = context;
  const handle = handleIn(memory, queue, slot);
  if (handle === 0) return;
  writeChain(context, rings, queue, slot, context.bufferDeviceAddress(needs.buffers, handle), bytes);
  VirtqRing.index.set(shared, (rings + Queue.available.get(memory, queue)) as Address<"VirtqRing">, Queue.offered.get(memory, queue));
}

/** Makes the chain that begins at descriptor `head` available. */
export function expose(context: DriverContext, rings: number, queue: QueueAddress, head: number): void {
  const { memory, shared } = context;
  const offered = Queue.offered.get(memory, queue);
  const ring = rings + Queue.available.get(memory, queue);
  VirtqIndex.value.set(shared, availableAt(ring, Queue.length.get(memory, queue), offered), head);
  Queue.offered.set(memory, queue, (offered + 1) & POSITIONS);
  VirtqRing.index.set(shared, ring as Address<"VirtqRing">, (offered + 1) & POSITIONS);
}

/**
 * Tells the device of what was offered since it was last told, if it wants to hear of it (2.7.10). One that had nothing
 * else sleeps, and is told whatever it wants: should its wish be lost or spoiled, nothing would ever wake it.
 */
export function notify(context: DriverContext, rings: number, queue: QueueAddress): void {
  const { memory, shared } = context;
  const offered = Queue.offered.get(memory, queue);
  const told = Queue.told.get(memory, queue);
  if (offered === told) return;
  Queue.told.set(memory, queue, offered);
  const used = rings + Queue.used.get(memory, queue);
  const wanted = hasFeature(context, VirtioFeature.EVENT_IDX)
    ? eventPassed(VirtqIndex.value.get(shared, availableEventAt(used, Queue.length.get(memory, queue))), offered, told)
    : (VirtqRing.flags.get(shared, used as Address<"VirtqRing">) & VirtqUsedFlag.NO_NOTIFY) === 0;
  const asleep = Queue.inFlight.get(memory, queue) === ((offered - told) & POSITIONS);
  if (wanted || asleep) ring(context, queue);
}

/** Tells the device, whether it wants to hear of it or not. */
export function ring(context: DriverContext, queue: QueueAddress): void {
  const { memory, needs } = context;
  VirtioDriverState.notifications.add(memory, stateOf(context), 1);
  context.registerWrite(needs.nic, VirtioRegister.QueueNotify, Queue.number.get(memory, queue));
}

/** Has a chain been passed over while the device used all others twice? Chains are taken in order, so it will not come back. */
export function hasLost(memory: Memory, queue: QueueAddress): boolean {
  const slots = Queue.slots.get(memory, queue);
  const at = Queue.slotsAt.get(memory, queue);
  for (let slot = 0; slot < slots; slot++) {
    const record = slotAt(at, slot);
    const since = (Queue.offered.get(memory, queue) - VirtioDriverSlot.offeredAt.get(memory, record)) & POSITIONS;
    if (VirtioDriverSlot.handle.get(memory, record) !== 0 && since > 2 * slots) return true;
  }
  return false;
}

/** The used ring's index as the device has it now. */
export function usedIndex(context: DriverContext, rings: number, queue: QueueAddress): number {
  return VirtqRing.index.get(context.shared, (rings + Queue.used.get(context.memory, queue)) as Address<"VirtqRing">);
}

/** Chains that were used and not taken; BROKEN if the device says more than it had. */
export function usedChains(context: DriverContext, rings: number, queue: QueueAddress): number {
  const { memory } = context;
  const count = (usedIndex(context, rings, queue) - Queue.taken.get(memory, queue)) & POSITIONS;
  return count > Queue.inFlight.get(memory, queue) ? BROKEN : count;
}

/** The oldest used element, of which there must be one. */
export function oldestUsed(context: DriverContext, rings: number, queue: QueueAddress): Address<"VirtqUsedElement"> {
  const { memory } = context;
  return usedAt(rings + Queue.used.get(memory, queue), Queue.length.get(memory, queue), Queue.taken.get(memory, queue));
}

/**
 * The slot that the oldest used element names, or BROKEN if it names none that the device had. To be asked once for each
 * element: the device may write another there meanwhile.
 */
export function usedSlot(context: DriverContext, rings: number, queue: QueueAddress): number {
  const { memory } = context;
  const other = context.parameters.parts?.usedSlot;
  if (other !== undefined) return other(context, rings, queue);
  const head = VirtqUsedElement.head.get(context.shared, oldestUsed(context, rings, queue));
  const slot = Queue.indirect.get(memory, queue) === 1 ? head : (head & 1) === 0 ? head >> 1 : BROKEN;
  if (slot < 0 || slot >= Queue.slots.get(memory, queue)) return BROKEN;
  return handleIn(memory, queue, slot) === 0 ? BROKEN : slot;
}

/** The handle of the buffer in a slot; 0 if it is free. */
export function handleIn(memory: Memory, queue: QueueAddress, slot: number): number {
  return VirtioDriverSlot.handle.get(memory, slotAt(Queue.slotsAt.get(memory, queue), slot));
}

/** Takes the oldest used chain back, which is that of the slot. The handle of its buffer. */
export function takeUsed(memory: Memory, queue: QueueAddress, slot: number): number {
  const handle = handleIn(memory, queue, slot);
  freeSlot(memory, queue, slot);
  Queue.taken.set(memory, queue, (Queue.taken.get(memory, queue) + 1) & POSITIONS);
  Queue.inFlight.add(memory, queue, -1);
  return handle;
}

/** Takes a slot's chain back from a device that was reset: the handle of its buffer, 0 if the device had none. */
export function takeBack(memory: Memory, queue: QueueAddress, slot: number): number {
  const handle = handleIn(memory, queue, slot);
  if (handle === 0) return 0;
  Queue.inFlight.add(memory, queue, -1);
  freeSlot(memory, queue, slot);
  return handle;
}

/**
 * Asks for an interrupt once the device has used the chain at position `position` (2.7.7): without EVENT_IDX with any
 * that it uses from now on. Who asks must look once more: it may have done so already.
 */
export function listen(context: DriverContext, rings: number, queue: QueueAddress, position: number): void {
  const { memory, shared } = context;
  const ring = rings + Queue.available.get(memory, queue);
  if (hasFeature(context, VirtioFeature.EVENT_IDX)) VirtqIndex.value.set(shared, usedEventAt(ring, Queue.length.get(memory, queue)), position & POSITIONS);
  else VirtqRing.flags.set(shared, ring as Address<"VirtqRing">, 0);
}

/** Asks for no interrupts. With EVENT_IDX none come that were not asked for, until the positions have gone round. */
export function hush(context: DriverContext, rings: number, queue: QueueAddress): void {
  const { memory, shared } = context;
  const ring = rings + Queue.available.get(memory, queue);
  if (hasFeature(context, VirtioFeature.EVENT_IDX)) VirtqIndex.value.set(shared, usedEventAt(ring, Queue.length.get(memory, queue)), (Queue.taken.get(memory, queue) - 1) & POSITIONS);
  else VirtqRing.flags.set(shared, ring as Address<"VirtqRing">, VirtqAvailableFlag.NO_INTERRUPT);
}

function freeSlot(memory: Memory, queue: QueueAddress, slot: number): void {
  const record = slotAt(Queue.slotsAt.get(memory, queue), slot);
  VirtioDriverSlot.handle.set(memory, record, 0);
  VirtioDriverSlot.next.set(memory, record, Queue.freeSlot.get(memory, queue));
  Queue.freeSlot.set(memory, queue, slot);
}
