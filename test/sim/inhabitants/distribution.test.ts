import { describe, expect, it } from "vitest";
import { constantly, drawFrom, largestOf } from "../../../sim/inhabitants/distribution.ts";
import { DrawSite } from "../../../sim/chance/draw.ts";

const DRAWS = 20_000;
const SEED = 5;

function draws(distribution: Parameters<typeof drawFrom>[0], entity = 1): number[] {
  return Array.from({ length: DRAWS }, (_, ordinal) => drawFrom(distribution, SEED, DrawSite.backendService, entity, ordinal));
}

describe("a distribution", () => {
  it("of one value is that value", () => {
    expect(new Set(draws(constantly(7)))).toEqual(new Set([7]));
  });

  it("of no steps is 0", () => {
    expect(drawFrom({ steps: [] }, SEED, DrawSite.backendService, 1, 1)).toBe(0);
  });

  it("gives every value of a step the same chance, both ends included", () => {
    const drawn = draws({ steps: [{ parts: 1_000_000, from: 3, to: 6 }] });
    for (const value of [3, 4, 5, 6]) {
      const times = drawn.filter((one) => one === value).length;
      expect(times).toBeGreaterThan(DRAWS / 4 - 300);
      expect(times).toBeLessThan(DRAWS / 4 + 300);
    }
    expect(Math.min(...drawn)).toBe(3);
    expect(Math.max(...drawn)).toBe(6);
  });

  it("gives each step its parts, to the edge", () => {
    const drawn = draws({
      steps: [
        { parts: 900_000, from: 1, to: 1 },
        { parts: 99_000, from: 10, to: 20 },
        { parts: 1_000, from: 1000, to: 1000 },
      ],
    });
    expect(drawn.filter((value) => value === 1).length / DRAWS).toBeCloseTo(0.9, 2);
    expect(drawn.filter((value) => value >= 10 && value <= 20).length / DRAWS).toBeCloseTo(0.099, 2);
    const rare = drawn.filter((value) => value === 1000).length;
    expect(rare).toBeGreaterThan(5);
    expect(rare).toBeLessThan(40);
  });

  it("never takes a step of no parts", () => {
    const steps = [
      { parts: 0, from: 5, to: 5 },
      { parts: 1_000_000, from: 1, to: 1 },
      { parts: 0, from: 9, to: 9 },
    ];
    expect(new Set(draws({ steps }))).toEqual(new Set([1]));
    expect(largestOf({ steps })).toBe(1);
  });

  it("is drawn anew by each entity, and the same way each time", () => {
    const wide = { steps: [{ parts: 1_000_000, from: 0, to: 1_000_000 }] };
    expect(draws(wide, 1)).toEqual(draws(wide, 1));
    expect(draws(wide, 1)).not.toEqual(draws(wide, 2));
  });

  it("does not let the step tell the value", () => {
    const drawn = draws({
      steps: [
        { parts: 500_000, from: 0, to: 99 },
        { parts: 500_000, from: 100, to: 199 },
      ],
    });
    const lower = drawn.filter((value) => value < 100);
    expect(lower.reduce((sum, value) => sum + value, 0) / lower.length).toBeCloseTo(49.5, -1);
    expect(Math.max(...lower)).toBe(99);
  });

  it("has a largest value", () => {
    expect(largestOf({ steps: [] })).toBe(0);
    expect(largestOf({ steps: [{ parts: 1, from: 2, to: 9 }] })).toBe(9);
  });
});
