/**
 * The receiving side. Buffers are posted in the slots from `rxNext` up to `rxTail`; the device fills them from the
 * front. What it wrote is judged before it is believed: a descriptor counts when DD is set in a slot that we posted, and
 * its length must fit the buffer.
 *
 * A frame's buffer goes to net with the driver's reference, and another takes its place at the tail. When none can be
 * had the slot stays empty; refill() tries again at every run, and a timer makes sure that there is one. A frame for
 * which net's queue has no room stays where it is, with all behind it, until the next tick.
 *
 * The errors byte goes along: RCTL.SBP is off, so a device that works stores no frame with one of its bits set, and
 * RXCSUM is off, so none of them speaks of checksums. Those are net's to judge, the same way for every device.
 */

import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus } from "../../hal/nic/descriptors.ts";
import { E1000Register } from "../../hal/nic/e1000-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { writeReceivedFrame } from "../received-frame.ts";
import { pause, stopTimer, worked } from "./pace.ts";
import type { DriverContext } from "./state.ts";
import { BUFFER_BYTES, DriverBit, E1000DriverState, E1000DriverSlot, rxRingBytes, slotAt, stateOf } from "./state.ts";

/** How long to wait for buffers while they are short. */
const SHORT_TICKS = 1;

/** What drain() ended at. */
export const Drained = Object.freeze({
  /** The ring has no more. */
  empty: 0,
  /** The budget: there may be more. */
  more: 1,
  /** Net's queue is full; the driver pauses. */
  held: 2,
});

/** What became of the oldest posted slot. */
const Slot = Object.freeze({ unfinished: 0, taken: 1, held: 2 });

/** Takes up to `budget` frames from the ring and hands them to net. One of Drained. */
export function drain(context: DriverContext, budget: number): number {
  const { memory } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) === 0) return Drained.empty;
  const ring = context.spanForWriting(context.needs.rings, 0, rxRingBytes(context));
  let taken = 0;
  let slot: number = Slot.taken;
  while (slot === Slot.taken && taken < budget) {
    slot = takeNext(context, ring);
    if (slot === Slot.taken) taken += 1;
  }
  if (taken > 0) worked(context);
  tellTail(context);
  if (slot === Slot.held) return Drained.held;
  return slot === Slot.taken ? Drained.more : Drained.empty;
}

/** Posts buffers until as many as wanted are posted, or no more can be had. */
export function refill(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) < E1000DriverState.rxWanted.get(memory, state)) {
    const ring = context.spanForWriting(context.needs.rings, 0, rxRingBytes(context));
    while (E1000DriverState.rxPosted.get(memory, state) < E1000DriverState.rxWanted.get(memory, state)) {
      const handle = allocate(context);
      if (handle < 0) break;
      post(context, ring, handle);
    }
    tellTail(context);
  }
  watchShortage(context);
}

/** All posted buffers go home, frames in them are dropped and counted; the device has been reset. */
export function releasePosted(context: DriverContext): void {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  const ring = context.spanForWriting(needs.rings, 0, rxRingBytes(context));
  const finished = RxStatus.DD | RxStatus.EOP;
  while (E1000DriverState.rxPosted.get(memory, state) > 0) {
    const at = (ring + E1000DriverState.rxNext.get(memory, state) * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
    if ((RxDescriptor.status.get(shared, at) & finished) === finished) {
      E1000DriverState.rxOrdinal.add(memory, state, 1);
      E1000DriverState.rxDropped.add(memory, state, 1);
    }
    context.bufferRelease(needs.buffers, unpost(context, ring));
  }
  stopTimer(context, E1000DriverState.shortTimer);
}

/** Takes the frame in the oldest posted slot, if the device has finished it and net has room. One of Slot. */
function takeNext(context: DriverContext, ring: number): number {
  const { memory, shared } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) === 0) return Slot.unfinished;
  const next = E1000DriverState.rxNext.get(memory, state);
  const at = (ring + next * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  const status = RxDescriptor.status.get(shared, at);
  if ((status & RxStatus.DD) === 0) return Slot.unfinished;
  const frameBytes = RxDescriptor.frameBytes.get(shared, at);
  if (!isWhole(context, status, frameBytes)) {
    passOver(context, status);
    post(context, ring, unpost(context, ring));
    return Slot.taken;
  }
  const handle = E1000DriverSlot.handle.get(memory, slotAt(E1000DriverState.rxHandles.get(memory, state), next));
  const sent = handOver(context, handle, frameBytes, status, RxDescriptor.errors.get(shared, at));
  if (sent === Errno.channelFull && pause(context)) return Slot.held;
  E1000DriverState.rxOrdinal.add(memory, state, 1);
  unpost(context, ring);
  if (sent === Errno.ok) {
    E1000DriverState.rxFrames.add(memory, state, 1);
    const fresh = allocate(context);
    if (fresh > 0) post(context, ring, fresh);
  } else {
    E1000DriverState.rxDropped.add(memory, state, 1);
    post(context, ring, handle);
  }
  return Slot.taken;
}

/** Is this a frame in one buffer, and no part of one that began earlier? */
function isWhole(context: DriverContext, status: number, frameBytes: number): boolean {
  const other = context.parameters.parts?.isWhole;
  if (other !== undefined) return other(context, status, frameBytes);
  const passing = E1000DriverState.rxPassing.get(context.memory, stateOf(context)) === 1;
  return !passing && (status & RxStatus.EOP) !== 0 && frameBytes > 0 && frameBytes <= BUFFER_BYTES;
}

/** A frame over several descriptors is passed over up to its last, and counted once: with its first. */
function passOver(context: DriverContext, status: number): void {
  const { memory } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPassing.get(memory, state) === 0) E1000DriverState.rxBad.add(memory, state, 1);
  const last = (status & RxStatus.EOP) !== 0;
  E1000DriverState.rxPassing.set(memory, state, last ? 0 : 1);
  if (last) E1000DriverState.rxOrdinal.add(memory, state, 1);
}

/** Passes the buffer on to net: 0, or the errno for which net did not take it. */
function handOver(context: DriverContext, handle: number, frameBytes: number, status: number, errors: number): number {
  const { memory } = context;
  const state = stateOf(context);
  writeReceivedFrame(memory, context.outgoing, handle, frameBytes, 0, E1000DriverState.rxOrdinal.get(memory, state) + 1, status, errors);
  return context.sendMessage(context.needs.frames, context.outgoing);
}

/** A buffer; negative, counted, if there is none. */
function allocate(context: DriverContext): number {
  const handle = context.bufferAllocate(context.needs.buffers);
  if (handle < 0) E1000DriverState.rxShort.add(context.memory, stateOf(context), 1);
  return handle;
}

/** Puts a buffer into the slot at the tail, for which there is always room: never all slots are posted. */
function post(context: DriverContext, ring: number, handle: number): void {
  const { memory, shared } = context;
  const state = stateOf(context);
  const tail = E1000DriverState.rxTail.get(memory, state);
  const at = (ring + tail * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  RxDescriptor.bufferAddress.setWords(shared, at, context.bufferDeviceAddress(context.needs.buffers, handle), 0);
  RxDescriptor.frameBytes.set(shared, at, 0);
  RxDescriptor.checksum.set(shared, at, 0);
  RxDescriptor.status.set(shared, at, 0);
  RxDescriptor.errors.set(shared, at, 0);
  RxDescriptor.special.set(shared, at, 0);
  E1000DriverSlot.handle.set(memory, slotAt(E1000DriverState.rxHandles.get(memory, state), tail), handle);
  E1000DriverState.rxTail.set(memory, state, tail + 1 === E1000DriverState.rxCount.get(memory, state) ? 0 : tail + 1);
  E1000DriverState.rxPosted.add(memory, state, 1);
  E1000DriverState.rxMoves.add(memory, state, 1);
}

/**
 * Takes the buffer out of the oldest posted slot. Its handle. The slot is left without an address, which a device takes
 * as padding (manual 3.2.5): one that said too early that it had finished a slot writes into no buffer of others.
 */
function unpost(context: DriverContext, ring: number): number {
  const { memory, shared } = context;
  const state = stateOf(context);
  const next = E1000DriverState.rxNext.get(memory, state);
  const slot = slotAt(E1000DriverState.rxHandles.get(memory, state), next);
  const handle = E1000DriverSlot.handle.get(memory, slot);
  E1000DriverSlot.handle.set(memory, slot, 0);
  RxDescriptor.bufferAddress.setWords(shared, (ring + next * DESCRIPTOR_BYTES) as Address<"RxDescriptor">, 0, 0);
  E1000DriverState.rxNext.set(memory, state, next + 1 === E1000DriverState.rxCount.get(memory, state) ? 0 : next + 1);
  E1000DriverState.rxPosted.add(memory, state, -1);
  E1000DriverState.rxMoves.add(memory, state, 1);
  return handle;
}

/** The device is told how far it may go, once for all that was posted. */
function tellTail(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const tail = context.parameters.parts?.receiveTail?.(context) ?? E1000DriverState.rxTail.get(memory, state);
  if (tail === E1000DriverState.rxTailTold.get(memory, state)) return;
  E1000DriverState.rxTailTold.set(memory, state, tail);
  context.registerWrite(context.needs.nic, E1000Register.RDT, tail);
}

/** A timer runs exactly while buffers are short: nobody tells the driver when one goes home. */
function watchShortage(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) >= E1000DriverState.rxWanted.get(memory, state)) {
    stopTimer(context, E1000DriverState.shortTimer);
    return;
  }
  if (E1000DriverState.shortTimer.get(memory, state) > 0) return;
  const timer = context.timerStart(needs.ticks, SHORT_TICKS, SHORT_TICKS, DriverBit.short);
  if (timer > 0) E1000DriverState.shortTimer.set(memory, state, timer);
}
