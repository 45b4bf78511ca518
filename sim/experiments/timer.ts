/** Time goes wrong. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const timer: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "timer",
  summary: "ticks of the tiny machine come late, twice, or never",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze([]),
});
