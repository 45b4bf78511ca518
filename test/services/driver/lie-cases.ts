/** The driver case suite, lies: whatever a device writes, the driver lives, loses nothing, and goes on. */

import fc from "fast-check";
import { expect } from "vitest";
import { DriverBench } from "./bench.ts";
import type { CaseGroup } from "./case-group.ts";
import { caseGroup, each } from "./case-group.ts";
import type { DriverKind } from "./kind.ts";
import { RINGS } from "./kind.ts";
import { frames } from "./receive-cases.ts";
import { Ask, asking } from "./station.ts";
import { brokenTraffic } from "./trouble-cases.ts";

const RING_WORDS = fc.oneof(fc.constantFrom(0, 1, 7, 0xff, 0xffff_ffff, 0x0007_0000, 0x0000_ffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const SCRIBBLES = Object.freeze({ place: fc.nat(0xffff), value: RING_WORDS, ask: fc.constantFrom(Ask.nothing, Ask.echo, Ask.hold), interrupts: fc.boolean() });

/** Frames come and the driver looks at its device, twice: after that it must be at work. */
function letRecover(bench: DriverBench): void {
  for (let round = 0; round < 2; round++) {
    bench.offer(...frames(20, Ask.nothing, 1000));
    bench.waitForWatch();
  }
}

/** A group for each of the kind's own lies. */
export function liesOf(kind: DriverKind): readonly CaseGroup[] {
  return kind.lies.map((lie) =>
    caseGroup(
      `the device lies: ${lie.name}`,
      each<[number]>([[0], [3], [8]], (before) => `after ${before} frames: the driver lives, no buffer is lost, and traffic passes in the end`, (_kind, before) => {
        const bench = new DriverBench(kind);
        bench.arrive(...frames(before, Ask.echo));
        lie.tell(bench);
        kind.interrupt(bench);
        bench.settle();
        expect([bench.driverLine.fault, bench.lost()]).toEqual([null, []]);
        const { passed, bad } = bench.figures;
        expect([passed - before, bad].every((count) => count <= (lie.inventedMost ?? 0))).toBe(true);
        letRecover(bench);
        expect([brokenTraffic(bench, 2000), bench.taken.every(({ frameBytes }) => frameBytes <= 2048)]).toEqual([[], true]);
      }),
    ),
  );
}

export const scribbles = caseGroup("the device writes anything", {
  "into the rings, at rest: the driver lives, no buffer is lost, and traffic passes in the end": (kind) => {
    const seen = { bad: 0 };
    const steps = fc.array(fc.record(SCRIBBLES), { minLength: 1, maxLength: 30 });
    const property = fc.property(steps, (scribbled) => {
      const bench = new DriverBench(kind, { buffers: 40, releaseTicks: 50 });
      const [at, words] = [bench.partAt(`region.${RINGS}`) >> 2, kind.ringsBytes(bench.numbers) >> 2];
      for (const { place, value, ask, interrupts } of scribbled) {
        bench.machine.ram.i32[at + (place % words)] = value;
        if (interrupts) kind.interrupt(bench);
        bench.arrive(asking(ask));
        expect([bench.driverLine.fault, bench.lost()]).toEqual([null, []]);
      }
      seen.bad += bench.figures.bad + bench.figures.recoveries;
      letRecover(bench);
      expect(brokenTraffic(bench, 2000)).toEqual([]);
    });
    fc.assert(property, { seed: 1, numRuns: 60 });
    expect(seen.bad).toBeGreaterThan(0);
  },

  "into the rings, in the middle of the driver's runs": (kind) => {
    const seen = { bad: 0 };
    const steps = fc.array(fc.record({ ...SCRIBBLES, crossing: fc.nat(12) }), { minLength: 1, maxLength: 20 });
    const property = fc.property(steps, (scribbled) => {
      const bench = new DriverBench(kind, { buffers: 40, releaseTicks: 50 });
      const [at, words] = [bench.partAt(`region.${RINGS}`) >> 2, kind.ringsBytes(bench.numbers) >> 2];
      for (const { place, value, ask, crossing } of scribbled) {
        const before = bench.crossings;
        bench.atCrossing = (number) => {
          if (number === before + crossing) bench.machine.ram.i32[at + (place % words)] = value;
        };
        bench.arrive(asking(ask), asking(Ask.echo));
        expect([bench.driverLine.fault, bench.lost()]).toEqual([null, []]);
      }
      bench.atCrossing = null;
      seen.bad += bench.figures.bad + bench.figures.recoveries;
      letRecover(bench);
      expect(brokenTraffic(bench, 2000)).toEqual([]);
    });
    fc.assert(property, { seed: 2, numRuns: 60 });
    expect(seen.bad).toBeGreaterThan(0);
  },
});
