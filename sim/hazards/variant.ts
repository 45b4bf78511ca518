/**
 * A variant: a machine in which a few small parts are not ours but behave as upstream's. It is put under any experiment, so
 * that exploring shows what those parts would break; nobody who explores is told what to look for.
 */

import type { SeamChoice } from "../../kernel/seams.ts";
import type { Experiment, Surroundings } from "../explore/experiment.ts";

export interface Variant {
  /** As experiments name it: "H24". */
  readonly name: string;
  /** Parts of the kernel. */
  readonly seams?: SeamChoice;
  /** Parts of services, which come with the manifest, and whatever else a surrounding says; absent: as they are. */
  readonly adapt?: (surroundings: Surroundings) => Surroundings;
}

/** The surroundings with the variant's parts in them. */
export function variedSurroundings(surroundings: Surroundings, { seams, adapt }: Variant): Surroundings {
  const adapted = adapt?.(surroundings) ?? surroundings;
  return Object.freeze(seams === undefined ? adapted : { ...adapted, seams });
}

/** The experiment, played with the variant's parts: "ipc with H24". All else is as it was. */
export function withVariant(experiment: Experiment, variant: Variant): Experiment {
  return Object.freeze<Experiment>({
    ...experiment,
    name: `${experiment.name} with ${variant.name}`,
    surroundings: () => variedSurroundings(experiment.surroundings(), variant),
  });
}
