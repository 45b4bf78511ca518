/** What became of one run. */

import type { Deviation } from "../chance/deviation.ts";
import type { Failure } from "../checkers/checker.ts";

export interface Outcome {
  /** What did not hold; empty: all is well. The first one ended the run. */
  readonly failures: readonly Failure[];
  readonly deviations: readonly Deviation[];
  /** Marks that were reached, in order of their names. */
  readonly marks: readonly string[];
  /** 32 hex digits over machine and world at the end. */
  readonly hash: string;
  readonly ticks: number;
}
