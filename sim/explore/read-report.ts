/** A report's text, judged: it was written by `veridian explore --out`, perhaps elsewhere, perhaps not whole. */

import type { Problem } from "../problem.ts";
import { PROBLEMS_MAX, problem } from "../problem.ts";
import { brief, MemberReader } from "../registers/member-reader.ts";
import { readRepro } from "./read-repro.ts";
import type { FailureCount, Report } from "./report.ts";
import type { SeedRange } from "./seeds.ts";
import { joinSeeds } from "./seeds.ts";
import { DEPTH_MAX } from "./strategies/catalogue.ts";
import type { StrategyName, TreeCount } from "./strategy.ts";
import { SEED_MAX, STRATEGY_NAMES } from "./strategy.ts";

const EXPERIMENT_CHARACTERS_MAX = 1_000_000;
const NAME_CHARACTERS_MAX = 200;
const RANGES_MAX = 1_000_000;
const NAMES_MAX = 10_000;
const CHECKERS_MAX = 1000;
const COUNT_MAX = Number.MAX_SAFE_INTEGER;
const DIGEST = /^[0-9a-f]{16}$/;

/** Null, and problems in the list, if the text is no report. */
export function readReport(text: string, problems: Problem[]): Report | null {
  const value = parse(text, problems);
  if (value === null) return null;
  const found: Problem[] = [];
  const file = new MemberReader(value, "", found);
  file.whole("schema", 1, 1);
  const report = Object.freeze<Report>({
    schema: 1,
    experiment: file.text("experiment", EXPERIMENT_CHARACTERS_MAX),
    strategy: readStrategy(file),
    depth: file.whole("depth", 0, DEPTH_MAX),
    seeds: readRanges(file, "seeds"),
    runs: file.whole("runs", 0, COUNT_MAX),
    ticks: file.whole("ticks", 0, COUNT_MAX),
    failedSeeds: readRanges(file, "failedSeeds"),
    failures: readFailures(file, found),
    marks: readCounts(file, "marks"),
    faults: readCounts(file, "faults"),
    repeated: file.whole("repeated", 0, COUNT_MAX),
    differed: readRanges(file, "differed"),
    tree: readTree(file, found),
    digest: readDigest(file),
  });
  problems.push(...found.slice(0, PROBLEMS_MAX));
  return found.length > 0 ? null : report;
}

function parse(text: string, problems: Problem[]): object | null {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
    problems.push(problem("", `this is ${brief(value)}`, "an object with experiment and seeds"));
  } catch (error) {
    problems.push(problem("", `this is no JSON (${error instanceof Error ? error.message : String(error)})`, "what `veridian explore --out` wrote"));
  }
  return null;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readStrategy(file: MemberReader): StrategyName {
  const name = file.get("strategy");
  const known = STRATEGY_NAMES.find((candidate) => candidate === name);
  if (known === undefined) file.complain("strategy", `one of ${STRATEGY_NAMES.join(", ")}`);
  return known ?? "random";
}

function readDigest(file: MemberReader): string {
  const digest = file.text("digest", NAME_CHARACTERS_MAX);
  if (!DIGEST.test(digest)) file.complain("digest", "16 digits 0-9 a-f");
  return digest;
}

/** In order, apart from each other. */
function readRanges(file: MemberReader, name: string): readonly SeedRange[] {
  const list = file.get(name);
  const sound = Array.isArray(list) && list.length <= RANGES_MAX && list.every(isRange) && list.every((range, i) => i === 0 || (list[i - 1] as SeedRange)[1] + 1 < range[0]);
  if (!sound) file.complain(name, `at most ${RANGES_MAX} ranges [first, last] of seeds from 1 to ${SEED_MAX}, in order`);
  return sound ? joinSeeds([], list as SeedRange[]) : [];
}

function isRange(value: unknown): value is SeedRange {
  return Array.isArray(value) && value.length === 2 && value.every((seed) => Number.isSafeInteger(seed) && seed >= 1 && seed <= SEED_MAX) && value[0] <= value[1];
}

function readCounts(file: MemberReader, name: string): Readonly<Record<string, number>> {
  const value = file.get(name);
  const entries = isObject(value) ? Object.entries(value) : [];
  const sound = isObject(value) && entries.length <= NAMES_MAX && entries.every(([key, count]) => key !== "__proto__" && key.length <= NAME_CHARACTERS_MAX && Number.isSafeInteger(count) && count >= 0);
  if (!sound) file.complain(name, "an object of counts by name");
  return Object.freeze(sound ? Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) : {});
}

function readFailures(file: MemberReader, found: Problem[]): readonly FailureCount[] {
  const list = file.get("failures");
  if (!Array.isArray(list) || list.length > CHECKERS_MAX || !list.every(isObject)) {
    file.complain("failures", `a list of at most ${CHECKERS_MAX} objects`);
    return [];
  }
  return Object.freeze(list.map((item, index) => readFailure(new MemberReader(item, `failures[${index}]`, found), found)).filter((failure) => failure !== null));
}

function readFailure(item: MemberReader, found: Problem[]): FailureCount | null {
  const checker = item.text("checker", NAME_CHARACTERS_MAX);
  const runs = item.whole("runs", 1, COUNT_MAX);
  const inside: Problem[] = [];
  const first = readRepro(JSON.stringify(item.get("first") ?? null), inside);
  if (first === null) item.complain("first", `a run that failed (${inside[0]?.found ?? ""})`);
  return first === null || found.length > 0 ? null : Object.freeze({ checker, runs, first });
}

function readTree(file: MemberReader, found: Problem[]): TreeCount {
  const value = file.get("tree");
  if (!isObject(value)) file.complain("tree", "an object of counts");
  const tree = new MemberReader(isObject(value) ? value : { pruned: 0, expandedAnyway: 0, contradicted: 0, cut: 0 }, "tree", found);
  const count = (name: string): number => tree.whole(name, 0, COUNT_MAX);
  return Object.freeze<TreeCount>({ pruned: count("pruned"), expandedAnyway: count("expandedAnyway"), contradicted: count("contradicted"), cut: count("cut") });
}
