/** The NIC goes wrong: it starves, stalls, forgets, is reset, and says what is not so. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const nic: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "nic",
  summary: "the NIC of the tiny machine stalls, loses interrupts, is reset, and writes back what is not so",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("nic.starve", 20_000),
    rule("nic.stall", 20_000),
    rule("nic.lost-interrupt", 20_000),
    rule("nic.late-interrupt", 20_000),
    rule("nic.spurious-interrupt", 2_000),
    rule("nic.lost-doorbell", 20_000),
    rule("nic.stuck-queue", 3_000),
    rule("nic.reset", 2_000),
    rule("nic.torn-write-back", 10_000),
    rule("nic.wrong-length", 10_000),
    rule("nic.wrong-index", 10_000),
  ]),
  troubleTicks: 150,
  // A driver looks after its device each second, twice before it resets it.
  recoveryTicks: 2_500,
  marks: Object.freeze(["nic.starve", "nic.stall", "nic.lost-interrupt", "nic.late-interrupt", "nic.spurious-interrupt", "nic.lost-doorbell", "nic.stuck-queue", "nic.reset", "nic.torn-write-back", "nic.wrong-length", "nic.wrong-index", "nic.noDescriptor"]),
});
