/** Runs of bundled experiments in which something is planted: what the checkers say of them. */

import { calm } from "../../../sim/chance/decider.ts";
import type { Failure, Watch } from "../../../sim/checkers/checker.ts";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import type { World } from "../../../sim/world.ts";

const theatres = new Map<string, Theatre>();

/** One for each experiment and choice of checkers: booting takes longer than a run. */
export function theatreOf(name: string, checks?: readonly string[]): Theatre {
  const key = `${name} ${checks?.join(" ") ?? ""}`;
  const known = theatres.get(key);
  if (known !== undefined) return known;
  const experiment: Experiment = { ...experimentNamed(name)!, ...(checks === undefined ? {} : { checks }) };
  const theatre = new Theatre(experiment);
  theatres.set(key, theatre);
  return theatre;
}

/** What goes wrong in a run without faults, watched by these checkers, into which `plant` puts something. */
export function planted(name: string, checks: readonly string[], plant: (world: World) => Watch): readonly Failure[] {
  const theatre = theatreOf(name, checks);
  return theatre.play({ seed: 1, decider: calm }, { watches: [plant(theatre.world)] }).failures;
}
