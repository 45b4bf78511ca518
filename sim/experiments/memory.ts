/** Memory goes wrong. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const memory: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "memory",
  summary: "the tiny machine runs out of memory",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze([]),
});
