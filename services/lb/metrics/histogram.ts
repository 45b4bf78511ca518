/**
 * How long things took: a log-linear histogram of cycles, at a fixed size. Values below 8 have a bucket each; above,
 * every power of two up to 2^32 is cut into 8 equal buckets (the layout that HdrHistogram made known); what is larger
 * lies in one bucket of overflow. So a bucket is at most an eighth of its least value wide: a quantile that is answered
 * by the most of its bucket is never too low, and too high by less than an eighth.
 *
 * Histograms of several machines or runs add up bucket by bucket. Adding a value takes the same few steps always.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";

/** Steps in a power of two, as a power of two itself. */
const STEP_BITS = 3;
const STEPS = 1 << STEP_BITS;
const VALUE_BITS = 32;

/** Position of the bucket of overflow: behind 8 for the values below 8, and 8 for each power of two from there on. */
export const OVERFLOW_BUCKET = (VALUE_BITS - STEP_BITS + 1) * STEPS;
export const BUCKETS = OVERFLOW_BUCKET + 1;

const BUCKET_MAX = 0xffff_ffff;

export const Histogram = layout("Histogram", {
  /** Values counted: the sum of all buckets. */
  count: u64("statistic"),
  /** Their sum, in cycles. */
  sumCycles: u64("statistic"),
  /** A u32 for each bucket. */
  buckets: bytes(BUCKETS * 4)("statistic"),
  /** Values that were no length of time, or that found their bucket or the sum at its end: counted nowhere else. Stays at its end. */
  leftOut: u32("statistic"),
});
export type HistogramAddress = Address<"Histogram">;

/** The bucket of a whole number of cycles, 0 to 2^53-1. */
export function bucketOf(cycles: number): number {
  if (cycles < STEPS) return cycles;
  if (cycles > 0xffff_ffff) return OVERFLOW_BUCKET;
  const exponent = 31 - Math.clz32(cycles);
  return (exponent - STEP_BITS + 1) * STEPS + ((cycles >>> (exponent - STEP_BITS)) & (STEPS - 1));
}

/** The least value of that bucket. */
export function bucketLeast(bucket: number): number {
  if (bucket < STEPS) return bucket;
  return (STEPS + (bucket % STEPS)) * (1 << (Math.floor(bucket / STEPS) - 1));
}

/** The largest value of that bucket: what the one behind it begins with, less one. */
export function bucketMost(bucket: number): number {
  return bucket === OVERFLOW_BUCKET ? Number.MAX_SAFE_INTEGER : bucketLeast(bucket + 1) - 1;
}

/** How many values lie in that bucket. */
export function histogramBucket(memory: Memory, histogram: HistogramAddress, bucket: number): number {
  return memory.i32[bucketIndex(histogram, bucket)] >>> 0;
}

/** Counts a whole number of cycles. What is none, or finds no room any more, is left out of everything but `leftOut`. */
export function histogramAdd(memory: Memory, histogram: HistogramAddress, cycles: number): void {
  const sum = Histogram.sumCycles.get(memory, histogram);
  const proper = cycles >= 0 && cycles <= Number.MAX_SAFE_INTEGER - sum && Math.floor(cycles) === cycles;
  const index = proper ? bucketIndex(histogram, bucketOf(cycles)) : -1;
  if (index < 0 || memory.i32[index] >>> 0 === BUCKET_MAX) return leaveOut(memory, histogram, 1);
  memory.i32[index] += 1;
  Histogram.count.add(memory, histogram, 1);
  Histogram.sumCycles.set(memory, histogram, sum + cycles);
}

/** Adds what `from` counted to `to`. 0, or resourceExhausted if a bucket or the sum of `to` would pass its end; then it is as before. */
export function histogramMerge(memory: Memory, to: HistogramAddress, from: HistogramAddress): number {
  if (Histogram.sumCycles.get(memory, from) > Number.MAX_SAFE_INTEGER - Histogram.sumCycles.get(memory, to)) return Errno.resourceExhausted;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (histogramBucket(memory, from, bucket) > BUCKET_MAX - histogramBucket(memory, to, bucket)) return Errno.resourceExhausted;
  }
  for (let bucket = 0; bucket < BUCKETS; bucket++) memory.i32[bucketIndex(to, bucket)] += memory.i32[bucketIndex(from, bucket)];
  Histogram.count.add(memory, to, Histogram.count.get(memory, from));
  Histogram.sumCycles.add(memory, to, Histogram.sumCycles.get(memory, from));
  leaveOut(memory, to, Histogram.leftOut.get(memory, from));
  return Errno.ok;
}

function leaveOut(memory: Memory, histogram: HistogramAddress, times: number): void {
  Histogram.leftOut.set(memory, histogram, Math.min(BUCKET_MAX, Histogram.leftOut.get(memory, histogram) + times));
}

function bucketIndex(histogram: HistogramAddress, bucket: number): number {
  return (Histogram.buckets.at(histogram) >> 2) + bucket;
}
