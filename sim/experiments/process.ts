/** Processes go wrong: they die in the middle of what they do. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const processes: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "process",
  summary: "processes of the tiny machine die in the middle of what they do",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([Object.freeze({ fault: "process.crash", parts: 1_500 })]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze(["process.crash"]),
});
