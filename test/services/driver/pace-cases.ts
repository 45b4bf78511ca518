/** The driver case suite, pace: what the driver takes at once, and what it leaves to others. */

import { expect } from "vitest";
import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { BenchNumbers } from "./bench.ts";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import { NIC } from "./kind.ts";
import { frames } from "./receive-cases.ts";
import { Ask, asking } from "./station.ts";

/** Frames as fast as the wire brings them, until that tick. */
function flood(bench: DriverBench, untilTick: number, ask: number): void {
  let number = 0;
  while (bench.machine.tick() < untilTick) {
    while (bench.machine.offer(NIC, asking(ask, 60, number)) >= 0) number += 1;
    bench.machine.step();
  }
}

export const pace = caseGroup("pace", {
  "a burst that waited while others had the processor is taken in runs of its budget, and nothing is lost": (kind) => {
    const bench = new DriverBench(kind, { rxDescriptors: 256, rxPosted: 200, buffers: 256, framesQueue: 256, hogCalls: 40_000 });
    bench.runTicks(1);
    bench.arrive(...frames(150));
    expect(bench.taken.map(({ number }) => number)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    expect(bench.figures.budgetEnds).toBeGreaterThan(0);
    expect(bench.sendsMost).toBe(kind.budgetFrames);
    expect(bench.figures.interrupts).toBeLessThan(75);
  },

  "a frame that comes alone costs one wake-up, and one of many far less": (kind) => {
    const bench = new DriverBench(kind, { rxDescriptors: 64, rxPosted: 60, buffers: 128 });
    const before = bench.wakeUps;
    for (const frame of frames(20)) bench.arrive(frame);
    expect(bench.wakeUps - before).toBe(20);
    const alone = bench.wakeUps;
    bench.arrive(...frames(120, Ask.nothing, 0, () => 60));
    expect(bench.wakeUps - alone).toBeLessThan(100);
  },

  "net's queue is full: frames wait in the ring, the device drops the rest, and nothing is lost in between": (kind) => {
    const bench = new DriverBench(kind, { framesQueue: 2, slow: 10_000 });
    bench.arrive(...frames(40));
    expect(bench.figures.dropped).toBe(0);
    expect([bench.taken.length, bench.figures.passed]).toEqual([bench.account.received, bench.account.received]);
    expect(bench.account.noDescriptor).toBeGreaterThan(0);
    const numbers = bench.taken.map(({ number }) => number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(bench.taken.map(({ queue, ordinal }) => [queue, ordinal])).toEqual(bench.written.map(({ queue, ordinal }) => [queue, ordinal]));
    bench.arrive(...frames(3, Ask.nothing, 100));
    expect(bench.taken.slice(-3).map(({ number }) => number)).toEqual([100, 101, 102]);
    expect(bench.broken()).toEqual([]);
  },

  ...each<[string, BenchNumbers]>([
    ["with few buffers", { buffers: 32 }],
    ["with many buffers and a short queue", { rxDescriptors: 64, rxPosted: 60, buffers: 256, framesQueue: 16 }],
    ["with a slow net", { buffers: 64, slow: 500, framesQueue: 32 }],
  ], (name) => `a flood at wire speed, ${name}: net gets its turn in every tick, and so do the frames that it sends`, (kind, _name, numbers) => {
    const bench = new DriverBench(kind, numbers);
    for (let tick = 1; tick <= 6; tick++) {
      const [taken, sent] = [bench.taken.length, bench.sent.length];
      flood(bench, bench.machine.tick() + 1, Ask.echo);
      expect([tick, bench.taken.length > taken, bench.sent.length > sent]).toEqual([tick, true, true]);
    }
    bench.settle();
    bench.runTicks(2);
    expect(bench.broken()).toEqual([]);
  }),

  "a flood at wire speed: a call is answered within two ticks": (kind) => {
    const bench = new DriverBench(kind, { rxDescriptors: 64, rxPosted: 60, buffers: 256, framesQueue: 16 });
    bench.offer(asking(Ask.shutdown));
    flood(bench, bench.machine.tick() + 2, Ask.nothing);
    expect([bench.station.answered, bench.figures.running]).toEqual([1000, false]);
  },

  "an interrupt that never goes away: others have the processor, and frames come through": (kind) => {
    const bench = new DriverBench(kind);
    bench.atCrossing = () => bench.machine.board.interrupts.raise(bench.nic.line);
    kind.interrupt(bench);
    const [used, ticks] = [bench.driverLine.cyclesUsed, 20];
    for (let tick = 0; tick < ticks; tick++) {
      bench.offer(asking(Ask.nothing, 60, tick));
      bench.runTicks(1);
    }
    expect((bench.driverLine.cyclesUsed - used) / (ticks * CYCLES_PER_TICK)).toBeLessThan(0.05);
    expect(bench.taken.map(({ number }) => number)).toEqual(Array.from({ length: bench.taken.length }, (_, i) => i));
    expect(bench.taken.length).toBeGreaterThanOrEqual(ticks - 1);
    bench.atCrossing = null;
    // A device at peace lowers its line with the next cause that is read.
    bench.offer(...frames(4, Ask.echo, 500));
    bench.runTicks(5);
    bench.settle();
    expect(bench.taken.slice(-4).map(({ number }) => number)).toEqual([500, 501, 502, 503]);
    expect([bench.driverLine.fault, bench.broken()]).toEqual([null, []]);
  },
});
