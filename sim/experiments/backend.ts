/** Backends go wrong: they are down, silent, slow, and answer errors, nonsense, or half an answer. */

import type { Experiment } from "../explore/experiment.ts";
import { livingSurroundings } from "./living.ts";
import { rule } from "./rule.ts";

export const backends: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "backend",
  summary: "backends of a small proxy are down, silent, slow, and break off their answers",
  surroundings: () => livingSurroundings(),
  faults: Object.freeze([
    rule("backend.down", 3_000),
    rule("backend.flapping", 2_000),
    rule("backend.silent", 3_000),
    rule("backend.slow", 5_000),
    rule("backend.errors", 50_000),
    rule("backend.reset", 50_000),
    rule("backend.refuse", 50_000),
    rule("backend.mute", 20_000),
    rule("backend.late", 20_000),
    rule("backend.nonsense", 20_000),
  ]),
  troubleTicks: 400,
  recoveryTicks: 2500,
  marks: Object.freeze(["backend.down", "backend.flapping", "backend.silent", "backend.slow", "backend.errors", "backend.reset", "backend.refuse", "backend.mute", "backend.late", "backend.nonsense", "proxy.retries"]),
});
