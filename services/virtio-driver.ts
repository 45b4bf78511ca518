/**
 * The driver of a virtio network device (VIRTIO 1.2) on a memory-mapped bus: owns its registers, its interrupt and the
 * memory of its queues, and speaks services/driver-api.ts. One process serves all queue pairs.
 *
 * At an interrupt it reads the cause and takes it back, and then polls: it takes frames until all queues are empty or the
 * budget ends. In the second case it notifies itself and leaves the line masked. When the queues were found empty it asks
 * for an interrupt with the next frame of each, looks once more, and only then acknowledges the line. So no wake-up is
 * lost: a frame that comes after that look is one that the device was asked to interrupt for.
 */

import type { Address } from "../hal/field.ts";
import { VirtioFeature, VirtioInterrupt, VirtioRegister } from "../hal/nic/virtio/mmio-registers.ts";
import { Errno } from "../kernel/errno.ts";
import { MessageFlag } from "../kernel/message.ts";
import type { Message } from "../kernel/service.ts";
import { Delivery, service } from "../kernel/service.ts";
import { DriverOpcode, TransmitFrameMessage } from "./driver-api.ts";
import { givesBack, isAlive, isAwake } from "./virtio-driver/health.ts";
import { readLink } from "./virtio-driver/negotiate.ts";
import { isCaused, isStormy, pauseOver, worked } from "./virtio-driver/pace.ts";
import { Drained, drain, hushAll, listenAll, refill } from "./virtio-driver/receive.ts";
import { beginAnew, bringUp, recover, shutDown } from "./virtio-driver/start.ts";
import type { DriverContext, VirtioDriverParameters } from "./virtio-driver/state.ts";
import { DRIVER_NEEDS, DRIVER_RECEIVES, DriverBit, DriverPhase, VirtioDriverState as State, hasFeature, ringsOf, stateOf } from "./virtio-driver/state.ts";
import { drop, reclaimAll, transmit } from "./virtio-driver/transmit.ts";

export type { VirtioDriverParameters } from "./virtio-driver/state.ts";
export { virtioRingsBytes } from "./virtio-driver/rings.ts";

/** Frames taken in one run, of all queues together: it bounds how long the driver keeps messages and other processes waiting. */
const BUDGET_FRAMES = 32;

export const virtioDriver = service({
  name: "virtio-driver",
  state: State,
  needs: DRIVER_NEEDS,
  receives: DRIVER_RECEIVES,
  parameters: undefined as unknown as VirtioDriverParameters,
  handle(message, context: DriverContext) {
    switch (message.delivery) {
      case Delivery.start:
        start(context);
        return;
      case Delivery.notification:
        attend(context, message.bits);
        return;
      case Delivery.message:
        if (message.endpoint === context.receives.transmit) send(message, context);
        else control(message, context);
        return;
      default:
        return;
    }
  },
});

/** Without a device that works and memory for its queues the process ends, and its state says why. */
function start(context: DriverContext): void {
  const status = bringUp(context);
  State.startStatus.set(context.memory, stateOf(context), status);
  if (status !== Errno.ok) context.exit();
}

function attend(context: DriverContext, bits: number): void {
  const { memory } = context;
  const state = stateOf(context);
  if ((bits & DriverBit.interrupt) !== 0) State.lineMasked.set(memory, state, 1);
  if ((bits & DriverBit.pause) !== 0) pauseOver(context);
  const phase = State.phase.get(memory, state);
  // The watch, too: a timer may not have been had.
  if (phase === DriverPhase.recovering && (bits & (DriverBit.recover | DriverBit.watch)) !== 0) beginAnew(context);
  else if (phase === DriverPhase.running && !work(context, bits)) recover(context);
}

/** One run with a device that is at work. False if it has to be begun anew. */
function work(context: DriverContext, bits: number): boolean {
  if ((bits & DriverBit.interrupt) !== 0 && !takeCause(context)) return false;
  if ((bits & DriverBit.watch) !== 0 && !isAlive(context)) return false;
  const rings = ringsOf(context);
  // With EVENT_IDX none are asked for until the queues are empty.
  if (!hasFeature(context, VirtioFeature.EVENT_IDX)) hushAll(context, rings);
  if (!reclaimAll(context, rings)) return false;
  const drained = drain(context, rings, BUDGET_FRAMES);
  if (drained === Drained.broken) return false;
  refill(context, rings);
  if ((bits & DriverBit.watch) !== 0 && !isWell(context, rings)) return false;
  return rest(context, rings, bits, drained);
}

/** The watch's look at the device. */
function isWell(context: DriverContext, rings: number): boolean {
  return context.parameters.parts?.isAlive?.(context) ?? (givesBack(context) && isAwake(context, rings));
}

/** Goes on, pauses, or lets the device interrupt again. False if it makes no sense. */
function rest(context: DriverContext, rings: number, bits: number, drained: number): boolean {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (drained === Drained.held) return true;
  if (drained === Drained.more) {
    State.budgetEnds.add(memory, state, 1);
    context.notifySelf(DriverBit.more);
    return true;
  }
  const left = listenAll(context, rings);
  if (left < 0) return false;
  if (left > 0) context.notifySelf(DriverBit.more);
  else if (State.lineMasked.get(memory, state) === 1) {
    if ((bits & DriverBit.interrupt) !== 0 && isStormy(context)) return true;
    State.lineMasked.set(memory, state, 0);
    context.interruptAcknowledge(needs.irq);
  }
  return true;
}

/** Reads the interrupt's cause and takes it back. False if the device has to be begun anew. */
function takeCause(context: DriverContext): boolean {
  const { memory, needs } = context;
  State.interrupts.add(memory, stateOf(context), 1);
  const cause = context.registerRead(needs.nic, VirtioRegister.InterruptStatus) & (VirtioInterrupt.usedBuffer | VirtioInterrupt.configuration);
  if (cause !== 0) context.registerWrite(needs.nic, VirtioRegister.InterruptACK, cause);
  if (!isCaused(context, cause)) return false;
  if ((cause & VirtioInterrupt.configuration) === 0) return true;
  if (readLink(context)) worked(context);
  return isAlive(context);
}

function send(message: Message, context: DriverContext): void {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  const frame = message.at as Address as Address<"TransmitFrameMessage">;
  const handle = TransmitFrameMessage.bufferHandle.get(shared, frame);
  if (message.opcode !== DriverOpcode.transmit) {
    // What the driver does not understand must not leave a buffer with it.
    if ((message.flags & MessageFlag.movesBuffer) !== 0) context.bufferRelease(needs.buffers, handle);
    return;
  }
  const frameBytes = TransmitFrameMessage.frameBytes.get(shared, frame);
  const queue = TransmitFrameMessage.queue.get(shared, frame);
  // A message whose sender ended has lost its buffer, and one may name any; asking for its address would be our fault.
  if (context.bufferIsLive(needs.buffers, handle) === 0) State.txStrange.add(memory, state, 1);
  else if (State.phase.get(memory, state) !== DriverPhase.running) drop(context, handle);
  else {
    const rings = ringsOf(context);
    if (!transmit(context, rings, queue, handle, frameBytes)) recover(context);
    else if (State.rxPosted.get(memory, state) < State.rxWanted.get(memory, state)) refill(context, rings);
  }
}

function control(message: Message, context: DriverContext): void {
  if (message.opcode !== DriverOpcode.shutdown) {
    context.reply(Errno.invalidMessage);
    return;
  }
  shutDown(context);
  context.reply(Errno.ok);
}
