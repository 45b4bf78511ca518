/**
 * Metric families as text: OpenMetrics 1.0 (the specification at prometheus.io, "Text format"). Families come in the order
 * in which they are given, each with its type, its unit if it has one, and a line of help; nothing but what is given is
 * written, so the same families give the same bytes.
 */

/** A label's name and its value. Names are ours; values may be anything. */
export type Labels = readonly (readonly [name: string, value: string])[];

export interface Sample {
  readonly labels: Labels;
  readonly value: Value;
}

/** A whole number as it is, or a time: so many billionths of a second. */
export type Value = number | { readonly nanoseconds: number };

export interface PlainFamily {
  readonly type: "counter" | "gauge" | "info";
  /** Without the suffix that its type gives to samples; with its unit. */
  readonly name: string;
  readonly unit?: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One distribution of times, without labels. */
export interface HistogramFamily {
  readonly type: "histogram";
  readonly name: string;
  readonly unit: "seconds";
  readonly help: string;
  /** Cumulative: how many values are at most so many nanoseconds, thresholds growing. The last bucket is added. */
  readonly buckets: readonly (readonly [nanoseconds: number, values: number])[];
  readonly count: number;
  readonly sumNanoseconds: number;
}

export type Family = PlainFamily | HistogramFamily;

const SUFFIX = Object.freeze({ counter: "_total", gauge: "", info: "_info" });
const NANOSECONDS = 1_000_000_000;
const FRACTION_DIGITS = 9;
/** Smaller powers of ten are written with an exponent. */
const LEAST_PLAIN_EXPONENT = -4;

export function expositionText(families: readonly Family[]): string {
  return `${families.map(familyText).join("")}# EOF\n`;
}

/** Seconds in decimal digits, exact: "0.0", "1.000000001". For a whole number of nanoseconds below 2^53. */
export function secondsText(nanoseconds: number): string {
  const rest = nanoseconds % NANOSECONDS;
  const digits = String(rest).padStart(FRACTION_DIGITS, "0").replace(/0+$/, "");
  return `${(nanoseconds - rest) / NANOSECONDS}.${digits === "" ? "0" : digits}`;
}

/** The same as a threshold is written ("Canonical Numbers"): as %g does it in Go, "1.5e-08", "0.0001", "1.0". */
export function thresholdText(nanoseconds: number): string {
  const written = String(nanoseconds);
  const exponent = written.length - 1 - FRACTION_DIGITS;
  if (nanoseconds === 0 || exponent < -FRACTION_DIGITS || exponent >= LEAST_PLAIN_EXPONENT) return secondsText(nanoseconds);
  const digits = written.replace(/0+$/, "");
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${mantissa}e-${String(-exponent).padStart(2, "0")}`;
}

function familyText(family: Family): string {
  const { name, type, unit, help } = family;
  const head = [`# TYPE ${name} ${type}`, ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]), `# HELP ${name} ${escapeText(help)}`];
  return [...head, ...(family.type === "histogram" ? histogramLines(family) : plainLines(family))].map((line) => `${line}\n`).join("");
}

function plainLines({ name, type, samples }: PlainFamily): string[] {
  return samples.map(({ labels, value }) => `${name}${SUFFIX[type]}${labelsText(labels)} ${valueText(value)}`);
}

function histogramLines({ name, buckets, count, sumNanoseconds }: HistogramFamily): string[] {
  const bucket = (threshold: string, values: number): string => `${name}_bucket${labelsText([["le", threshold]])} ${values}`;
  return [
    ...buckets.map(([nanoseconds, values]) => bucket(thresholdText(nanoseconds), values)),
    bucket("+Inf", count),
    `${name}_count ${count}`,
    `${name}_sum ${secondsText(sumNanoseconds)}`,
  ];
}

function labelsText(labels: Labels): string {
  return labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${escapeText(value)}"`).join(",")}}`;
}

function valueText(value: Value): string {
  return typeof value === "number" ? String(value) : secondsText(value.nanoseconds);
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
