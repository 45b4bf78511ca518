/** A campaign's report for people, and for programs that read lines. Both are the same however many worked on it. */

import { EXCUSED } from "../../explore/marks.ts";
import type { Report } from "../../explore/report.ts";
import { missedFaults, missedMarks, seedsFailed, seedsPlayed } from "../../explore/report.ts";
import type { Repro } from "../../explore/repro-file.ts";
import { seedsText } from "../../explore/seeds.ts";
import type { Terminal } from "../terminal.ts";
import { some } from "../inspection/page.ts";
import { count } from "../text.ts";

/** Seeds that failed are listed up to so many characters. */
const LIST_CHARACTERS = 200;

/** A few lines. `files` says where the first failed run of each checker is. */
export function reportLines(report: Report, files: ReadonlyMap<string, string>, terminal: Terminal): string {
  const { strategy, depth, seeds, runs, ticks } = report;
  const by = depth === 0 ? strategy : `${strategy} of depth ${depth}`;
  const lines = [
    `${terminal.paintOut("bold", nameOf(report))}: ${some(seedsPlayed(report), "seed")}${seeds.length === 0 ? "" : ` (${cut(seedsText(seeds))})`} by ${by}, ${some(runs, "run")}, ${some(ticks, "tick")}`,
    ...treeLines(report),
    ...coverage("marks", report.marks, missedMarks(report)),
    ...coverage("faults", report.faults, missedFaults(report)),
    ...excusedLines(report),
    repeatedLine(report, terminal),
    ...failureLines(report, files, terminal),
    `digest ${report.digest}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** A whole experiment says what it is called; whoever wrote the report saw to that. */
function nameOf({ experiment }: Report): string {
  return /^\{"name":"([^"\\]*)"/.exec(experiment)?.[1] ?? (experiment.startsWith("{") ? "an experiment" : experiment);
}

function cut(text: string): string {
  return text.length <= LIST_CHARACTERS ? text : `${text.slice(0, LIST_CHARACTERS)}...`;
}

function treeLines({ strategy, tree }: Report): string[] {
  if (strategy !== "dfs") return [];
  const { pruned, expandedAnyway, contradicted, cut: skipped } = tree;
  return [`branches: ${count(pruned)} pruned as seen before; ${count(expandedAnyway)} of those seen played on all the same, ${count(contradicted)} ended otherwise; ${count(skipped)} not looked at`];
}

function coverage(what: string, counts: Readonly<Record<string, number>>, missed: readonly string[]): string[] {
  const names = Object.keys(counts);
  if (names.length === 0) return [];
  return [`${what}: ${names.length - missed.length} of ${names.length} reached${missed.length === 0 ? "" : `, not ${missed.join(", ")}`}`];
}

/** Recovery is judged only where it was promised: how often it was not, people should know. */
function excusedLines({ marks }: Report): string[] {
  const excused = marks[EXCUSED] ?? 0;
  return excused === 0 ? [] : [`recovery not judged: ${some(excused, "seed")}, in which a process was given up, or nobody restarts it`];
}

function repeatedLine({ repeated, differed }: Report, terminal: Terminal): string {
  if (repeated === 0) return "played again: none of them";
  if (differed.length === 0) return `played again: ${some(repeated, "seed")}, all the same`;
  return terminal.paintOut("red", `played again: ${some(repeated, "seed")}; not the same: ${cut(seedsText(differed))}`);
}

function failureLines(report: Report, files: ReadonlyMap<string, string>, terminal: Terminal): string[] {
  if (report.failures.length === 0) return [terminal.paintOut("green", "nothing failed")];
  const head = `${terminal.paintOut("red", `${some(seedsFailed(report), "seed")} failed`)}: ${cut(seedsText(report.failedSeeds))}`;
  return [head, ...report.failures.flatMap(({ checker, runs, first }) => failureOf(checker, runs, first, files.get(checker)))];
}

function failureOf(checker: string, runs: number, { seed, failure, deviations }: Repro, file: string | undefined): string[] {
  const where = failure === null ? "" : ` at tick ${failure.tick}, ${failure.place}: ${failure.text}`;
  const lines = [`  ${checker}: ${some(runs, "seed")}, first ${seed}${where} (${some(deviations.length, "deviation")})`];
  return file === undefined ? lines : [...lines, `    see it again: veridian replay ${file}`];
}

/** Of a run that failed. */
export function failedLine({ seed, failure, deviations, hash, ticks }: Repro): string {
  return `${JSON.stringify({ type: "failed", seed, checker: failure?.checker, place: failure?.place, text: failure?.text, tick: failure?.tick, deviations: deviations.length, ticks, hash })}\n`;
}

/** The last one. */
export function summaryLine(report: Report): string {
  return `${JSON.stringify({ type: "summary", ...report })}\n`;
}
