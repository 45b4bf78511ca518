/** The operator goes wrong: he reloads, adds, removes, drains and asks at bad moments. */

import type { Experiment } from "../explore/experiment.ts";
import { livingSurroundings } from "./living.ts";
import { rule } from "./rule.ts";

export const operators: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "operator",
  summary: "the operator of a small proxy reloads, adds, removes and drains at bad moments",
  surroundings: () => livingSurroundings(),
  faults: Object.freeze([
    rule("operator.reload", 10_000),
    rule("operator.add", 10_000),
    rule("operator.remove", 10_000),
    rule("operator.drain", 10_000),
    rule("operator.health", 10_000),
    rule("operator.ask", 20_000),
  ]),
  troubleTicks: 400,
  recoveryTicks: 2500,
  marks: Object.freeze(["operator.reload", "operator.add", "operator.remove", "operator.drain", "operator.health", "operator.ask"]),
});
