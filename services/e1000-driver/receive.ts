/**
 * The receiving side. Buffers are posted in the slots from `rxNext` up to `rxTail`; the device fills them from the
 * front. What it wrote is judged before it is believed: a descriptor counts when DD is set in a slot that we posted, and
 * its length must fit the buffer.
 *
 * A frame's buffer goes to net with the driver's reference, and another takes its place at the tail. When none can be
 * had the slot stays empty; refill() tries again at every run, and a timer makes sure that there is one.
 */

import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus } from "../../hal/nic/descriptors.ts";
import { E1000Register } from "../../hal/nic/e1000-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { MessageFlag, MessageHeader } from "../../kernel/message.ts";
import { DriverOpcode, ReceivedFrameMessage } from "../driver-api.ts";
import type { DriverContext } from "./state.ts";
import { BUFFER_BYTES, DriverBit, E1000DriverState, E1000DriverSlot, rxRingBytes, slotAt, stateOf } from "./state.ts";

/** How long to wait for buffers while they are short. */
const SHORT_TICKS = 1;

/** Takes up to `budget` frames from the ring and hands them to net. True if it ended there: there may be more. */
export function drain(context: DriverContext, budget: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) === 0) return false;
  const ring = context.spanForWriting(context.needs.rings, 0, rxRingBytes(context));
  let taken = 0;
  while (taken < budget && takeNext(context, ring)) taken += 1;
  tellTail(context);
  return taken === budget;
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

/** All posted buffers go home; the device has been reset. */
export function releasePosted(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  while (E1000DriverState.rxPosted.get(memory, state) > 0) context.bufferRelease(needs.buffers, unpost(context));
  stopShortTimer(context);
}

/** Takes the frame in the oldest posted slot, if the device has finished it. */
function takeNext(context: DriverContext, ring: number): boolean {
  const { memory, shared } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) === 0) return false;
  const at = (ring + E1000DriverState.rxNext.get(memory, state) * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  const status = RxDescriptor.status.get(shared, at);
  if ((status & RxStatus.DD) === 0) return false;
  const frameBytes = RxDescriptor.frameBytes.get(shared, at);
  const errors = RxDescriptor.errors.get(shared, at);
  const handle = unpost(context);
  if (isWhole(context, status, frameBytes) && handOver(context, handle, frameBytes, status, errors)) {
    const fresh = allocate(context);
    if (fresh > 0) post(context, ring, fresh);
  } else post(context, ring, handle);
  return true;
}

/** Is this a frame in one buffer? The parts of one that is not are passed over up to the last, and it is counted once. */
function isWhole(context: DriverContext, status: number, frameBytes: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const last = (status & RxStatus.EOP) !== 0;
  const passing = E1000DriverState.rxPassing.get(memory, state) === 1;
  E1000DriverState.rxPassing.set(memory, state, last ? 0 : 1);
  if (!last) return false;
  E1000DriverState.rxOrdinal.add(memory, state, 1);
  if (!passing && frameBytes > 0 && frameBytes <= BUFFER_BYTES) return true;
  E1000DriverState.rxBad.add(memory, state, 1);
  return false;
}

/** Passes the buffer on to net; false, counted, if net cannot take it. */
function handOver(context: DriverContext, handle: number, frameBytes: number, status: number, errors: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const message = context.outgoing as Address as Address<"ReceivedFrameMessage">;
  const header = ReceivedFrameMessage.header.at(message);
  MessageHeader.capability.setWords(memory, header, 0, 0);
  MessageHeader.opcode.set(memory, header, DriverOpcode.received);
  MessageHeader.flags.set(memory, header, MessageFlag.movesBuffer);
  ReceivedFrameMessage.bufferHandle.set(memory, message, handle);
  ReceivedFrameMessage.frameBytes.set(memory, message, frameBytes);
  ReceivedFrameMessage.queue.set(memory, message, 0);
  ReceivedFrameMessage.ordinal.set(memory, message, E1000DriverState.rxOrdinal.get(memory, state));
  ReceivedFrameMessage.errors.set(memory, message, errors);
  ReceivedFrameMessage.status.set(memory, message, status);
  ReceivedFrameMessage.reserved0.set(memory, message, 0);
  ReceivedFrameMessage.reserved1.set(memory, message, 0);
  ReceivedFrameMessage.reserved2.set(memory, message, 0);
  ReceivedFrameMessage.reserved3.set(memory, message, 0);
  ReceivedFrameMessage.reserved4.set(memory, message, 0);
  if (context.sendMessage(context.needs.frames, context.outgoing) !== Errno.ok) {
    E1000DriverState.rxDropped.add(memory, state, 1);
    return false;
  }
  E1000DriverState.rxFrames.add(memory, state, 1);
  return true;
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
}

/** Takes the buffer out of the oldest posted slot. Its handle. */
function unpost(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const next = E1000DriverState.rxNext.get(memory, state);
  const slot = slotAt(E1000DriverState.rxHandles.get(memory, state), next);
  const handle = E1000DriverSlot.handle.get(memory, slot);
  E1000DriverSlot.handle.set(memory, slot, 0);
  E1000DriverState.rxNext.set(memory, state, next + 1 === E1000DriverState.rxCount.get(memory, state) ? 0 : next + 1);
  E1000DriverState.rxPosted.add(memory, state, -1);
  return handle;
}

/** The device is told how far it may go, once for all that was posted. */
function tellTail(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const tail = E1000DriverState.rxTail.get(memory, state);
  if (tail === E1000DriverState.rxTailTold.get(memory, state)) return;
  E1000DriverState.rxTailTold.set(memory, state, tail);
  context.registerWrite(context.needs.nic, E1000Register.RDT, tail);
}

/** A timer runs exactly while buffers are short: nobody tells the driver when one goes home. */
function watchShortage(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (E1000DriverState.rxPosted.get(memory, state) >= E1000DriverState.rxWanted.get(memory, state)) {
    stopShortTimer(context);
    return;
  }
  if (E1000DriverState.shortTimer.get(memory, state) > 0) return;
  const timer = context.timerStart(needs.ticks, SHORT_TICKS, SHORT_TICKS, DriverBit.short);
  if (timer > 0) E1000DriverState.shortTimer.set(memory, state, timer);
}

function stopShortTimer(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  const timer = E1000DriverState.shortTimer.get(memory, state);
  if (timer === 0) return;
  context.timerCancel(needs.ticks, timer);
  E1000DriverState.shortTimer.set(memory, state, 0);
}
