/** The NIC goes wrong. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const nic: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "nic",
  summary: "the NIC of the tiny machine fails its driver",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze([]),
});
