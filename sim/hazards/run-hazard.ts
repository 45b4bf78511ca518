/**
 * Plays a hazard's scenario twice: with upstream's part, which must break the stated law, and with ours, with which nothing
 * may break. Both are told tick by tick, in plain words.
 */

import { Panic } from "../../hal/assert.ts";
import type { Failure } from "../checkers/checker.ts";
import type { Hazard, Part } from "./hazard.ts";
import { Stage } from "./stage.ts";

export interface HazardRun {
  readonly part: Part;
  /** What does not hold; the first one ended the scenario. `checker`: of the kernel's invariants the invariant's own name. */
  readonly failures: readonly Failure[];
  /** What happened: "tick 3: alice sends 1 to bob.inbox, into the queue". */
  readonly lines: readonly string[];
  /** Lines before those, that are not told any more. */
  readonly linesBefore: number;
  readonly ticks: number;
}

export interface HazardVerdict {
  readonly hazard: Hazard;
  readonly upstream: HazardRun;
  readonly ours: HazardRun;
  /** With upstream's part the stated law broke. */
  readonly broken: boolean;
  /** With ours nothing did. */
  readonly holding: boolean;
}

export function runHazard(hazard: Hazard): HazardVerdict {
  const upstream = playScenario(hazard, "upstream");
  const ours = playScenario(hazard, "ours");
  return Object.freeze({
    hazard,
    upstream,
    ours,
    broken: upstream.failures.some(({ checker }) => checker === hazard.breaks),
    holding: ours.failures.length === 0,
  });
}

/** The scenario with that part. Errors of this program go on; a panic of the machine's is a failure. */
export function playScenario(hazard: Hazard, part: Part): HazardRun {
  const stage = new Stage(hazard, part);
  try {
    stage.open();
    hazard.scenario.play(stage);
    stage.close();
  } catch (thrown) {
    if (thrown instanceof Panic) stage.fail("panic", "the machine", thrown.message);
    else if (!stage.isOver(thrown)) throw thrown;
  }
  return Object.freeze({ part, failures: Object.freeze([...stage.failures]), ...stage.account() });
}
