/** When this driver waits (../driver-pace.ts): with the line masked and the frames in their queues. */

import type { Pace } from "../driver-pace.ts";
import { isPatient, pauseDriver, stopDriverTimer, stormyDriver } from "../driver-pace.ts";
import type { DriverContext } from "./state.ts";
import { DriverBit, VirtioDriverState as State, stateOf } from "./state.ts";

const PACE: Pace = Object.freeze({ pauseTimer: State.pauseTimer, idleInterrupts: State.idleInterrupts, pauses: State.pauses, bit: DriverBit.pause });

/** Waits for the next tick. False if no timer is to be had: then the driver must go on. */
export function pause(context: DriverContext): boolean {
  return pauseDriver(context, PACE);
}

/** The pause's tick has come. */
export function pauseOver(context: DriverContext): void {
  State.pauseTimer.set(context.memory, stateOf(context), 0);
}

/** There was something to do. */
export function worked(context: DriverContext): void {
  State.idleInterrupts.set(context.memory, stateOf(context), 0);
}

/** An interrupt has been dealt with; true if there have been too many for nothing, and the driver pauses. */
export function isStormy(context: DriverContext): boolean {
  return stormyDriver(context, PACE);
}

/** False if there have been too many interrupts in a row without a cause: the line cannot be let go of but by a reset. */
export function isCaused(context: DriverContext, cause: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const causeless = cause === 0 ? State.causeless.get(memory, state) + 1 : 0;
  State.causeless.set(memory, state, causeless);
  return isPatient(causeless - 1);
}

/** Lets a timer of the driver's go: `field` is one of its state's timers. */
export function stopTimer(context: DriverContext, field: typeof State.shortTimer): void {
  stopDriverTimer(context, field);
}
