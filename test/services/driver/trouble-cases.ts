/** The driver case suite, trouble: links that go, devices that are reset, that stop, that lie. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DriverBench } from "./bench.ts";
import type { DriverKind } from "./kind.ts";
import { RINGS } from "./kind.ts";
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

export function troubleCases(kind: DriverKind): void {
  linkCases(kind);
  resetCases(kind);
  stopCases(kind);
  lieCases(kind);
  scribbleCases(kind);
}

function linkCases(kind: DriverKind): void {
  describe(`${kind.name} driver: the cable`, () => {
    test("while it is out nothing is received, what is sent is dropped and counted; when it is in again, traffic passes", () => {
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
    });

    test("it is pulled at any moment of a burst in both directions: everything is accounted for", () => {
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
    });

    test("frames that net gives while there is no link go home", () => {
      const bench = new DriverBench(kind, { slow: 400 });
      bench.offer(...frames(6, Ask.echo));
      bench.machine.runUntilCycle(bench.machine.now() + 3000);
      bench.plug(false);
      bench.settle();
      bench.waitForWatch();
      expect(bench.figures.sendDropped + bench.sent.length).toBeLessThanOrEqual(6);
      expect([bench.figures.sending, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
    });

    test("a flapping cable wakes the driver no more than it must", () => {
      const bench = new DriverBench(kind);
      const before = bench.wakeUps;
      for (let flap = 0; flap < 20; flap++) {
        bench.plug(flap % 2 === 1);
        bench.runTicks(kind.linkTicks);
      }
      expect(bench.wakeUps - before).toBeLessThanOrEqual(40);
    });
  });
}

function resetCases(kind: DriverKind): void {
  describe(`${kind.name} driver: the device is reset behind its back`, () => {
    test("at rest: the driver finds out and sets it to work anew", () => {
      const bench = new DriverBench(kind);
      expect(brokenTraffic(bench, 0)).toEqual([]);
      for (let times = 1; times <= 3; times++) {
        bench.nic.reset();
        bench.waitForWatch();
        expect(bench.figures).toMatchObject({ recoveries: times, running: true, posted: bench.figures.wanted });
        expect(brokenTraffic(bench, times * 100)).toEqual([]);
      }
    });

    test("at any moment of a burst in both directions: what the device had finished is not lost, all is accounted for", () => {
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
    });

    test("while buffers are short, and while the driver waits for net", () => {
      const bench = new DriverBench(kind, { rxPosted: 6, buffers: 7, releaseTicks: 40, framesQueue: 2, slow: 3000 });
      bench.offer(...frames(20, Ask.hold));
      bench.runTicks(2);
      bench.nic.reset();
      bench.waitForWatch();
      expect([bench.figures.recoveries, bench.figures.posted]).toEqual([1, 6]);
      bench.arrive(...frames(2, Ask.nothing, 900));
      expect(bench.taken.slice(-2).map(({ number }) => number)).toEqual([900, 901]);
      expect(bench.broken()).toEqual([]);
    });

    test("nothing is set to work anew that works: a minute of silence, and one of traffic", () => {
      const bench = new DriverBench(kind);
      bench.runTicks(60_000);
      for (let second = 0; second < 60; second++) {
        bench.runTicks(1000);
        expect(brokenTraffic(bench, second * 10)).toEqual([]);
      }
      expect(bench.figures.recoveries).toBe(0);
    });
  });
}

/** The device stops, and then net gives the driver frames to send. */
function giveToStopped(bench: DriverBench, count: number): void {
  bench.offer(asking(Ask.sendLater, 60, 0, count));
  bench.runTicks(2);
  bench.kind.stop(bench);
  bench.runTicks(SEND_LATER_TICKS);
  expect(bench.figures.sending).toBe(count);
}

function stopCases(kind: DriverKind): void {
  describe(`${kind.name} driver: the device stops`, () => {
    test("with frames to send: they are given up and counted, and the device is set to work anew", () => {
      const bench = new DriverBench(kind, { buffers: 48 });
      giveToStopped(bench, 5);
      bench.waitForWatch();
      expect(bench.figures.recoveries).toBeGreaterThan(0);
      expect([bench.figures.sending, unaccountedSends(bench)]).toEqual([0, 0]);
      expect(brokenTraffic(bench, 100)).toEqual([]);
    });

    test("with frames to receive: they are dropped by the device, and it is set to work anew", () => {
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
    });

    test("again and again: never for good", () => {
      const bench = new DriverBench(kind, { buffers: 48 });
      for (let times = 1; times <= 5; times++) {
        giveToStopped(bench, 2);
        bench.waitForWatch();
        expect(bench.figures.recoveries).toBe(times);
      }
      expect(brokenTraffic(bench, 100)).toEqual([]);
    });
  });
}

function lieCases(kind: DriverKind): void {
  describe.each(kind.lies.map((lie) => ({ ...lie, lie })))(`${kind.name} driver: the device lies: $name`, ({ lie }) => {
    test.each([0, 3, 8])("after %i frames: the driver lives, no buffer is lost, and traffic passes in the end", (before) => {
      const bench = new DriverBench(kind);
      bench.arrive(...frames(before, Ask.echo));
      lie.tell(bench);
      kind.interrupt(bench);
      bench.settle();
      expect([bench.driverLine.fault, bench.lost()]).toEqual([null, []]);
      const { passed, bad } = bench.figures;
      expect([passed - before, bad].every((count) => count <= (lie.inventedMost ?? 0))).toBe(true);
      for (let round = 0; round < 2; round++) {
        bench.offer(...frames(20, Ask.nothing, 1000));
        bench.waitForWatch();
      }
      expect([brokenTraffic(bench, 2000), bench.taken.every(({ frameBytes }) => frameBytes <= 2048)]).toEqual([[], true]);
    });
  });
}

function scribbleCases(kind: DriverKind): void {
  test(`${kind.name} driver: whatever stands in the rings, the driver lives, no buffer is lost, and traffic passes in the end`, () => {
    const value = fc.oneof(fc.constantFrom(0, 1, 7, 0xff, 0xffff_ffff, 0x0007_0000, 0x0000_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
    const scribble = fc.record({ place: fc.nat(0xffff), value, ask: fc.constantFrom(Ask.nothing, Ask.echo, Ask.hold), interrupts: fc.boolean() });
    let seen = 0;
    fc.assert(
      fc.property(fc.array(scribble, { minLength: 1, maxLength: 30 }), (steps) => {
        const bench = new DriverBench(kind, { buffers: 40, releaseTicks: 50 });
        const [at, words] = [bench.partAt(`region.${RINGS}`) >> 2, kind.ringsBytes(bench.numbers) >> 2];
        for (const { place, value, ask, interrupts } of steps) {
          bench.machine.ram.i32[at + (place % words)] = value;
          if (interrupts) kind.interrupt(bench);
          bench.arrive(asking(ask));
          expect([bench.driverLine.fault, bench.lost()]).toEqual([null, []]);
        }
        seen += bench.figures.bad + bench.figures.recoveries;
        for (let round = 0; round < 2; round++) {
          bench.offer(...frames(20, Ask.nothing, 1000));
          bench.waitForWatch();
        }
        expect(brokenTraffic(bench, 2000)).toEqual([]);
      }),
      { seed: 1, numRuns: 60 },
    );
    expect(seen).toBeGreaterThan(0);
  });
}
