/** Messages go wrong. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const ipc: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "ipc",
  summary: "queues of the tiny machine are full, and rights are taken away on the way",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze([]),
});
