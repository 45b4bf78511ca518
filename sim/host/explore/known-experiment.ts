/**
 * Experiments by name, and what may be put into them: "crowd with H24" is the crowd on a machine in which a part behaves as
 * upstream's does (sim/hazards), "wire with canary" has a bug planted in one run of a hundred.
 */

import type { Experiment } from "../../explore/experiment.ts";
import { experimentNamed } from "../../experiments/catalogue.ts";
import type { FaultRule } from "../../faults/fault.ts";
import { hazardNamed } from "../../hazards/catalogue.ts";
import { withVariant } from "../../hazards/variant.ts";

const WITH = " with ";
const CANARY = "canary";
/** Asked about once a run. */
const CANARY_RULE: FaultRule = Object.freeze({ fault: "memory.canary", parts: 10_000, fromTick: 3, toTick: 4 });

/** Undefined if there is no experiment of that name, or nothing of that name to put into it. */
export function knownExperiment(name: string): Experiment | undefined {
  const at = name.indexOf(WITH);
  const plain = experimentNamed(at < 0 ? name : name.slice(0, at));
  if (plain === undefined || at < 0) return plain;
  const what = name.slice(at + WITH.length);
  if (what === CANARY) return Object.freeze({ ...plain, name, faults: Object.freeze([...plain.faults, CANARY_RULE]) });
  const hazard = hazardNamed(what);
  return hazard === undefined ? undefined : withVariant(plain, hazard.variant);
}
