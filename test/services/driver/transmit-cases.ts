/** The driver case suite, sending: what holds for every driver when net gives it frames. */

import { expect } from "vitest";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import { frames } from "./receive-cases.ts";
import { Ask, asking } from "./station.ts";

/** Every frame given to the driver is sent, dropped and counted, or still in the ring. */
export function unaccountedSends(bench: DriverBench): number {
  const { sent, sendDropped, strange, sending } = bench.figures;
  return bench.station.given - sent - sendDropped - strange - sending;
}

export const sending = caseGroup("sending", {
  "frames leave unaltered, in order, round the ring many times": (kind) => {
    const bench = new DriverBench(kind, { buffers: 64 });
    const offered = frames(100, Ask.echo, 0, (i) => 60 + i);
    for (const frame of offered) bench.arrive(frame);
    expect(bench.sent).toEqual(offered);
    expect([bench.figures.sendDropped, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
  },

  "the ring is full: never completely, the rest is dropped and counted, and sending goes on": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48, txDescriptors: 8 });
    bench.offer(asking(Ask.flood));
    let most = 0;
    while (!bench.machine.quiet()) {
      bench.machine.step();
      most = Math.max(most, bench.figures.sending);
    }
    expect(most).toBe(kind.sendingMost(bench.numbers));
    expect(bench.figures.sendDropped).toBeGreaterThan(0);
    expect([unaccountedSends(bench), bench.broken()]).toEqual([0, []]);
    const before = bench.sent.length;
    bench.arrive(...frames(5, Ask.echo));
    expect(bench.sent.length).toBe(before + 5);
  },

  "the wire stalls: the ring fills, and when the stall is over all that is in it leaves; nothing hangs": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48, txDescriptors: 8 });
    const most = kind.sendingMost(bench.numbers);
    bench.stallWire(20_000_000);
    bench.offer(...frames(most + 12, Ask.echo));
    bench.runTicks(5);
    expect([bench.sent.length, bench.figures.sending]).toEqual([0, most]);
    expect(bench.figures.sendDropped).toBe(12);
    bench.runTicks(30);
    expect(bench.sent.length).toBe(most);
    for (let round = 0; round < 3; round++) bench.arrive(...frames(4, Ask.echo, 100 * round));
    expect(bench.sent.length).toBe(most + 12);
    expect([bench.figures.recoveries, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
  },

  "stalls of every length up to a frame's time, while the ring is as full as it gets: none is the last": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48, txDescriptors: 8 });
    for (let cycles = 100; cycles <= 15_000; cycles += 149) {
      bench.stallWire(cycles);
      bench.arrive(...frames(9, Ask.echo, cycles));
      expect([bench.figures.sending <= kind.sendingMost(bench.numbers), unaccountedSends(bench)]).toEqual([true, 0]);
    }
    expect(bench.figures.recoveries).toBe(0);
    expect(bench.broken()).toEqual([]);
    const before = bench.sent.length;
    bench.arrive(asking(Ask.echo));
    expect(bench.sent.length).toBe(before + 1);
  },

  ...each<[number]>([[20], [41], [59], [60], [61]], (bytes) => `a frame of ${bytes} bytes leaves with as many as its wire wants`, (kind, bytes) => {
    const bench = new DriverBench(kind);
    bench.arrive(asking(Ask.sendBytes, 60, 0, bytes));
    const wanted = new Uint8Array(Math.max(bytes, kind.frameBytesMin));
    wanted.fill(0xa5, 0, bytes);
    expect(bench.sent).toEqual([wanted]);
  }),

  ...each<[string, number]>([["no length", Ask.sendEmpty], ["a length beyond the buffer", Ask.sendHuge]], (name) => `${name}: not sent, counted, its buffer goes home`, (kind, _name, ask) => {
    const bench = new DriverBench(kind);
    bench.arrive(asking(ask), asking(Ask.echo));
    expect([bench.figures.sendDropped, bench.sent.length, bench.driverLine.fault]).toEqual([1, 1, null]);
    expect(bench.broken()).toEqual([]);
  }),

  "a handle that is stale is net's mistake: counted, and the driver lives": (kind) => {
    const bench = new DriverBench(kind);
    bench.arrive(asking(Ask.sendStale), asking(Ask.nothing));
    expect([bench.figures.strange, bench.driverLine.fault, bench.taken.length]).toEqual([1, null, 2]);
    expect(bench.broken()).toEqual([]);
  },

  "a message that the driver does not know leaves no buffer with it": (kind) => {
    const bench = new DriverBench(kind);
    bench.arrive(asking(Ask.sendUnknown), asking(Ask.callUnknown));
    expect([bench.sent.length, bench.driverLine.fault, bench.station.answered < 1000]).toEqual([0, null, true]);
    expect(bench.broken()).toEqual([]);
  },
});
