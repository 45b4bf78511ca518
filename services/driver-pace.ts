/**
 * When a driver of any kind waits; shared by the drivers. A driver is more urgent than whoever uses its frames: if it went
 * on taking frames that nobody has room for, or answering an interrupt that means nothing, nobody else would ever run. So
 * it leaves the line masked and the frames where they are (the device drops what finds no place) and looks again in the next tick.
 */

import type { I32Field, U32Field } from "../hal/field.ts";
import type { Context } from "../kernel/service.ts";

/** Where a driver's state holds it, and what it is woken with. */
export interface Pace {
  /** The timer that runs while the driver pauses, 0 if it does not. */
  readonly pauseTimer: I32Field;
  /** Interrupts in a row for which there was nothing to do. */
  readonly idleInterrupts: I32Field;
  readonly pauses: U32Field;
  /** The notification that says that a pause is over. */
  readonly bit: number;
}

type Pacing = Pick<Context<Readonly<Record<string, never>>, { readonly ticks: "timer" }>, "memory" | "stateAt" | "needs" | "timerStart" | "timerCancel">;

const PAUSE_TICKS = 1;
/** What was asked for may have been found already when its interrupt comes, which then is for nothing; so many in a row are a device that is out of order. */
const IDLE_INTERRUPTS_MAX = 8;

/** Waits for the next tick. False if no timer is to be had: then the driver must go on. */
export function pauseDriver(context: Pacing, pace: Pace): boolean {
  const { memory, needs, stateAt } = context;
  if (pace.pauseTimer.get(memory, stateAt) > 0) return true;
  const timer = context.timerStart(needs.ticks, PAUSE_TICKS, 0, pace.bit);
  if (timer < 0) return false;
  pace.pauseTimer.set(memory, stateAt, timer);
  pace.pauses.add(memory, stateAt, 1);
  return true;
}

/** An interrupt has been dealt with; true if there have been too many for nothing, and the driver pauses. */
export function stormyDriver(context: Pacing, pace: Pace): boolean {
  const { memory, stateAt } = context;
  const idle = pace.idleInterrupts.get(memory, stateAt);
  if (isPatient(idle)) {
    pace.idleInterrupts.set(memory, stateAt, idle + 1);
    return false;
  }
  return pauseDriver(context, pace);
}

/** Whether so many interrupts in a row for nothing may still be chance. */
export function isPatient(interrupts: number): boolean {
  return interrupts < IDLE_INTERRUPTS_MAX;
}

/** Lets a timer of the driver's go: `field` is one of its state's timers. */
export function stopDriverTimer(context: Pacing, field: I32Field): void {
  const { memory, needs, stateAt } = context;
  const timer = field.get(memory, stateAt);
  if (timer <= 0) return;
  context.timerCancel(needs.ticks, timer);
  field.set(memory, stateAt, 0);
}
