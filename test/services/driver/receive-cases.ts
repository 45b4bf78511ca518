/** The driver case suite, receiving: what holds for every driver when frames come in. */

import { describe, expect, test } from "vitest";
import { DriverBench } from "./bench.ts";
import type { DriverKind } from "./kind.ts";
import { Ask, asking } from "./station.ts";

export function receiveCases(kind: DriverKind): void {
  describe(`${kind.name} driver: receiving`, () => {
    test("frames go on in order, with the device's ordinals, and the ring stays full", () => {
      const bench = new DriverBench(kind);
      const frames = Array.from({ length: 300 }, (_, i) => asking(Ask.nothing, 60 + (i % 700), i));
      for (const frame of frames) bench.arrive(frame);
      expect(bench.taken.map(({ number, frameBytes }) => [number, frameBytes])).toEqual(frames.map((frame, i) => [i, frame.length]));
      expect(bench.taken.map(({ queue, ordinal }) => [queue, ordinal])).toEqual(bench.written.map(({ queue, ordinal }) => [queue, ordinal]));
      expect(bench.figures).toMatchObject({ passed: 300, dropped: 0, bad: 0, posted: bench.figures.wanted });
      expect(bench.broken()).toEqual([]);
    });
  });
}
