/** What a histogram of latencies says in a few numbers: how many, the mean, percentiles, the longest. */

import type { LatencyBucket } from "../inhabitants/latency.ts";

export interface LatencySummary {
  readonly count: number;
  readonly meanMicros: number;
  /** By how many of a million do not exceed it: "500000", "900000", "990000", "999000". */
  readonly percentileMicros: Readonly<Record<string, number>>;
  readonly maxMicros: number;
}

/** A half, nine tenths, 99 and 99.9 of a hundred. */
export const PERCENTILE_PARTS: readonly number[] = Object.freeze([500_000, 900_000, 990_000, 999_000]);

const MILLION = 1_000_000;

/**
 * Of buckets of one division, from any number of histograms. A percentile is the upper end of the bucket in which it lies
 * (nearest rank), but no more than the longest latency there was.
 */
export function latencySummary(buckets: readonly LatencyBucket[], sumMicros: number, maxMicros: number): LatencySummary {
  const merged = mergeBuckets(buckets);
  const count = merged.reduce((sum, bucket) => sum + bucket.count, 0);
  const percentiles = PERCENTILE_PARTS.map((parts) => [String(parts), Math.min(maxMicros, percentileOf(merged, count, parts))] as const);
  return Object.freeze({ count, meanMicros: count === 0 ? 0 : Math.round(sumMicros / count), percentileMicros: Object.freeze(Object.fromEntries(percentiles)), maxMicros });
}

/** Buckets in order, those of one span added up. */
export function mergeBuckets(buckets: readonly LatencyBucket[]): LatencyBucket[] {
  const counts = new Map<number, LatencyBucket>();
  for (const bucket of buckets) counts.set(bucket.fromMicros, { ...bucket, count: bucket.count + (counts.get(bucket.fromMicros)?.count ?? 0) });
  return [...counts.values()].sort((a, b) => a.fromMicros - b.fromMicros);
}

/** Upper end of the bucket that holds the `parts` of a million; 0 where there are none. */
function percentileOf(buckets: readonly LatencyBucket[], count: number, parts: number): number {
  const rank = Math.max(1, Math.ceil((count * parts) / MILLION));
  let passed = 0;
  for (const bucket of buckets) {
    passed += bucket.count;
    if (passed >= rank) return bucket.toMicros;
  }
  return 0;
}
