import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { Errno } from "../../../../kernel/errno.ts";
import type { HistogramAddress } from "../../../../services/lb/metrics/histogram.ts";
import { BUCKETS, Histogram, OVERFLOW_BUCKET, bucketLeast, bucketMost, bucketOf, histogramAdd, histogramBucket, histogramMerge } from "../../../../services/lb/metrics/histogram.ts";

const FIRST = 8 as HistogramAddress;
const SECOND = (FIRST + Histogram.size + 8) as HistogramAddress;
const BEHIND = SECOND + Histogram.size;

function memoryFor(): Memory {
  return new Memory(new ArrayBuffer(BEHIND + 8));
}

/** Whole numbers that spread evenly over the powers of two, the same in every run. */
function spread(count: number): number[] {
  let state = 12_345;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state;
  };
  return Array.from({ length: count }, () => {
    const shift = (next() >>> 8) % 32;
    return next() >>> shift;
  });
}

const counts = (memory: Memory, histogram: HistogramAddress): number[] => Array.from({ length: BUCKETS }, (_, bucket) => histogramBucket(memory, histogram, bucket));
const books = (memory: Memory, histogram: HistogramAddress) => ({
  count: Histogram.count.get(memory, histogram),
  sum: Histogram.sumCycles.get(memory, histogram),
  leftOut: Histogram.leftOut.get(memory, histogram),
  inBuckets: counts(memory, histogram).reduce((sum, each) => sum + each, 0),
});

describe("buckets", () => {
  test("lie side by side from 0 to 2^53-1: no gap, no overlap, and each holds its own bounds", () => {
    expect(bucketLeast(0)).toBe(0);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      expect([bucket, bucketOf(bucketLeast(bucket)), bucketOf(bucketMost(bucket))]).toEqual([bucket, bucket, bucket]);
      if (bucket < OVERFLOW_BUCKET) expect([bucket, bucketMost(bucket) + 1]).toEqual([bucket, bucketLeast(bucket + 1)]);
    }
    expect([bucketLeast(OVERFLOW_BUCKET), bucketMost(OVERFLOW_BUCKET), OVERFLOW_BUCKET]).toEqual([2 ** 32, Number.MAX_SAFE_INTEGER, 240]);
  });

  test("cut every power of two from 8 to 2^32 into eight of one width; below, each value has its own", () => {
    for (let exponent = 3; exponent < 32; exponent++) {
      const first = bucketOf(2 ** exponent);
      const widths = Array.from({ length: 8 }, (_, step) => bucketMost(first + step) - bucketLeast(first + step) + 1);
      expect([exponent, bucketLeast(first), ...widths]).toEqual([exponent, 2 ** exponent, ...new Array<number>(8).fill(2 ** (exponent - 3))]);
    }
    for (let value = 0; value < 16; value++) expect([bucketLeast(bucketOf(value)), bucketMost(bucketOf(value))]).toEqual([value, value]);
  });

  test("are at most an eighth of their least value wide: so far is a quantile off, and never too low", () => {
    const values = spread(5_000);
    const memory = memoryFor();
    for (const value of values) histogramAdd(memory, FIRST, value);
    const sorted = [...values].sort((a, b) => a - b);
    for (let permille = 0; permille < 1000; permille++) {
      const rank = Math.floor((permille * sorted.length) / 1000);
      let [bucket, before] = [0, 0];
      while (before + histogramBucket(memory, FIRST, bucket) <= rank) before += histogramBucket(memory, FIRST, bucket++);
      const [exact, answered] = [sorted[rank]!, bucketMost(bucket)];
      expect(answered).toBeGreaterThanOrEqual(exact);
      expect((answered - exact) * 8).toBeLessThan(Math.max(exact, 1));
    }
  });
});

describe("a histogram", () => {
  test("counts values where they belong, and touches nothing beside it", () => {
    const memory = memoryFor();
    for (const value of [0, 7, 8, 8, 4096, 2 ** 32 - 1, 2 ** 32, 2 ** 40]) histogramAdd(memory, SECOND, value);
    const expected = new Array<number>(BUCKETS).fill(0);
    Object.assign(expected, { 0: 1, 7: 1, 8: 2, [bucketOf(4096)]: 1, 239: 1, 240: 2 });
    expect(counts(memory, SECOND)).toEqual(expected);
    expect(books(memory, SECOND)).toEqual({ count: 8, sum: 23 + 4096 + 2 ** 33 - 1 + 2 ** 40, leftOut: 0, inBuckets: 8 });
    expect(memory.u8.subarray(0, SECOND).every((byte) => byte === 0) && memory.u8.subarray(BEHIND).every((byte) => byte === 0)).toBe(true);
  });

  test("leaves out what is no length of time, and counts that", () => {
    const memory = memoryFor();
    for (const value of [-1, 0.5, Number.NaN, Infinity, -Infinity, 2 ** 53]) histogramAdd(memory, FIRST, value);
    expect(books(memory, FIRST)).toEqual({ count: 0, sum: 0, leftOut: 6, inBuckets: 0 });
  });

  test("leaves out what would pass the end of a bucket or of the sum, and the rest goes on", () => {
    const memory = memoryFor();
    memory.i32[(Histogram.buckets.at(FIRST) >> 2) + 3] = -2;
    for (let i = 0; i < 3; i++) histogramAdd(memory, FIRST, 3);
    expect([histogramBucket(memory, FIRST, 3), Histogram.count.get(memory, FIRST), Histogram.sumCycles.get(memory, FIRST), Histogram.leftOut.get(memory, FIRST)]).toEqual([0xffff_ffff, 1, 3, 2]);
    Histogram.sumCycles.set(memory, FIRST, Number.MAX_SAFE_INTEGER - 10);
    histogramAdd(memory, FIRST, 11);
    histogramAdd(memory, FIRST, 10);
    expect([Histogram.sumCycles.get(memory, FIRST), Histogram.leftOut.get(memory, FIRST)]).toEqual([Number.MAX_SAFE_INTEGER, 3]);
    Histogram.leftOut.set(memory, FIRST, 0xffff_ffff);
    histogramAdd(memory, FIRST, -1);
    expect(Histogram.leftOut.get(memory, FIRST)).toBe(0xffff_ffff);
  });
});

describe("two histograms", () => {
  test("merged are what one would have counted", () => {
    const memory = memoryFor();
    const together = memoryFor();
    spread(2_000).forEach((value, i) => {
      histogramAdd(memory, i % 3 === 0 ? FIRST : SECOND, value);
      histogramAdd(together, FIRST, value);
    });
    for (const histogram of [FIRST, SECOND]) histogramAdd(memory, histogram, -1);
    const kept = counts(memory, SECOND);
    expect(histogramMerge(memory, FIRST, SECOND)).toBe(Errno.ok);
    expect(counts(memory, FIRST)).toEqual(counts(together, FIRST));
    expect(books(memory, FIRST)).toEqual({ ...books(together, FIRST), leftOut: 2 });
    expect(counts(memory, SECOND)).toEqual(kept);
  });

  test("that do not fit together stay as they are", () => {
    const memory = memoryFor();
    histogramAdd(memory, FIRST, 5);
    histogramAdd(memory, SECOND, 5);
    memory.i32[(Histogram.buckets.at(FIRST) >> 2) + OVERFLOW_BUCKET] = -1;
    histogramAdd(memory, SECOND, 2 ** 33);
    const before = memory.u8.slice();
    expect(histogramMerge(memory, FIRST, SECOND)).toBe(Errno.resourceExhausted);
    expect(memory.u8).toEqual(before);
    memory.i32[(Histogram.buckets.at(FIRST) >> 2) + OVERFLOW_BUCKET] = -2;
    Histogram.sumCycles.set(memory, FIRST, Number.MAX_SAFE_INTEGER - 2 ** 33 - 4);
    expect(histogramMerge(memory, FIRST, SECOND)).toBe(Errno.resourceExhausted);
    Histogram.sumCycles.set(memory, FIRST, Number.MAX_SAFE_INTEGER - 2 ** 33 - 5);
    expect(histogramMerge(memory, FIRST, SECOND)).toBe(Errno.ok);
    expect([histogramBucket(memory, FIRST, OVERFLOW_BUCKET), Histogram.sumCycles.get(memory, FIRST)]).toEqual([0xffff_ffff, Number.MAX_SAFE_INTEGER]);
  });
});
