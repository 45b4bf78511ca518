/**
 * A histogram of spans of time in microseconds (thousandths of a tick): every span up to 31 has a bucket of its own, beyond
 * that each doubling is divided into 16 alike, so that a percentile is right to a sixteenth. Whole numbers throughout; spans
 * of 2^32 and more (over an hour) stand in the last bucket.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";

export const CYCLES_PER_MICROSECOND = 1000;

/** Buckets of one doubling: a power of two. */
const DIVISIONS = 16;
const DIVISION_BITS = 4;
const SPAN_MAX = 2 ** 32 - 1;
const BUCKETS = bucketOf(SPAN_MAX) + 1;
const MILLION = 1_000_000;

/** Behind it lie the buckets' counts. */
export const Latency = layout("Latency", {
  count: u64("statistic"),
  sumMicros: u64("statistic"),
  maxMicros: u64("statistic"),
  reserved: i32,
});

type LatencyAddress = Address<"Latency">;

/** One bucket that is not empty: spans from `fromMicros` to `toMicros`, both included. */
export interface LatencyBucket {
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly count: number;
}

/** An empty histogram. Its address, or -5. */
export function latencyCreate(heap: Heap): number {
  const bytes = Latency.size + BUCKETS * 4;
  const at = heap.allocate(bytes);
  if (at >= 0) heap.memory.fill(at, bytes, 0);
  return at;
}

export function latencyAdd(memory: Memory, latency: LatencyAddress, micros: number): void {
  Latency.count.add(memory, latency, 1);
  Latency.sumMicros.add(memory, latency, micros);
  if (micros > Latency.maxMicros.get(memory, latency)) Latency.maxMicros.set(memory, latency, micros);
  memory.i32[wordOf(latency) + bucketOf(Math.min(micros, SPAN_MAX))] += 1;
}

/**
 * The span that `parts` of a million of all spans do not exceed, to a sixteenth: the upper end of the bucket in which it
 * lies, but no more than the longest span there was. 0 for an empty histogram.
 */
export function latencyPercentile(memory: Memory, latency: LatencyAddress, parts: number): number {
  const rank = Math.max(1, Math.ceil((Latency.count.get(memory, latency) * parts) / MILLION));
  const longest = Latency.maxMicros.get(memory, latency);
  let passed = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    passed += memory.i32[wordOf(latency) + bucket];
    if (passed >= rank) return bucket === BUCKETS - 1 ? longest : Math.min(longest, lowestOf(bucket + 1) - 1);
  }
  return longest;
}

/** The buckets that are not empty, from the shortest span on. */
export function latencyBuckets(memory: Memory, latency: LatencyAddress): LatencyBucket[] {
  const buckets: LatencyBucket[] = [];
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = memory.i32[wordOf(latency) + bucket];
    if (count > 0) buckets.push({ fromMicros: lowestOf(bucket), toMicros: lowestOf(bucket + 1) - 1, count });
  }
  return buckets;
}

/** Spans below two divisions are their own bucket; 2^k is the first of its doubling's 16. */
function bucketOf(micros: number): number {
  if (micros < 2 * DIVISIONS) return micros;
  const doubling = 31 - Math.clz32(micros);
  return (doubling - DIVISION_BITS) * DIVISIONS + (micros >>> (doubling - DIVISION_BITS));
}

/** The shortest span of a bucket. */
function lowestOf(bucket: number): number {
  if (bucket < 2 * DIVISIONS) return bucket;
  const doubling = Math.floor(bucket / DIVISIONS) - 1;
  return (bucket - doubling * DIVISIONS) * 2 ** doubling;
}

function wordOf(latency: LatencyAddress): number {
  return (latency + Latency.size) >> 2;
}
