/** Processes go wrong: they die, hang, are slow, starve, and run in another order. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const processes: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "process",
  summary: "processes of the tiny machine die in the middle of what they do, hang, and starve",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("process.crash", 1_000),
    rule("process.hang", 100),
    rule("process.slow", 3_000),
    rule("process.starved", 2_000),
    rule("process.restart-storm", 20_000),
    rule("process.order", 100_000),
  ]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze(["process.crash", "process.hang", "process.slow", "process.starved", "process.restart-storm", "process.order", "restart.driver", "restart.lb", "restart.net", "kernel.faults", "net.lost"]),
});
