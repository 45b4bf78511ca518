/** `veridian merge`: joins the reports of campaigns over parts of the seeds to that of the whole. */

import { mergeProblem, mergeReports } from "../../explore/merge.ts";
import { readReport } from "../../explore/read-report.ts";
import type { Report } from "../../explore/report.ts";
import type { Problem } from "../../problem.ts";
import { problem, problemsIn } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { reportLines } from "../explore/report-text.ts";
import { judgeOutput, readSoundText, writeOutput } from "../files.ts";
import type { Options } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { exitOf } from "./explore.ts";

const FILE_BYTES_MAX = 256 * 1024 * 1024;

export const merge: Command = Object.freeze<Command>({
  name: "merge",
  summary: "join reports of veridian explore over parts of the seeds",
  description: `Each FILE was written by veridian explore --out, on this machine or elsewhere, for one experiment and
strategy. They must have no seed in common. The report and the exit code are those of one campaign
over all of their seeds.`,
  positionals: ["FILE..."],
  options: [
    { name: "marks", help: "a mark or fault of the experiment that no seed reached is a failure too" },
    { name: "out", value: "FILE", help: "write the report there" },
    { name: "json", help: "print the report as one JSON object" },
  ],
  examples: [
    ["veridian merge a.json b.json", "what two shards came to together"],
    ["veridian merge shard-*.json --json --out all.json", "the same for programs"],
  ],
  run: mergeCommand,
});

function mergeCommand(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const out = options.text("out");
  judgeOutput("--out", out, problems);
  const report = mergeFiles(options.positionals, problems);
  if (report === null || problems.length > 0) return refuse(terminal, "merge", problems);
  if (out !== undefined) writeOutput("--out", out, `${JSON.stringify(report)}\n`, problems);
  terminal.out(options.has("json") ? `${JSON.stringify(report)}\n` : reportLines(report, new Map(), terminal));
  if (problems.length > 0) return refuse(terminal, "merge", problems);
  return exitOf(report, options.has("marks"));
}

function mergeFiles(paths: readonly string[], problems: Problem[]): Report | null {
  let merged: Report | null = null;
  for (const path of paths) {
    const report = readFile(path, problems);
    if (report === null) continue;
    const fault = merged === null ? "" : mergeProblem(merged, report);
    if (fault !== "") problems.push(problem(path, `it does not go with the files before it: ${fault}`, "reports of one experiment and strategy over disjoint seeds"));
    else merged = merged === null ? report : mergeReports(merged, report);
  }
  return merged;
}

function readFile(path: string, problems: Problem[]): Report | null {
  const text = readSoundText(path, path, FILE_BYTES_MAX, problems);
  if (text === null) return null;
  const inside: Problem[] = [];
  const report = readReport(text, inside);
  problems.push(...problemsIn(path, inside));
  return report;
}
