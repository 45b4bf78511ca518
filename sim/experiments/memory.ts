/** Memory goes wrong: allocations fail, and arenas shrink. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const memory: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "memory",
  summary: "the tiny machine runs out of memory and of buffers",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("memory.allocation", 20_000),
    rule("memory.buffers", 20_000),
    rule("memory.arena", 3_000),
  ]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze(["memory.allocation", "memory.buffers", "memory.arena", "net.cutShort"]),
});
