/**
 * The driver case suite, crashes. Goal: wherever the driver dies, traffic passes again after its new beginning, and no
 * frame and no buffer is lost without being accounted for. Method: the same scenario as often as the driver has crossings
 * in it, and each time it dies at another one.
 */

import { expect } from "vitest";
import type { BenchMark, BenchNumbers } from "./bench.ts";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import { frames } from "./receive-cases.ts";
import { Ask, SEND_LATER_TICKS, asking } from "./station.ts";

interface Scenario {
  readonly name: string;
  readonly numbers?: BenchNumbers;
  /** Runs the machine through all in which the driver may die; what is offered has numbers below 1000. */
  play(bench: DriverBench): void;
  /** Only every n-th crossing, where all would take too long. */
  readonly stride?: number;
}

const scenarios: readonly Scenario[] = Object.freeze([
  {
    name: "a burst in both directions",
    play(bench: DriverBench) {
      bench.offer(...frames(24, Ask.echo));
      bench.runTicks(3);
    },
  },
  {
    name: "a full transmit ring",
    numbers: { buffers: 48 },
    play(bench: DriverBench) {
      bench.offer(asking(Ask.flood), ...frames(6, Ask.nothing, 1));
      bench.runTicks(4);
    },
    stride: 3,
  },
  {
    name: "a shortage of buffers",
    numbers: { rxPosted: 6, buffers: 7, releaseTicks: 4 },
    play(bench: DriverBench) {
      bench.offer(...frames(12, Ask.hold));
      bench.runTicks(7);
    },
  },
  {
    name: "a net that has no room",
    numbers: { framesQueue: 1, slow: 400 },
    play(bench: DriverBench) {
      bench.offer(...frames(12));
      bench.runTicks(6);
    },
  },
  {
    name: "a cable that is pulled and plugged in",
    play(bench: DriverBench) {
      bench.plug(false);
      bench.offer(...frames(3, Ask.echo));
      bench.runTicks(1);
      bench.plug(true);
      bench.runTicks(bench.kind.linkTicks);
      bench.offer(...frames(3, Ask.echo, 10));
      bench.runTicks(2);
    },
  },
  {
    name: "a device that is reset behind its back, and set to work anew",
    play(bench: DriverBench) {
      bench.offer(...frames(5, Ask.echo));
      bench.machine.runUntilCycle(bench.machine.now() + 4000);
      bench.nic.reset();
      bench.waitForWatch();
      bench.offer(...frames(3, Ask.echo, 10));
      bench.runTicks(2);
    },
    stride: 3,
  },
  {
    name: "a device that stops with frames to send",
    play(bench: DriverBench) {
      bench.offer(asking(Ask.sendLater, 60, 0, 3));
      bench.runTicks(2);
      bench.kind.stop(bench);
      bench.runTicks(SEND_LATER_TICKS);
      // Where the driver died before it had frames to send, it must hear of the device from frames that come.
      for (let second = 0; second < 3; second++) {
        bench.offer(...frames(12, Ask.nothing, 12 * second));
        bench.waitForWatch();
      }
    },
    stride: 7,
  },
]);

/** What a death leaves broken, in words, when all is at rest again. */
function brokenAfter(bench: DriverBench, deaths: number): string[] {
  const broken = bench.broken();
  const { restarts } = bench.driverLine;
  if (restarts !== deaths) broken.push(`it was begun anew ${restarts} times`);
  if (!bench.figures.running) broken.push("it does not run");
  if (bench.figures.posted !== bench.figures.wanted) broken.push(`${bench.figures.posted} of ${bench.figures.wanted} buffers are posted`);
  // Of what the device had written, some lay in the rings, and some in messages: these arrive without their buffers.
  const lost = bench.written.length - bench.taken.length;
  if (lost < 0 || lost > bench.figures.wanted + bench.underWay) broken.push(`${lost} frames that the device had written never came to net; ${bench.underWay} were on their way`);
  const seen = new Set(bench.taken.map(({ queue, ordinal }) => `${queue}/${ordinal}`));
  if (seen.size !== bench.taken.length) broken.push("two frames have the same ordinal");
  const before = bench.taken.length;
  const sent = bench.sent.length;
  bench.arrive(...frames(8, Ask.echo, 1000));
  const numbers = bench.taken.slice(before).map(({ number }) => number - 1000);
  if (numbers.join() !== "0,1,2,3,4,5,6,7") broken.push(`of 8 frames afterwards net gets ${numbers.join()}`);
  if (bench.sent.length !== sent + 8) broken.push(`of 8 frames afterwards ${bench.sent.length - sent} are sent`);
  return [...broken, ...bench.broken()];
}

/** Plays the scenario with a death at its crossing number `at`; with 0, nobody dies. How many crossings there were. */
function playTo(bench: DriverBench, mark: BenchMark, scenario: Scenario, at: number): number {
  bench.rewind(mark);
  bench.dieAt = at === 0 ? 0 : mark.crossings + at;
  scenario.play(bench);
  const crossings = bench.crossings - mark.crossings;
  // Timers that look for buffers, the supervisor's delay, and a link that comes up again.
  bench.runTicks(8 + bench.kind.linkTicks);
  bench.settle();
  return crossings;
}

export const crashes = caseGroup("it dies at every crossing", {
  ...each<[Scenario]>(scenarios.map((scenario) => [scenario]), ({ name }) => `of ${name}`, (kind, scenario) => {
    const bench = new DriverBench(kind, scenario.numbers ?? {});
    const mark = bench.mark();
    const crossings = playTo(bench, mark, scenario, 0);
    expect([crossings > 30, brokenAfter(bench, 0)]).toEqual([true, []]);
    for (let at = 1; at <= crossings; at += scenario.stride ?? 1) {
      playTo(bench, mark, scenario, at);
      expect([at, brokenAfter(bench, 1)]).toEqual([at, []]);
    }
  }),

  "of its beginning": (kind) => {
    const { crossings } = new DriverBench(kind);
    expect(crossings).toBeGreaterThan(30);
    for (let at = 1; at <= crossings; at += 5) {
      const bench = new DriverBench(kind, { dieAt: at });
      bench.runTicks(3);
      expect([at, brokenAfter(bench, 1)]).toEqual([at, []]);
    }
  },

  "of its shutdown: begun anew, and shut down again, all buffers are home": (kind) => {
    const bench = new DriverBench(kind);
    bench.offer(...frames(4, Ask.echo));
    bench.settle();
    const mark = bench.mark();
    bench.arrive(asking(Ask.shutdown, 60, 1));
    const crossings = bench.crossings - mark.crossings;
    for (let at = 1; at <= crossings; at++) {
      bench.rewind(mark);
      bench.dieAt = mark.crossings + at;
      bench.arrive(asking(Ask.shutdown, 60, 1));
      bench.runTicks(3);
      bench.arrive(asking(Ask.shutdown, 60, 2));
      expect([at, bench.driverLine.restarts, bench.figures.running, bench.buffersInUse, bench.broken()]).toEqual([at, 1, false, 0, []]);
    }
  },

  "again and again, at crossings that come when they come": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    let deaths = 0;
    for (let life = 1; life <= 7; life++) {
      bench.dieAt = bench.crossings + 17 * life;
      bench.offer(...frames(20, Ask.echo, 40 * life));
      bench.runTicks(6);
      deaths += 1;
      expect(bench.driverLine.restarts).toBe(deaths);
    }
    bench.settle();
    expect(bench.broken()).toEqual([]);
    const before = bench.taken.length;
    bench.arrive(...frames(8, Ask.echo, 1000));
    expect(bench.taken.slice(before).map(({ number }) => number - 1000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  },
});
