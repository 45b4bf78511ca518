/** Where a run of a theatre stands, and what a run may be given beside its input. */

import type { Deviation } from "../chance/deviation.ts";
import type { Watch } from "../checkers/checker.ts";

/** What else a run may be given than its input. None of it changes the run. */
export interface Staging {
  /** Told before the checkers. */
  readonly watches?: readonly Watch[];
  /** False: nobody checks it. */
  readonly checked?: boolean;
  /** True: what does not hold does not end the run; of each checker the first of each place is told. */
  readonly thorough?: boolean;
  /** The run halts when so many steps are done (position() says how many are). */
  readonly haltAt?: number;
  /** It goes on from here, instead of from its beginning. */
  readonly from?: Standing;
  /** With `from`: trouble lasts so many ticks, counted from its beginning, instead of the experiment's. */
  readonly troubleTicks?: number;
}

/** Where a run stands in its course; together with world.snapshot() it is all that the run goes on from. */
export interface Standing {
  readonly phase: number;
  /** Tick at which trouble began. */
  readonly beganTick: number;
  /** Tick at which the phase ends, if the world is not at rest before. */
  readonly untilTick: number;
  readonly steps: number;
  readonly ticked: boolean;
  readonly deviations: readonly Deviation[];
  /** What the checkers' watches remember, in their order; null if one of them cannot say: then only a run that nobody checks goes on from here. */
  readonly kept: readonly unknown[] | null;
}
