/**
 * The driver of an 82540EM: owns the NIC's registers, its interrupt and its rings, and speaks services/driver-api.ts.
 *
 * At an interrupt it reads the cause, which clears it, and then polls: it takes frames until the ring has no more or the
 * budget ends. In the second case it notifies itself and leaves the line masked; the line is acknowledged only when the
 * ring was found empty. So no wake-up is lost: a frame that is written after that look raised its cause after the cause
 * was read, and the line is high when it is acknowledged.
 *
 * It pauses (pace.ts) when net has no room and when interrupts mean nothing, and watches (watch.ts) whether its device is
 * alive: one that was reset behind its back or hangs is reset and set to work anew.
 */

import type { Address } from "../hal/field.ts";
import { E1000Register, InterruptCause } from "../hal/nic/e1000-registers.ts";
import { Errno } from "../kernel/errno.ts";
import { MessageFlag } from "../kernel/message.ts";
import type { Message } from "../kernel/service.ts";
import { Delivery, service } from "../kernel/service.ts";
import { DriverOpcode, TransmitFrameMessage } from "./driver-api.ts";
import { isStormy, pauseOver } from "./e1000-driver/pace.ts";
import { Drained, drain, refill } from "./e1000-driver/receive.ts";
import { bringUp, recover, shutDown } from "./e1000-driver/start.ts";
import type { DriverContext, E1000DriverParameters } from "./e1000-driver/state.ts";
import { DRIVER_NEEDS, DRIVER_RECEIVES, DriverBit, DriverPhase, E1000DriverState, stateOf } from "./e1000-driver/state.ts";
import { reclaim, transmit } from "./e1000-driver/transmit.ts";
import { followLink, isAlive } from "./e1000-driver/watch.ts";

export type { E1000DriverParameters } from "./e1000-driver/state.ts";

/** Frames taken in one run: it bounds how long the driver keeps messages and other processes waiting. */
const BUDGET_FRAMES = 32;

export const e1000Driver = service({
  name: "e1000-driver",
  state: E1000DriverState,
  needs: DRIVER_NEEDS,
  receives: DRIVER_RECEIVES,
  parameters: undefined as unknown as E1000DriverParameters,
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

/** Without a device that works and memory for its rings the process ends, and its state says why. */
function start(context: DriverContext): void {
  const status = bringUp(context);
  E1000DriverState.startStatus.set(context.memory, stateOf(context), status);
  if (status !== Errno.ok) context.exit();
}

function attend(context: DriverContext, bits: number): void {
  if (E1000DriverState.phase.get(context.memory, stateOf(context)) !== DriverPhase.running) return;
  if ((bits & DriverBit.pause) !== 0) pauseOver(context);
  if ((bits & (DriverBit.interrupt | DriverBit.watch)) !== 0) readCauses(context, bits);
  reclaim(context);
  const drained = drain(context, BUDGET_FRAMES);
  refill(context);
  if ((bits & DriverBit.watch) !== 0 && !isAlive(context)) recover(context);
  rest(context, bits, drained);
}

/** Reading clears them, and lets the line go. */
function readCauses(context: DriverContext, bits: number): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if ((bits & DriverBit.interrupt) !== 0) {
    E1000DriverState.interrupts.add(memory, state, 1);
    E1000DriverState.lineMasked.set(memory, state, 1);
  }
  const causes = context.registerRead(needs.nic, E1000Register.ICR);
  E1000DriverState.causes.set(memory, state, E1000DriverState.causes.get(memory, state) | causes);
  if ((causes & InterruptCause.LSC) !== 0) followLink(context);
}

/** Goes on, pauses, or lets the device interrupt again. */
function rest(context: DriverContext, bits: number, drained: number): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (drained === Drained.held) return;
  if (drained === Drained.more) {
    E1000DriverState.budgetEnds.add(memory, state, 1);
    context.notifySelf(DriverBit.more);
    return;
  }
  if (E1000DriverState.lineMasked.get(memory, state) === 0) return;
  if ((bits & DriverBit.interrupt) !== 0 && isStormy(context)) return;
  E1000DriverState.lineMasked.set(memory, state, 0);
  context.interruptAcknowledge(needs.irq);
}

function send(message: Message, context: DriverContext): void {
  const frame = message.at as Address as Address<"TransmitFrameMessage">;
  if (message.opcode !== DriverOpcode.transmit) {
    // What the driver does not understand must not leave a buffer with it.
    if ((message.flags & MessageFlag.movesBuffer) !== 0) context.bufferRelease(context.needs.buffers, TransmitFrameMessage.bufferHandle.get(context.shared, frame));
    return;
  }
  transmit(context, TransmitFrameMessage.bufferHandle.get(context.shared, frame), TransmitFrameMessage.frameBytes.get(context.shared, frame));
  if (E1000DriverState.phase.get(context.memory, stateOf(context)) === DriverPhase.running) refill(context);
}

function control(message: Message, context: DriverContext): void {
  if (message.opcode !== DriverOpcode.shutdown) {
    context.reply(Errno.invalidMessage);
    return;
  }
  shutDown(context);
  context.reply(Errno.ok);
}
