/** How probable a failure is at each moment, and when it is too late. */

import { describe, expect, test } from "vitest";
import { fate, wilson } from "../../../sim/explore/fate.ts";
import { minimise } from "../../../sim/explore/minimise.ts";
import { stageOf } from "../../../sim/explore/replay.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { planted, plantedRepro } from "./planted.ts";

describe("the interval of confidence", () => {
  // Wilson's score interval at 95 %, as published tables have it.
  test.each([[0, 10, 0, 0.2775], [5, 10, 0.2366, 0.7634], [10, 10, 0.7225, 1], [81, 263, 0.2553, 0.3662], [1, 29, 0.0061, 0.1718]])("of %i in %i", (hits, tries, least, most) => {
    const interval = wilson(hits, tries);
    expect(interval.least).toBeCloseTo(least, 3);
    expect(interval.most).toBeCloseTo(most, 3);
  });

  test("of nothing is everything", () => {
    expect(wilson(0, 0)).toEqual({ least: 0, most: 1 });
  });
});

describe("of a run that fails by two crashes", () => {
  const theatre = new Theatre(planted);
  const { repro } = minimise(planted, plantedRepro(theatre), { theatre })!;
  const stage = stageOf(repro, planted);
  const told = fate(stage, repro, { futures: 12, points: 4 })!;
  const crash = repro.deviations.at(-1)!;

  test("it is inevitable right behind the second one, and not before", () => {
    expect(told.inevitableTick).toBe(crash.tick + 1);
    expect(told.sealedBy).toContainEqual(crash);
    expect(told.points.find(({ tick }) => tick === crash.tick)!.failed).toBeLessThan(12);
  });

  test("every point behind that fails in all futures, and bounds hold what was seen", () => {
    for (const { tick, failed, futures, least, most } of told.points) {
      if (tick >= told.inevitableTick) expect(failed).toBe(futures);
      expect(least).toBeLessThanOrEqual(failed / futures);
      expect(most).toBeGreaterThanOrEqual(failed / futures);
    }
    expect(told.points.map(({ tick }) => tick)).toEqual([...told.points.map(({ tick }) => tick)].sort((a, b) => a - b));
  });

  test("it is told in the same numbers each time", () => {
    expect(fate(stage, repro, { futures: 12, points: 4 })).toEqual(told);
  });

  test("a run that does not fail has none", () => {
    const calm = { ...repro, deviations: [] };
    expect(fate(stageOf(calm, planted), calm, { futures: 2 })).toBeNull();
  });
});
