/** Ranges of seeds: both ends included, in order, not touching. And how a range is divided among machines and workers. */

import { assert } from "../../hal/assert.ts";

export type SeedRange = readonly [first: number, last: number];

export function countSeeds(ranges: readonly SeedRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** Both together: in order, what touches joined. A seed that is in both is in the answer once. */
export function joinSeeds(left: readonly SeedRange[], right: readonly SeedRange[]): readonly SeedRange[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...left, ...right].sort((a, b) => a[0] - b[0])) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return Object.freeze(joined.map(([first, last]) => Object.freeze([first, last] as const)));
}

/** The first seed that is in both; -1 if there is none. */
export function commonSeed(left: readonly SeedRange[], right: readonly SeedRange[]): number {
  for (const [first, last] of left) {
    const hit = right.find((range) => range[0] <= last && range[1] >= first);
    if (hit !== undefined) return Math.max(first, hit[0]);
  }
  return -1;
}

/** Part `index` of `count` (from 1) of a range: the parts follow each other, and their sizes differ by one at most. Null if nothing is left for it. */
export function shardOf([first, last]: SeedRange, index: number, count: number): SeedRange | null {
  assert(index >= 1 && index <= count, `shard ${index} is one of ${count}`);
  const seeds = last - first + 1;
  const from = first + Math.floor((seeds * (index - 1)) / count);
  const to = first + Math.floor((seeds * index) / count) - 1;
  return to < from ? null : Object.freeze([from, to] as const);
}

/** "1..100,200": for people. */
export function seedsText(ranges: readonly SeedRange[]): string {
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}..${last}`)).join(",");
}
