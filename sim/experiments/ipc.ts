/** Messages go wrong: queues are full, receivers slow, rights revoked on the way, endpoints closed. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const ipc: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "ipc",
  summary: "queues of the tiny machine are full, receivers slow, and endpoints close",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("ipc.queue-full", 20_000),
    rule("ipc.slow-receiver", 5_000),
    rule("ipc.endpoint-closed", 500),
  ]),
  troubleTicks: 150,
  recoveryTicks: 300,
  marks: Object.freeze(["ipc.queue-full", "ipc.slow-receiver", "ipc.endpoint-closed", "kernel.refusals", "net.overloaded"]),
});
