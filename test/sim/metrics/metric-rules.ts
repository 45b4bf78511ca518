/** What the OpenMetrics 1.0 specification demands of the samples of one metric, by type. */

import type { SampleLine } from "./sample-line.ts";
import { readNumber, Violation } from "./sample-line.ts";

/** Throws a Violation. The samples have the labels of one metric, and names that its type allows. */
export function judgeMetric(type: string, family: string, samples: readonly SampleLine[]): void {
  for (const sample of samples) judgeSample(type, family, sample);
  for (const point of pointsOf(family, samples)) {
    const keys = point.map((sample) => JSON.stringify([sample.metric, [...sample.labels].sort()]));
    if (type !== "histogram" && new Set(keys).size < keys.length) throw new Violation(`${family}: a sample comes twice`);
    if (type === "histogram" || type === "gaugehistogram") judgeHistogram(type, family, point);
    if (type === "counter" && !point.some((sample) => sample.metric === `${family}_total`)) throw new Violation(`${family} has no total`);
  }
}

/** Points of a metric have growing timestamps; without timestamps there is one. */
function pointsOf(family: string, samples: readonly SampleLine[]): SampleLine[][] {
  const points: SampleLine[][] = [];
  for (const sample of samples) {
    const before = points.at(-1)?.[0]?.timestamp;
    if (before === sample.timestamp) points.at(-1)!.push(sample);
    else {
      if (before !== undefined && !(before !== null && sample.timestamp !== null && sample.timestamp > before)) throw new Violation(`${family}: points go back in time`);
      points.push([sample]);
    }
  }
  return points;
}

function judgeSample(type: string, family: string, { metric, value, text, labels, hasExemplar }: SampleLine): void {
  const suffix = metric.slice(family.length);
  const isHistogram = type === "histogram" || type === "gaugehistogram";
  if (/^_(total|sum|count)$/.test(suffix) && !(value >= 0)) throw new Violation(`${metric} is ${text}, and only grows from 0`);
  if (/^_(bucket|g?count)$/.test(suffix) && !(value >= 0 && Number.isInteger(value))) throw new Violation(`${metric} is ${text}, and counts`);
  if (suffix === "_bucket" && (!labels.has("le") || Number.isNaN(readNumber(labels.get("le")!)))) throw new Violation(`${metric} has no threshold`);
  if (suffix !== "_bucket" && isHistogram && labels.has("le")) throw new Violation(`${metric} has a threshold`);
  if (type === "info" && value !== 1) throw new Violation(`${metric} is ${text}, not 1`);
  if (type === "stateset" && (!labels.has(family) || (value !== 0 && value !== 1))) throw new Violation(`${metric} is no state`);
  if (hasExemplar && suffix !== "_total" && suffix !== "_bucket") throw new Violation(`${metric} may have no exemplar`);
}

/** Thresholds grow, values do not shrink, the last is +Inf; sum and count go together, and the count is that of +Inf. */
function judgeHistogram(type: string, family: string, point: readonly SampleLine[]): void {
  const buckets = point.filter((sample) => sample.metric === `${family}_bucket`);
  const thresholds = buckets.map((bucket) => readNumber(bucket.labels.get("le")!));
  const one = (suffix: string): SampleLine | undefined => {
    const found = point.filter((sample) => sample.metric === `${family}${suffix}`);
    if (found.length > 1) throw new Violation(`${family}: a sample comes twice`);
    return found[0];
  };
  const letter = type === "histogram" ? "" : "g";
  const [sum, count] = [one(`_${letter}sum`), one(`_${letter}count`)];
  for (let i = 1; i < buckets.length; i++) {
    if (!(thresholds[i]! > thresholds[i - 1]!)) throw new Violation(`${family}: thresholds do not grow at ${buckets[i]!.labels.get("le")}`);
    if (buckets[i]!.value < buckets[i - 1]!.value) throw new Violation(`${family}: buckets are not cumulative at ${buckets[i]!.labels.get("le")}`);
  }
  if (buckets.at(-1)?.labels.get("le") !== "+Inf") throw new Violation(`${family} has no bucket +Inf`);
  if ((sum === undefined) !== (count === undefined)) throw new Violation(`${family} has one of sum and count`);
  if (count !== undefined && count.value !== buckets.at(-1)!.value) throw new Violation(`${family}: its count is not its bucket +Inf`);
  if (sum !== undefined && type === "histogram" && thresholds[0]! < 0) throw new Violation(`${family} has a sum and negative thresholds`);
}
