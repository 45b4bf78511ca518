import fc from "fast-check";
import { expect, it } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaFormat, arenaHeap } from "../../../kernel/arena.ts";
import { Latency, latencyAdd, latencyBuckets, latencyCreate, latencyPercentile } from "../../../sim/inhabitants/latency.ts";

const BYTES = 4096;
const SEED = 9;

function histograms(): { memory: Memory; one: Address<"Latency"> } {
  const memory = new Memory(new ArrayBuffer(BYTES));
  arenaFormat(memory, 0, BYTES);
  return { memory, one: latencyCreate(arenaHeap(memory, 0)) as Address<"Latency"> };
}

const spans = fc.array(fc.oneof(fc.nat(40), fc.nat(100_000), fc.nat(2 ** 31 - 1), fc.integer({ min: 2 ** 31, max: 2 ** 40 })), { minLength: 1, maxLength: 60 });

it("a percentile is the true one, or above it by a sixteenth at most", () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 1, max: 1_000_000 }), (all, parts) => {
      const { memory, one } = histograms();
      for (const span of all) latencyAdd(memory, one, span);
      const sorted = [...all].sort((a, b) => a - b);
      const truth = sorted[Math.max(0, Math.ceil((all.length * parts) / 1_000_000) - 1)];
      const told = latencyPercentile(memory, one, parts);
      expect(told).toBeGreaterThanOrEqual(truth);
      if (truth < 2 ** 32) expect(told - truth).toBeLessThanOrEqual(truth / 16);
      expect(latencyPercentile(memory, one, 1_000_000)).toBe(sorted.at(-1));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it("every span lies in its bucket, and buckets follow each other without a gap", () => {
  let next = 0;
  for (let span = 0; span < 5000; span++) {
    const { memory, one } = histograms();
    latencyAdd(memory, one, span);
    const [{ fromMicros, toMicros, count }] = latencyBuckets(memory, one);
    expect(count).toBe(1);
    expect(fromMicros <= span && span <= toMicros).toBe(true);
    expect(toMicros - fromMicros).toBeLessThanOrEqual(span / 16);
    if (span === next) expect(fromMicros).toBe(next);
    next = toMicros + 1;
  }
});

it("spans that are too long stand in the last bucket; the longest is kept as it is", () => {
  const { memory, one } = histograms();
  latencyAdd(memory, one, 2 ** 32 - 1);
  latencyAdd(memory, one, 2 ** 45);
  expect(latencyBuckets(memory, one)).toEqual([{ fromMicros: 31 * 2 ** 27, toMicros: 2 ** 32 - 1, count: 2 }]);
  expect(latencyPercentile(memory, one, 1)).toBe(2 ** 45);
});

it("counts, sums and keeps the longest", () => {
  const { memory, one } = histograms();
  for (const span of [1, 5, 700, 5, 90_000]) latencyAdd(memory, one, span);
  expect(Latency.count.get(memory, one)).toBe(5);
  expect(Latency.sumMicros.get(memory, one)).toBe(90_711);
  expect(Latency.maxMicros.get(memory, one)).toBe(90_000);
  expect(latencyBuckets(memory, one).map(({ count }) => count)).toEqual([1, 2, 1, 1]);
});

it("an empty histogram answers 0", () => {
  const { memory, one } = histograms();
  expect(latencyPercentile(memory, one, 500_000)).toBe(0);
  expect(latencyBuckets(memory, one)).toEqual([]);
});
