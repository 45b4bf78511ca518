/** `veridian flips`: flips bits in every structure of hal and kernel, one a run, and tells what becomes of them. */

import type { FlipReport, FlipRow } from "../../explore/bit-flips.ts";
import { drawFlips, flipReport } from "../../explore/bit-flips.ts";
import { FLIP_CLASSES, FlipStage } from "../../explore/flip-stage.ts";
import { structureAt, structureNumbers } from "../../faults/memory/structures.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import { closest } from "../../suggest.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import { openExperiment } from "../explore/open-experiment.ts";
import { FlipCrew } from "../flips/crew.ts";
import type { Options } from "../options.ts";
import { readNumber } from "../run-setup.ts";
import type { Terminal } from "../terminal.ts";
import { percent, tableLines } from "../text.ts";

const PER_STRUCTURE = 100;
const PER_STRUCTURE_MAX = 1_000_000;
const SEED_MAX = 0xffff_ffff;
const JOBS_MAX = 64;
const TOLD_EVERY = 500;

export const flips: Command = Object.freeze<Command>({
  name: "flips",
  summary: "flip bits in every structure of hal and kernel, and see whether anybody notices",
  description: `EXPERIMENT is a bundled one; its own faults stay away. In each run one bit of one structure flips once, at a
tick before the last request is decided. What becomes of it:
  masked    requests and frames are what they are without it
  detected  an invariant (asked every ten ticks), a checker, a panic, an exception or a watchdog noticed it
  fault     a process ended, and the kernel dealt with that
  wrong     a request or a frame came out otherwise, and nobody noticed
The table counts them by structure; wrong results are listed by field. The same seed flips the same bits.`,
  positionals: ["EXPERIMENT"],
  options: [
    { name: "per-structure", value: "N", help: `flips in each structure (without it: ${PER_STRUCTURE})` },
    { name: "structure", value: "NAME", repeats: true, help: "only in this one, as the table names it" },
    { name: "seed", value: "N", help: "of bits and ticks (without it: 1)" },
    { name: "jobs", value: "N", help: "threads (without it: 1)" },
    { name: "json", help: "print the report as one JSON object" },
  ],
  examples: [
    ["veridian flips process --per-structure 20 --jobs 2", "20 bits of each structure"],
    ["veridian flips process --structure processes --per-structure 1000", "one structure, closely"],
  ],
  run: flipsCommand,
});

function flipsCommand(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const opened = openExperiment(options.positionals[0] ?? "", problems);
  const perStructure = readNumber(options, "per-structure", PER_STRUCTURE, PER_STRUCTURE_MAX, problems);
  const seed = readNumber(options, "seed", 1, SEED_MAX, problems);
  const jobs = readNumber(options, "jobs", 1, JOBS_MAX, problems);
  if (opened === null || problems.length > 0) return refuse(terminal, "flips", problems);
  const stage = new FlipStage(opened.experiment);
  const names = options.list("structure");
  judgeNames(stage, names, problems);
  if (problems.length > 0) return refuse(terminal, "flips", problems);
  const all = drawFlips(stage.theatre.world.machine, stage.lastTick, perStructure, seed, names);
  let toldOf = 0;
  const flipped = new FlipCrew(opened.text, stage, all).play(jobs, (done) => {
    if (done < toldOf + TOLD_EVERY) return;
    toldOf = done;
    terminal.err(`${done} of ${all.length} flips\n`);
  });
  const report = flipReport(flipped);
  if (options.has("json")) terminal.out(`${JSON.stringify({ schema: 1, experiment: opened.text, seed, perStructure, ...report, flips: flipped })}\n`);
  else terminal.out(reportText(report, terminal));
  return Exit.fine;
}

function judgeNames({ theatre }: FlipStage, names: readonly string[], problems: Problem[]): void {
  const { machine } = theatre.world;
  const known = structureNumbers(machine).map((number) => structureAt(machine, number).name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const meant = closest(name, known);
    problems.push(problem(`--structure ${name}`, "there is no such structure", meant === "" ? `one of ${known.join(", ")}` : `${meant}, perhaps`));
  }
}

function reportText({ rows, total, detectors, wrong }: FlipReport, terminal: Terminal): string {
  const head = ["structure", "flips", ...FLIP_CLASSES.flatMap((name) => [name, ""])];
  const sides = ["left", "right", ...FLIP_CLASSES.flatMap(() => ["right", "right"] as const)] as const;
  const lines = tableLines([head, ...rows.map(cells), cells(total)], sides, terminal.columns);
  const listed = (title: string, counts: readonly (readonly [string, number])[]): string =>
    counts.length === 0 ? "" : `\n${title}\n${counts.map(([name, flips]) => `  ${String(flips).padStart(6)}  ${name}\n`).join("")}`;
  return `${lines.join("\n")}\n${listed("detected by", detectors)}${listed("wrong results by field", wrong)}`;
}

function cells({ structure, flips: played, counts }: FlipRow): readonly string[] {
  return [structure, String(played), ...FLIP_CLASSES.flatMap((name) => [String(counts[name]), percent(counts[name], played)])];
}
