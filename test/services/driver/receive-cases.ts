/** The driver case suite, receiving: what holds for every driver when frames come in. */

import { expect } from "vitest";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import { Ask, asking } from "./station.ts";

/** Frames with numbers from `first` on. */
export function frames(count: number, ask: number = Ask.nothing, first = 0, bytes: (i: number) => number = () => 60): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => asking(ask, bytes(i), first + i));
}

export const receiving = caseGroup("receiving", {
  "frames go on in order, with the device's ordinals, and the ring stays full": (kind) => {
    const bench = new DriverBench(kind);
    const offered = frames(300, Ask.nothing, 0, (i) => 60 + (i % 700));
    for (const frame of offered) bench.arrive(frame);
    expect(bench.taken.map(({ number, frameBytes }) => [number, frameBytes])).toEqual(offered.map((frame, i) => [i, frame.length]));
    expect(bench.taken.map(({ queue, ordinal }) => [queue, ordinal])).toEqual(bench.written.map(({ queue, ordinal }) => [queue, ordinal]));
    expect(bench.figures).toMatchObject({ passed: 300, dropped: 0, bad: 0, posted: bench.figures.wanted });
    expect(bench.broken()).toEqual([]);
  },

  "a burst at wire speed goes on in order too": (kind) => {
    const bench = new DriverBench(kind, { rxDescriptors: 256, rxPosted: 128, buffers: 256, framesQueue: 256 });
    bench.arrive(...frames(500));
    expect(bench.taken.map(({ number }) => number)).toEqual(Array.from({ length: 500 }, (_, i) => i));
    expect(bench.broken()).toEqual([]);
  },

  "the bytes that net gets are the bytes from the wire": (kind) => {
    const bench = new DriverBench(kind);
    const offered = [60, 61, 64, 65, 127, 1023, 1514, 2048].map((bytes, i) => asking(Ask.echo, bytes, i));
    bench.arrive(...offered);
    expect(bench.sent).toEqual(offered);
  },

  ...each<[number, number]>([[16, 99], [8, 8], [8, 7], [16, 16]], (rxDescriptors, rxPosted) => `a ring of ${rxDescriptors} is never filled completely, though ${rxPosted} are wanted`, (kind, rxDescriptors, rxPosted) => {
    const bench = new DriverBench(kind, { rxDescriptors, rxPosted, buffers: 64 });
    const { posted, wanted } = bench.figures;
    expect(posted).toBe(wanted);
    expect(posted).toBeLessThanOrEqual(Math.min(rxPosted, kind.postedMost(bench.numbers)));
    bench.arrive(...frames(200));
    expect(bench.taken.length + bench.account.noDescriptor).toBe(200);
    bench.runTicks(2);
    expect([bench.figures.posted, bench.broken()]).toEqual([posted, []]);
  }),

  "frames that are not for us are not seen, and cost no wake-up": (kind) => {
    const bench = new DriverBench(kind);
    const [wakeUps, stranger] = [bench.wakeUps, asking(Ask.nothing, 60, 7)];
    stranger.set([2, 9, 9, 9, 9, 9]);
    bench.arrive(stranger, stranger);
    expect([bench.taken.length, bench.account.filtered, bench.wakeUps - wakeUps]).toEqual([0, 2, 0]);
  },

  "a frame that is sent to the machine's own address is taken": (kind) => {
    const bench = new DriverBench(kind);
    const own = asking(Ask.nothing, 60, 7);
    own.set([2, 0, 0, 0, 0, 1]);
    bench.arrive(own);
    expect(bench.taken.map(({ number }) => number)).toEqual([7]);
  },
});

export const buffersAreShort = caseGroup("buffers are short", {
  "fewer than wanted: all that there are are posted, and the machine can come to rest": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 8, buffers: 5 });
    expect([bench.figures.posted, bench.figures.wanted > 5]).toEqual([5, true]);
    bench.arrive(...frames(30));
    expect(bench.taken.length + bench.account.noDescriptor).toBe(30);
    expect(bench.taken.length).toBeGreaterThan(5);
    expect(bench.broken()).toEqual([]);
  },

  "all are held by others: the device drops; when they come home, reception goes on by itself": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 4, buffers: 6, releaseTicks: 10 });
    bench.offer(...frames(8, Ask.hold));
    bench.machine.runUntilTick(8);
    expect([bench.figures.posted, bench.account.noDescriptor]).toEqual([0, 2]);
    expect(bench.figures.interrupts).toBeLessThanOrEqual(7);
    bench.machine.runUntilTick(25);
    expect(bench.figures.posted).toBe(4);
    bench.arrive(...frames(3, Ask.nothing, 100));
    expect(bench.taken.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 100, 101, 102]);
    expect(bench.broken()).toEqual([]);
  },

  "again and again: each drought ends, and no buffer is lost in any": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 6, buffers: 9, releaseTicks: 10 });
    for (let drought = 1; drought <= 20; drought++) {
      bench.machine.runUntilTick(10 * drought + 2);
      bench.offer(...frames(9 + (drought % 4), Ask.hold, drought * 100));
      bench.runTicks(4);
      expect([bench.figures.posted, bench.station.held]).toEqual([0, 9]);
      bench.machine.runUntilTick(10 * drought + 12);
      expect([bench.figures.posted, bench.broken()]).toEqual([6, []]);
    }
    const before = bench.taken.length;
    bench.arrive(...frames(5, Ask.echo, 5000));
    expect(bench.taken.slice(before).map(({ number }) => number)).toEqual([5000, 5001, 5002, 5003, 5004]);
  },

  "a finished transmission gives its buffer back for receiving": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 4, buffers: 5, txDescriptors: 64 });
    for (const frame of frames(40, Ask.echo)) bench.arrive(frame);
    expect([bench.sent.length, bench.account.noDescriptor]).toEqual([40, 0]);
    expect(bench.broken()).toEqual([]);
  },
});
