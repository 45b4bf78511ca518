/**
 * When the driver waits. It is more urgent than whoever uses its frames: if it went on taking frames that nobody has
 * room for, or answering an interrupt that means nothing, nobody else would ever run. So it leaves the line masked and
 * the frames in their queues (the device drops what finds no buffer) and looks again in the next tick.
 */

import { DriverBit, VirtioDriverState as State, stateOf } from "./state.ts";
import type { DriverContext } from "./state.ts";

const PAUSE_TICKS = 1;
/** What was asked for may have been found already when its interrupt comes; so many in a row are a device that is out of order. */
const IDLE_INTERRUPTS_MAX = 8;

/** Waits for the next tick. False if no timer is to be had: then the driver must go on. */
export function pause(context: DriverContext): boolean {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (State.pauseTimer.get(memory, state) > 0) return true;
  const timer = context.timerStart(needs.ticks, PAUSE_TICKS, 0, DriverBit.pause);
  if (timer < 0) return false;
  State.pauseTimer.set(memory, state, timer);
  State.pauses.add(memory, state, 1);
  return true;
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
  const { memory } = context;
  const state = stateOf(context);
  const idle = State.idleInterrupts.get(memory, state);
  if (idle < IDLE_INTERRUPTS_MAX) {
    State.idleInterrupts.set(memory, state, idle + 1);
    return false;
  }
  return pause(context);
}

/** False if there have been too many interrupts in a row without a cause: the line cannot be let go of but by a reset. */
export function isCaused(context: DriverContext, cause: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const causeless = cause === 0 ? State.causeless.get(memory, state) + 1 : 0;
  State.causeless.set(memory, state, causeless);
  return causeless <= IDLE_INTERRUPTS_MAX;
}

/** Lets a timer of the driver's go: `field` is one of its state's timers. */
export function stopTimer(context: DriverContext, field: typeof State.shortTimer): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  const timer = field.get(memory, state);
  if (timer <= 0) return;
  context.timerCancel(needs.ticks, timer);
  field.set(memory, state, 0);
}
