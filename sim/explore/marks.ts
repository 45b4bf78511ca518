/** Marks: what a campaign must have seen sometimes. Each fault that struck is one ("wire.drop"). */

import { CHANCE_RULES_MAX } from "../chance/chance-state.ts";
import type { Theatre } from "./theatre.ts";

/** Marks of the run that was played last, in order of their names. */
export function marksOf({ experiment, turmoil }: Theatre): readonly string[] {
  const marks = new Set<string>();
  experiment.faults.slice(0, CHANCE_RULES_MAX).forEach(({ fault }, rule) => {
    if (turmoil.chance.strikes(rule) > 0) marks.add(fault);
  });
  return Object.freeze([...marks].sort((a, b) => (a < b ? -1 : 1)));
}
