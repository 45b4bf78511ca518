/** When this driver waits (../driver-pace.ts): with the line masked and the frames in the ring. */

import type { Pace } from "../driver-pace.ts";
import { pauseDriver, stopDriverTimer, stormyDriver } from "../driver-pace.ts";
import type { DriverContext } from "./state.ts";
import { DriverBit, E1000DriverState, stateOf } from "./state.ts";

const PACE: Pace = Object.freeze({ pauseTimer: E1000DriverState.pauseTimer, idleInterrupts: E1000DriverState.idleInterrupts, pauses: E1000DriverState.pauses, bit: DriverBit.pause });

/** Waits for the next tick. False if no timer is to be had: then the driver must go on. */
export function pause(context: DriverContext): boolean {
  return pauseDriver(context, PACE);
}

/** The pause's tick has come. */
export function pauseOver(context: DriverContext): void {
  E1000DriverState.pauseTimer.set(context.memory, stateOf(context), 0);
}

/** There was something to do. */
export function worked(context: DriverContext): void {
  E1000DriverState.idleInterrupts.set(context.memory, stateOf(context), 0);
}

/** An interrupt has been dealt with; true if there have been too many for nothing, and the driver pauses. */
export function isStormy(context: DriverContext): boolean {
  return stormyDriver(context, PACE);
}

/** Lets a timer of the driver's go: `field` is one of its state's timers. */
export function stopTimer(context: DriverContext, field: typeof E1000DriverState.shortTimer): void {
  stopDriverTimer(context, field);
}
