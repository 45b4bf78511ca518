/** The driver case suite, trouble: links that go, devices that are reset behind the driver's back, devices that stop. */

import { expect } from "vitest";
import { DriverBench } from "./bench.ts";
import { caseGroup } from "./case-group.ts";
import { frames } from "./receive-cases.ts";
import { Ask, SEND_LATER_TICKS, asking } from "./station.ts";
import { unaccountedSends } from "./transmit-cases.ts";

/** What keeps traffic from passing as if nothing had happened; empty if nothing does. */
export function brokenTraffic(bench: DriverBench, first: number): string[] {
  const [taken, sent] = [bench.taken.length, bench.sent.length];
  bench.arrive(...frames(6, Ask.echo, first));
  const numbers = bench.taken.slice(taken).map(({ number }) => number - first);
  const broken = numbers.join() === "0,1,2,3,4,5" ? [] : [`of the frames 0 to 5 net gets ${numbers.join()}`];
  if (bench.sent.length !== sent + 6) broken.push(`of 6 frames ${bench.sent.length - sent} are sent`);
  if (unaccountedSends(bench) !== 0) broken.push(`${unaccountedSends(bench)} frames to send are lost`);
  return [...broken, ...bench.broken(), ...(bench.driverLine.fault === null ? [] : [bench.driverLine.fault])];
}

export const cable = caseGroup("the cable", {
  "while it is out nothing is received, what is sent is dropped and counted; when it is in again, traffic passes": (kind) => {
    const bench = new DriverBench(kind, { releaseTicks: 5 });
    for (let flap = 1; flap <= 5; flap++) {
      bench.plug(false);
      bench.settle();
      bench.arrive(...frames(4, Ask.echo));
      expect(bench.account.linkDown).toBe(4 * flap);
      bench.plug(true);
      bench.runTicks(kind.linkTicks);
      expect(brokenTraffic(bench, flap * 100)).toEqual([]);
    }
    expect(bench.sent.length).toBe(30);
  },

  "it is pulled at any moment of a burst in both directions: everything is accounted for": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    const mark = bench.mark();
    for (let cycles = 0; cycles < 9000; cycles += 151) {
      bench.rewind(mark);
      bench.offer(...frames(12, Ask.echo));
      bench.machine.runUntilCycle(bench.machine.now() + cycles);
      bench.plug(false);
      bench.runTicks(3);
      bench.plug(true);
      bench.runTicks(kind.linkTicks);
      bench.waitForWatch();
      expect([cycles, brokenTraffic(bench, 500)]).toEqual([cycles, []]);
      expect(bench.figures.dropped).toBe(0);
    }
  },

  "frames that net gives while there is no link are dropped, counted, and go home": (kind) => {
    const bench = new DriverBench(kind);
    bench.offer(asking(Ask.sendLater, 60, 0, 5));
    bench.runTicks(2);
    bench.plug(false);
    bench.runTicks(SEND_LATER_TICKS);
    expect([bench.station.given, bench.figures.sendDropped, bench.figures.sending, bench.sent.length]).toEqual([5, 5, 0, 0]);
    bench.plug(true);
    bench.runTicks(kind.linkTicks);
    expect(brokenTraffic(bench, 100)).toEqual([]);
  },

  "frames that were given when the cable is pulled go home": (kind) => {
    const bench = new DriverBench(kind, { slow: 400 });
    bench.offer(...frames(6, Ask.echo));
    bench.machine.runUntilCycle(bench.machine.now() + 3000);
    bench.plug(false);
    bench.settle();
    bench.waitForWatch();
    expect(bench.figures.sendDropped + bench.sent.length).toBeLessThanOrEqual(6);
    expect([bench.figures.sending, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
  },

  "a flapping cable wakes the driver no more than it must": (kind) => {
    const bench = new DriverBench(kind);
    const before = bench.wakeUps;
    for (let flap = 0; flap < 20; flap++) {
      bench.plug(flap % 2 === 1);
      bench.runTicks(kind.linkTicks);
    }
    expect(bench.wakeUps - before).toBeLessThanOrEqual(40);
  },
});

export const resets = caseGroup("the device is reset behind its back", {
  "at rest: the driver finds out and sets it to work anew": (kind) => {
    const bench = new DriverBench(kind);
    expect(brokenTraffic(bench, 0)).toEqual([]);
    for (let times = 1; times <= 3; times++) {
      bench.nic.reset();
      bench.waitForWatch();
      expect(bench.figures).toMatchObject({ recoveries: times, running: true, posted: bench.figures.wanted });
      expect(brokenTraffic(bench, times * 100)).toEqual([]);
    }
  },

  "at any moment of a burst in both directions: what the device had finished is not lost, all is accounted for": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    const mark = bench.mark();
    for (let cycles = 0; cycles < 9000; cycles += 151) {
      bench.rewind(mark);
      bench.offer(...frames(12, Ask.echo));
      bench.machine.runUntilCycle(bench.machine.now() + cycles);
      bench.nic.reset();
      bench.waitForWatch();
      const { received } = bench.account;
      expect([cycles, bench.taken.length, bench.figures.taken]).toEqual([cycles, received, received]);
      expect([cycles, brokenTraffic(bench, 500)]).toEqual([cycles, []]);
    }
  },

  "while buffers are short, and while the driver waits for net": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 6, buffers: 7, releaseTicks: 40, framesQueue: 2, slow: 3000 });
    bench.offer(...frames(20, Ask.hold));
    bench.runTicks(2);
    bench.nic.reset();
    bench.waitForWatch();
    expect([bench.figures.recoveries, bench.figures.posted]).toEqual([1, 6]);
    bench.arrive(...frames(2, Ask.nothing, 900));
    expect(bench.taken.slice(-2).map(({ number }) => number)).toEqual([900, 901]);
    expect(bench.broken()).toEqual([]);
  },

  "nothing is set to work anew that works: a minute of silence, and one of traffic": (kind) => {
    const bench = new DriverBench(kind);
    bench.runTicks(60_000);
    for (let second = 0; second < 60; second++) {
      bench.runTicks(1000);
      expect(brokenTraffic(bench, second * 10)).toEqual([]);
    }
    expect(bench.figures.recoveries).toBe(0);
  },
});

/** The device stops, and then net gives the driver frames to send. */
function giveToStopped(bench: DriverBench, count: number): void {
  bench.offer(asking(Ask.sendLater, 60, 0, count));
  bench.runTicks(2);
  bench.kind.stop(bench);
  bench.runTicks(SEND_LATER_TICKS);
  expect(bench.figures.sending).toBe(count);
}

export const stops = caseGroup("the device stops", {
  "with frames to send: they are given up and counted, and the device is set to work anew": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    giveToStopped(bench, 5);
    bench.waitForWatch();
    expect(bench.figures.recoveries).toBeGreaterThan(0);
    expect([bench.figures.sending, unaccountedSends(bench)]).toEqual([0, 0]);
    expect(brokenTraffic(bench, 100)).toEqual([]);
  },

  "with frames to receive: they are dropped by the device, and it is set to work anew": (kind) => {
    const bench = new DriverBench(kind);
    bench.runTicks(kind.recoveryTicks);
    kind.stop(bench);
    bench.offer(...frames(30));
    for (let second = 0; second < 4; second++) {
      bench.runTicks(1000);
      bench.offer(...frames(2));
    }
    bench.waitForWatch();
    expect(bench.figures.recoveries).toBeGreaterThan(0);
    expect(brokenTraffic(bench, 100)).toEqual([]);
  },

  "again and again: never for good": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    for (let times = 1; times <= 5; times++) {
      giveToStopped(bench, 2);
      bench.waitForWatch();
      expect(bench.figures.recoveries).toBe(times);
    }
    expect(brokenTraffic(bench, 100)).toEqual([]);
  },
});
