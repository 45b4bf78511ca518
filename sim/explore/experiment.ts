/**
 * An experiment: a world, what breaks in it, and what must hold nevertheless. What files say (read-experiment.ts), what
 * people write in TypeScript, and what a campaign plays thousands of times, each time by another seed.
 */

import type { FaultRule } from "../faults/fault.ts";
import type { RunSetup } from "../run.ts";
import type { EndCondition } from "./end-condition.ts";

/** The world of an experiment, in front of its first frame: everything but chance, which the experiment brings. */
export type Surroundings = Omit<RunSetup, "choose" | "crashes" | "disturbance" | "onException" | "seed">;

export interface Experiment {
  readonly schema: 1;
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Made once for each worker. */
  readonly surroundings: () => Surroundings;
  readonly faults: readonly FaultRule[];
  /** Faults strike for so many ticks at most; then all must be served within so many. */
  readonly troubleTicks: number;
  readonly recoveryTicks: number;
  /** Names of checkers that watch; absent: all that fit. */
  readonly checks?: readonly string[];
  /** What a campaign of it must reach at least once (marks.ts). */
  readonly marks: readonly string[];
  /** What must be true when all had time to heal. */
  readonly end?: readonly EndCondition[];
  /** Trouble lasts its whole time, though nobody has anything to do: what happens is what it brings. */
  readonly restless?: boolean;
  /** The JSON that it was read from: how others are told of it. Absent: it is bundled, or was written in TypeScript. */
  readonly text?: string;
}
