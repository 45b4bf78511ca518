/** The driver case suite, shutdown: the device is off, and every buffer is at home. */

import { expect } from "vitest";
import type { BenchNumbers } from "./bench.ts";
import { DriverBench } from "./bench.ts";
import { caseGroup, each } from "./case-group.ts";
import { NIC } from "./kind.ts";
import { frames } from "./receive-cases.ts";
import { Ask, asking } from "./station.ts";
import { unaccountedSends } from "./transmit-cases.ts";

export const shutdown = caseGroup("shutdown", {
  ...each<[string, BenchNumbers, number[]]>([
    ["at rest", {}, [Ask.shutdown]],
    ["after traffic", {}, [Ask.echo, Ask.echo, Ask.nothing, Ask.shutdown]],
    ["twice", {}, [Ask.shutdown, Ask.shutdown]],
    ["while buffers are short", { rxPosted: 8, buffers: 3 }, [Ask.nothing, Ask.shutdown]],
    ["with frames behind it", { buffers: 24 }, [Ask.echo, Ask.shutdown, Ask.echo, Ask.nothing, Ask.nothing]],
    ["with a full transmit ring", { buffers: 48 }, [Ask.flood, Ask.shutdown]],
    ["while net is slow", { framesQueue: 2, slow: 2000 }, [...Array<number>(12).fill(Ask.nothing), Ask.shutdown, Ask.nothing]],
    ["while frames are held", { buffers: 24, releaseTicks: 5 }, [Ask.hold, Ask.hold, Ask.echo, Ask.shutdown, Ask.hold]],
  ], (name) => `${name}: answered, the device is off, all buffers are home`, (kind, _name, numbers, asks) => {
    const bench = new DriverBench(kind, numbers);
    bench.offer(...asks.map((ask, i) => asking(ask, 1514, i)));
    bench.settle();
    bench.runTicks(10);
    expect([bench.station.answered, bench.figures.running, bench.figures.posted, bench.figures.sending]).toEqual([1000, false, 0, 0]);
    expect([bench.buffersInUse, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
    const { passed, dropped, bad } = bench.figures;
    expect([passed + dropped + bad, bench.taken.length]).toEqual([bench.account.received, passed]);
    const { linkDown, received } = bench.account;
    bench.arrive(...frames(3, Ask.echo));
    expect(bench.account.received).toBe(received);
    expect(bench.account.linkDown).toBe(linkDown + 3);
  }),

  "frames that come to a driver that has shut down go home, counted": (kind) => {
    const bench = new DriverBench(kind, { transmitQueue: 8 });
    bench.stallWire(3_000_000);
    bench.offer(asking(Ask.shutdown, 60), asking(Ask.echo, 60, 1));
    bench.settle();
    expect([bench.buffersInUse, unaccountedSends(bench), bench.broken()]).toEqual([0, 0, []]);
  },

  "a frame that arrives at every moment of it: the device writes nothing into buffers that went home": (kind) => {
    // The station takes its time with the call, so that a long frame can arrive meanwhile.
    const bench = new DriverBench(kind, { slow: 2600 });
    const mark = bench.mark();
    for (let cycles = 0; cycles < 4000; cycles += 5) {
      bench.rewind(mark);
      bench.offer(asking(Ask.shutdown));
      bench.machine.offer(NIC, asking(Ask.nothing, 1514), bench.machine.now() + 13_000 + cycles);
      while (bench.figures.running) bench.machine.step();
      const written = bench.written.length;
      bench.settle();
      const { taken } = bench.figures;
      expect([cycles, bench.written.length, taken, bench.account.received, bench.buffersInUse]).toEqual([cycles, written, written, written, 0]);
    }
  },

  "frames that leave meanwhile: afterwards the device sends nothing": (kind) => {
    const bench = new DriverBench(kind, { buffers: 48 });
    bench.offer(asking(Ask.sendMany, 60, 1, 6), asking(Ask.shutdown, 60, 2));
    while (bench.figures.running) bench.machine.step();
    const sent = bench.sent.length;
    bench.settle();
    expect([bench.sent.length - sent, unaccountedSends(bench), bench.buffersInUse]).toEqual([0, 0, 0]);
  },

  "a driver that has shut down runs no more by itself": (kind) => {
    const bench = new DriverBench(kind, { rxPosted: 8, buffers: 5 });
    bench.arrive(asking(Ask.shutdown));
    const { runs } = bench;
    bench.runTicks(3 * kind.watchTicks);
    expect(bench.runs).toBe(runs);
  },

  "an unknown call is refused and changes nothing": (kind) => {
    const bench = new DriverBench(kind);
    bench.arrive(asking(Ask.callUnknown), asking(Ask.nothing));
    expect([bench.station.answered < 1000, bench.taken.length, bench.figures.running]).toEqual([true, 2, true]);
  },
});
