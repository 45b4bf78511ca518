/** Clients go wrong: they come in bursts, give up, are slow, send nonsense, and are not who they were. */

import type { Experiment } from "../explore/experiment.ts";
import { livingSurroundings } from "./living.ts";
import { rule } from "./rule.ts";

export const clientele: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "client",
  summary: "clients of a small proxy come in bursts, give up, are slow, and send nonsense",
  surroundings: () => livingSurroundings(),
  faults: Object.freeze([
    rule("client.abort", 50_000),
    rule("client.burst", 5_000),
    rule("client.malformed", 50_000),
    rule("client.move", 50_000),
    rule("client.rotate", 300_000),
    rule("client.session", 100_000),
    rule("client.slow-head", 50_000),
  ]),
  troubleTicks: 400,
  recoveryTicks: 2500,
  marks: Object.freeze(["client.abort", "client.burst", "client.malformed", "client.move", "client.rotate", "client.session", "client.slow-head", "clients.aborted"]),
});
