/** What a supervisor is told in its manifest line, and what it writes down of each process that it looks after. */

import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";

/** When a process that ended is started again. */
export const RestartPolicy = Object.freeze({
  /** Never: it stays down. */
  never: 0,
  /** When a fault stopped it; one that ended by itself wanted to. */
  onFault: 1,
  /** Whatever the reason. */
  always: 2,
});
export type RestartPolicyName = keyof typeof RestartPolicy;

export interface SupervisionRule {
  readonly restart: RestartPolicyName;
  /** Ticks from the first end to the restart, 0 for at once; doubled with each further one within `windowTicks`. */
  readonly delayTicks: number;
  /** The doubling ends here. */
  readonly delayTicksMax: number;
  /** It is given up when it ends once more after so many restarts within so many ticks. */
  readonly restartsMax: number;
  readonly windowTicks: number;
}

/** Constants of a supervisor's manifest line: a rule by the name of each need of kind "process". */
export interface SupervisorParameters {
  readonly rules: Readonly<Record<string, SupervisionRule>>;
}

export const SupervisedPhase = Object.freeze({
  /** Running, as far as the supervisor has heard. */
  up: 0,
  /** Ended; a timer runs until its restart. */
  waiting: 1,
  /** Ended, and the policy leaves it down. */
  down: 2,
  /** Ended too often: it stays down. */
  givenUp: 3,
});

/** One process that is looked after, in the order of the supervisor's needs. The ticks of its last restarts follow in a table. */
export const Supervised = layout("Supervised", 40, {
  /** One of SupervisedPhase. */
  phase: i32,
  /** How it ended last: 0 by itself, else a FaultCode. */
  endedCode: i32,
  restarts: i32("statistic"),
  /** Ends that were heard of. */
  ends: i32("statistic"),
  /** What the last processRestart answered. */
  status: i32,
  /** Restarts within the window: they are the newest in the table. */
  recent: i32,
  /** Ticks that the present or last restart was waited for. */
  delayTicks: i32,
  /** Address of the table of RestartTick, newest last, and the place of the next. */
  ticksAt: i32,
  next: i32,
  reserved: i32("scratch"),
});

export const RestartTick = layout("RestartTick", 8, { tick: u64("time") });
