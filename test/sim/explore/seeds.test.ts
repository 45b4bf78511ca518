import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonSeed, countSeeds, joinSeeds, seedsText, shardOf } from "../../../sim/explore/seeds.ts";
import type { SeedRange } from "../../../sim/explore/seeds.ts";

const seeds = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
/** The ranges of a set of seeds, one by one, in any order. */
const rangesOf = (list: readonly number[]): readonly SeedRange[] => joinSeeds(list.map((seed): SeedRange => [seed, seed]), []);
const membersOf = (ranges: readonly SeedRange[]): number[] => ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

describe("ranges of seeds", () => {
  test("hold what was put in, in order, what touches joined", () => {
    fc.assert(fc.property(seeds, seeds, (left, right) => {
      const joined = joinSeeds(rangesOf(left), rangesOf(right));
      const all = [...new Set([...left, ...right])].sort((a, b) => a - b);
      expect(membersOf(joined)).toEqual(all);
      expect(countSeeds(joined)).toBe(all.length);
      joined.slice(1).forEach(([first], i) => expect(first).toBeGreaterThan(joined[i]![1] + 1));
    }), { seed: 7 });
  });

  test("the first seed in both", () => {
    fc.assert(fc.property(seeds, seeds, (left, right) => {
      const both = left.filter((seed) => right.includes(seed)).sort((a, b) => a - b);
      expect(commonSeed(rangesOf(left), rangesOf(right))).toBe(both[0] ?? -1);
    }), { seed: 7 });
  });

  test("for people", () => expect(seedsText([[1, 1], [3, 9]])).toBe("1,3..9"));
});

describe("shards of a range", () => {
  test("follow each other, leave nothing out, and differ by one at most", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), (first, count, shards) => {
      const parts = Array.from({ length: shards }, (_, i) => shardOf([first, first + count - 1], i + 1, shards));
      const sizes = parts.map((part) => (part === null ? 0 : part[1] - part[0] + 1));
      expect(parts.flatMap((part) => (part === null ? [] : membersOf([part])))).toEqual(membersOf([[first, first + count - 1]]));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }), { seed: 7 });
  });

  test("nothing is left for the third of two seeds", () => expect([1, 2, 3].map((i) => shardOf([5, 6], i, 3))).toEqual([null, [5, 5], [6, 6]]));
  test("a shard that there is not", () => expect(() => shardOf([1, 2], 3, 2)).toThrow("shard 3 is one of 2"));
});
