/**
 * The kernel itself: beside the idle balancer of the tiny machine a crew does everything that a process may do, and much that
 * it may not. Processes run in other orders, die and hang, and time goes wrong.
 */

import type { ProcessLine } from "../../kernel/manifest.ts";
import type { Experiment, Surroundings } from "../explore/experiment.ts";
import { crewMember } from "../machines/crew.ts";
import { rule } from "./rule.ts";
import { smallSurroundings } from "./small.ts";

const KIB = 1024;
const ROUNDS = 40;
/** By name: the colleague to whom it writes. The last three share the desk of the first of them. */
const CREW: readonly (readonly [name: string, next: string])[] = Object.freeze([
  ["ann", "bob"],
  ["bob", "cid"],
  ["cid", "dot"],
  ["dot", "ann"],
]);
const DESK = "bob";

function crewLine(name: string, next: string, number: number): ProcessLine {
  const shares = number > 1 ? { receives: { desk: `${DESK}.desk` } } : {};
  return {
    service: crewMember,
    priority: "userNormal",
    arenaBytes: 512,
    grants: { clock: "ticks", next: `${next}.inbox`, desk: `${DESK}.desk`, box: "box", mail: "box", frames: "frames" },
    rights: { next: ["create", "delete"], desk: ["create", "delete"] },
    queues: { inbox: 3, ...(number === 1 ? { desk: 3 } : {}) },
    parameters: Object.freeze({ random: 0x2545_f491 + number * 0x9e37_79b1, periodTicks: 1 + (number & 1), rounds: ROUNDS }),
    batch: true,
    ...shares,
    ...(number === 3 ? { rate: { messagesPerSecond: 10, bytesPerSecond: 480 } } : {}),
  };
}

/** The tiny machine with more room, and the crew in it. */
export function crewSurroundings(): Surroundings {
  const surroundings = smallSurroundings();
  const { manifest } = surroundings;
  const crew = Object.fromEntries(CREW.map(([name, next], number) => [name, crewLine(name, next, number)]));
  return Object.freeze({
    ...surroundings,
    capture: null,
    captureName: "nothing",
    manifest: Object.freeze({
      ...manifest,
      name: "crew",
      ramBytes: 128 * KIB,
      kernel: Object.freeze({ ...manifest.kernel, processes: 12, endpoints: 20, timers: 24 }),
      pool: Object.freeze({ ...manifest.pool!, count: manifest.pool!.count + 2 }),
      channels: Object.freeze({ box: Object.freeze({ capacity: 3 }) }),
      processes: Object.freeze({ ...manifest.processes, ...crew }),
    }),
  });
}

export const kernel: Experiment = Object.freeze<Experiment>({
  schema: 1,
  name: "kernel",
  summary: "a crew beside the idle balancer does whatever a process may do, and much that it may not",
  surroundings: crewSurroundings,
  faults: Object.freeze([rule("process.order", 50_000), rule("process.crash", 200), rule("process.starved", 1_000), rule("ipc.queue-full", 5_000), rule("timer.late", 10_000)]),
  troubleTicks: 100,
  recoveryTicks: 300,
  marks: Object.freeze(["process.order", "process.crash", "process.starved", "ipc.queue-full", "timer.late", "kernel.refusals", "kernel.faults"]),
});
