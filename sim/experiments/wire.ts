/** The wire goes wrong: frames are lost, doubled, damaged, late, out of order, and cut off. */

import type { Experiment } from "../explore/experiment.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

export const wire: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "wire",
  summary: "the cable of the tiny machine loses, doubles, damages and delays frames",
  surroundings: () => smallSurroundings(),
  faults: Object.freeze([
    rule("wire.drop", 30_000),
    rule("wire.burst", 10_000),
    rule("wire.duplicate", 30_000),
    rule("wire.reorder", 30_000),
    rule("wire.delay", 20_000),
    rule("wire.jitter", 20_000),
    rule("wire.corrupt", 20_000),
    rule("wire.truncate", 10_000),
    rule("wire.rate", 3_000),
    rule("wire.clog", 3_000),
    rule("wire.partition", 2_000),
    rule("wire.link-down", 1_000),
  ]),
  troubleTicks: 150,
  // A link needs half a second to come up.
  recoveryTicks: 1_000,
  marks: Object.freeze(["wire.drop", "wire.burst", "wire.duplicate", "wire.reorder", "wire.delay", "wire.jitter", "wire.corrupt", "wire.truncate", "wire.rate", "wire.clog", "wire.partition", "wire.link-down", "net.oldSegments", "net.outOfOrderSegments", "net.ignoredBadTcpChecksum", "nic.linkDown"]),
});
