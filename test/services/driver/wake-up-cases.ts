/**
 * The driver case suite, wake-ups. Goal: no frame waits for another one, or for the watch. Method: the driver is made to
 * run, for every reason for which it runs, and a frame arrives at another cycle each time, from before the run until
 * after it: each time the frame must be with net soon, by itself, and the machine come to rest.
 */

import { expect } from "vitest";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { BenchMark, BenchNumbers } from "./bench.ts";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import type { DriverKind } from "./kind.ts";
import { NIC } from "./kind.ts";
import { Ask, asking } from "./station.ts";

/** From the frame's arrival until net has it, however busy the driver is; and where two frames a tick go on. */
const SOON_CYCLES = 12_000;
const NEXT_TICKS_CYCLES = 8_050_000;
/** First and last arrival, relative to the beginning of what makes the driver run. */
const EARLIEST = -700;
const LATEST = 2000;
/** Time between a frame's arrival and the driver's run, about. */
const LEAD_CYCLES = 400;
/** The frame that must not be forgotten. */
const NUMBER = 77;

interface Reason {
  readonly name: string;
  readonly numbers?: BenchNumbers;
  /** Where the window lies: a tick, else soon. */
  readonly tick?: (kind: DriverKind) => number;
  /** What a frame asks for that arrives a little earlier. */
  readonly ask?: number;
  readonly detail?: number;
  /** How many such frames, and how much earlier, where it is not one a little earlier. */
  readonly asks?: number;
  readonly leadCycles?: number;
  readonly soonCycles?: number;
  /** Only every n-th cycle, where each takes milliseconds of machine time. */
  readonly stride?: number;
  /** What happens at the cycle itself. */
  readonly act?: (bench: DriverBench) => void;
}

const reasons: readonly Reason[] = Object.freeze([
  { name: "an interrupt for nothing", act: (bench: DriverBench) => bench.kind.interrupt(bench) },
  { name: "a frame", ask: Ask.nothing },
  { name: "a frame that is sent back", ask: Ask.echo },
  { name: "transmissions that end one after the other", numbers: { buffers: 48 }, ask: Ask.sendMany, detail: 6 },
  { name: "the watch", tick: (kind: DriverKind) => kind.watchTicks },
  { name: "a shortage of buffers", numbers: { rxPosted: 8, buffers: 6 }, tick: () => 3 },
  { name: "a net that has no room", numbers: { framesQueue: 1, slow: 800 }, ask: Ask.nothing, asks: 6, leadCycles: 6000, soonCycles: NEXT_TICKS_CYCLES, stride: 7 },
  { name: "a net that has room again", numbers: { framesQueue: 1, slow: 800 }, tick: () => 3, ask: Ask.nothing, asks: 6, leadCycles: 9000, soonCycles: NEXT_TICKS_CYCLES, stride: 7 },
]);

/** Cycles from the frame's arrival until net had it; -1 if net did not get it soon, -2 if the machine does not come to rest. */
function latency(bench: DriverBench, mark: BenchMark, reason: Reason, offset: number): number {
  bench.rewind(mark);
  const { machine } = bench;
  const startCycle = reason.tick === undefined ? machine.now() + 20_000 : reason.tick(bench.kind) * CYCLES_PER_TICK;
  const arrivalCycle = startCycle + offset;
  const arrivals: [number, Uint8Array][] = [[arrivalCycle, asking(Ask.nothing, 60, NUMBER)]];
  const { ask, detail, asks = 1, leadCycles = LEAD_CYCLES, soonCycles = SOON_CYCLES } = reason;
  for (let i = 0; ask !== undefined && i < asks; i++) arrivals.push([startCycle - leadCycles, asking(ask, 60, 1, detail)]);
  for (const [cycle, frame] of arrivals.sort(([a], [b]) => a - b)) machine.offer(NIC, frame, cycle);
  if (reason.act !== undefined) {
    machine.runUntilCycle(startCycle);
    reason.act(bench);
  }
  const had = (): boolean => bench.taken.some(({ number }) => number === NUMBER);
  while (!had() && machine.now() < arrivalCycle + soonCycles) machine.step();
  if (!had()) return -1;
  const cycles = machine.now() - arrivalCycle;
  return machine.runUntilQuiet(machine.tick() + 10) ? cycles : -2;
}

export const wakeUps = caseGroup("no wake-up is lost", {
  ...each<[Reason]>(reasons.map((reason) => [reason]), ({ name }) => `a frame arrives at every cycle around a run for ${name}`, (kind, reason) => {
    const bench = new DriverBench(kind, reason.numbers ?? {});
    if (reason.tick !== undefined) bench.machine.runUntilCycle(reason.tick(kind) * CYCLES_PER_TICK - 15_000);
    const mark = bench.mark();
    const forgotten: number[] = [];
    for (let offset = EARLIEST; offset <= LATEST; offset += reason.stride ?? 1) if (latency(bench, mark, reason, offset) < 0) forgotten.push(offset);
    expect(forgotten).toEqual([]);
  }),
});
