/** Joins reports over disjoint seeds: in whatever order, it is the same report. */

import { assert } from "../../hal/assert.ts";
import type { FailureCount, Report } from "./report.ts";
import { commonSeed, joinSeeds } from "./seeds.ts";
import type { TreeCount } from "./strategy.ts";

/** Why two reports are none of one campaign; "" if they are. */
export function mergeProblem(left: Report, right: Report): string {
  if (left.experiment !== right.experiment) return "they are about different experiments";
  if (left.strategy !== right.strategy || left.depth !== right.depth) return `one is by ${left.strategy} of depth ${left.depth}, the other by ${right.strategy} of depth ${right.depth}`;
  const seed = commonSeed(left.seeds, right.seeds);
  return seed < 0 ? "" : `both have played seed ${seed}`;
}

/** mergeProblem() must be "". */
export function mergeReports(left: Report, right: Report): Report {
  const fault = mergeProblem(left, right);
  assert(fault === "", `two reports are joined: ${fault}`);
  return Object.freeze<Report>({
    ...left,
    seeds: joinSeeds(left.seeds, right.seeds),
    runs: left.runs + right.runs,
    ticks: left.ticks + right.ticks,
    failedSeeds: joinSeeds(left.failedSeeds, right.failedSeeds),
    failures: mergeFailures(left.failures, right.failures),
    marks: addCounts(left.marks, right.marks),
    faults: addCounts(left.faults, right.faults),
    repeated: left.repeated + right.repeated,
    differed: joinSeeds(left.differed, right.differed),
    tree: addTrees(left.tree, right.tree),
    digest: addDigests(left.digest, right.digest),
  });
}

function mergeFailures(left: readonly FailureCount[], right: readonly FailureCount[]): readonly FailureCount[] {
  const merged = new Map(left.map((failure) => [failure.checker, failure]));
  for (const failure of right) {
    const other = merged.get(failure.checker);
    const joined = other === undefined ? failure : { checker: failure.checker, runs: other.runs + failure.runs, first: other.first.seed < failure.first.seed ? other.first : failure.first };
    merged.set(failure.checker, Object.freeze(joined));
  }
  return Object.freeze([...merged.values()].sort((a, b) => (a.checker < b.checker ? -1 : 1)));
}

/** Names in order, so that two reports with the same counts are the same text. */
export function addCounts(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  const count = (counts: Readonly<Record<string, number>>, name: string): number => (Object.hasOwn(counts, name) ? counts[name] : 0);
  return Object.freeze(Object.fromEntries(names.map((name) => [name, count(left, name) + count(right, name)])));
}

function addTrees(left: TreeCount, right: TreeCount): TreeCount {
  return Object.freeze<TreeCount>({
    pruned: left.pruned + right.pruned,
    expandedAnyway: left.expandedAnyway + right.expandedAnyway,
    contradicted: left.contradicted + right.contradicted,
    cut: left.cut + right.cut,
  });
}

const WORD_DIGITS = 8;

/** Sums of both words: no order, and nothing cancels itself as with exclusive or. */
export function addDigests(left: string, right: string): string {
  const word = (text: string, at: number): number => Number.parseInt(text.slice(at, at + WORD_DIGITS), 16);
  const sum = (at: number): string => ((word(left, at) + word(right, at)) >>> 0).toString(16).padStart(WORD_DIGITS, "0");
  return sum(0) + sum(WORD_DIGITS);
}
