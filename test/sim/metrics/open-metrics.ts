/**
 * OpenMetrics 1.0 text as a strict ingestor reads it: the grammar of its lines (sample-line.ts), and what the
 * specification demands of families, metrics and points. Families must have a type: that the format allows samples
 * without one is of no use here.
 */

import { judgeMetric } from "./metric-rules.ts";
import type { SampleLine } from "./sample-line.ts";
import { readDescriptor, readSample, unescape, Violation } from "./sample-line.ts";

export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly SampleLine[];
}

/** Suffixes of the samples of a type. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = Object.freeze({
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum", "_created"],
  gaugehistogram: ["_bucket", "_gcount", "_gsum"],
  stateset: [""],
  info: ["_info"],
  summary: ["", "_count", "_sum", "_created"],
  unknown: [""],
});

interface Draft {
  readonly name: string;
  readonly descriptors: Map<string, string>;
  readonly samples: SampleLine[];
}

/** All families in order. Throws a Violation that names the line. */
export function readOpenMetrics(bytes: Uint8Array): ReadFamily[] {
  const lines = linesOf(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  const drafts: Draft[] = [];
  lines.forEach((line, i) => {
    try {
      takeLine(drafts, line);
    } catch (error) {
      throw error instanceof Violation ? new Violation(`line ${i + 1}: ${error.message}`) : error;
    }
  });
  const families = drafts.map(finish);
  judgeClashes(families);
  return families;
}

/** The lines before the last, which must be "# EOF" with a line feed or nothing behind it. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (lines.pop() !== "# EOF") throw new Violation("the text does not end in # EOF");
  return lines;
}

function takeLine(drafts: Draft[], line: string): void {
  if (line === "") throw new Violation("a blank line");
  if (line.endsWith("\r")) throw new Violation("a carriage return at a line's end");
  if (line.startsWith("#")) takeDescriptor(drafts, line);
  else takeSample(drafts.at(-1), readSample(line));
}

function takeDescriptor(drafts: Draft[], line: string): void {
  const found = readDescriptor(line);
  if (found === null) throw new Violation(`"${line.slice(0, 30)}" is no metadata`);
  const { keyword, metric, rest } = found;
  if (drafts.at(-1)?.name !== metric) {
    if (drafts.some((draft) => draft.name === metric)) throw new Violation(`the family ${metric} was there before`);
    drafts.push({ name: metric, descriptors: new Map(), samples: [] });
  }
  const draft = drafts.at(-1)!;
  if (draft.samples.length > 0) throw new Violation("metadata behind samples");
  if (draft.descriptors.has(keyword)) throw new Violation(`a second ${keyword}`);
  if (keyword === "TYPE" && !Object.hasOwn(SUFFIXES, rest)) throw new Violation(`"${rest}" is no type`);
  if (keyword === "UNIT" && !/^[a-zA-Z0-9_:]*$/.test(rest)) throw new Violation(`"${rest}" is no unit`);
  draft.descriptors.set(keyword, keyword === "HELP" ? unescape(rest) : rest);
}

function takeSample(draft: Draft | undefined, sample: SampleLine): void {
  const type = draft?.descriptors.get("TYPE");
  const suffixes = (type === undefined ? undefined : SUFFIXES[type]) ?? [];
  if (!suffixes.some((suffix) => sample.metric === `${draft?.name}${suffix}`)) throw new Violation(`${sample.metric} does not belong to ${draft?.name ?? "any family"}`);
  draft?.samples.push(sample);
}

function finish({ name, descriptors, samples }: Draft): ReadFamily {
  const [type, unit, help] = ["TYPE", "UNIT", "HELP"].map((keyword) => descriptors.get(keyword) ?? "") as [string, string, string];
  if (type === "") throw new Violation(`the family ${name} has no type`);
  if (unit !== "" && !name.endsWith(`_${unit}`)) throw new Violation(`${name} does not end in its unit ${unit}`);
  if (unit !== "" && (type === "info" || type === "stateset")) throw new Violation(`${name} is no quantity and has a unit`);
  const family = { name, type, unit, help, samples };
  for (const metric of metricsOf(family)) judgeMetric(type, name, metric);
  return family;
}

/** The samples of each metric: same labels but for those of the point. Once another metric begins, one is over. */
function metricsOf({ name, type, samples }: ReadFamily): SampleLine[][] {
  const own: Readonly<Record<string, string>> = { histogram: "le", gaugehistogram: "le", summary: "quantile", stateset: name };
  const metrics = new Map<string, SampleLine[]>();
  let last = "";
  for (const sample of samples) {
    const key = JSON.stringify([...sample.labels].filter(([label, value]) => label !== own[type] && value !== "").sort());
    const metric = metrics.get(key) ?? [];
    if (key !== last && metric.length > 0) throw new Violation(`the metric ${name}${key} comes twice, or in pieces`);
    metric.push(sample);
    metrics.set(key, metric);
    last = key;
  }
  return [...metrics.values()];
}

/** No sample's name may be one that two families could have. */
function judgeClashes(families: readonly ReadFamily[]): void {
  const owners = new Map<string, string>();
  for (const { name, type } of families) {
    for (const suffix of SUFFIXES[type] ?? []) {
      const owner = owners.get(`${name}${suffix}`);
      if (owner !== undefined) throw new Violation(`${name}${suffix} may be of ${owner} and of ${name}`);
      owners.set(`${name}${suffix}`, name);
    }
  }
}
