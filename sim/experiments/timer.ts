/** Time goes wrong: ticks are lost, late or doubled, time jumps, and timers are refused. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const timer: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "timer",
  summary: "ticks of the tiny machine come late, twice, or never",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("timer.lost", 20_000),
    rule("timer.late", 50_000),
    rule("timer.doubled", 20_000),
    rule("timer.jump", 5_000),
    rule("timer.refused", 200_000),
    // Who begins anew starts timers.
    rule("process.crash", 500),
  ]),
  troubleTicks: 150,
  // Without a timer the driver looks after its buffers at its next watch, a second later.
  recoveryTicks: 1_500,
  marks: Object.freeze(["timer.lost", "timer.late", "timer.doubled", "timer.jump", "timer.refused", "process.crash"]),
});
