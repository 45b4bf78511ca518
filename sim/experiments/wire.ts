/** The wire goes wrong: frames are lost. */

import type { Experiment } from "../explore/experiment.ts";
import { smallSurroundings } from "./small.ts";

export const wire: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "wire",
  summary: "the cable of the tiny machine loses frames",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([Object.freeze({ fault: "wire.drop", parts: 50_000 })]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze(["wire.drop"]),
});
