/** `veridian explore`: plays an experiment for many seeds, and says what did not hold, and how to see it again. */

import { mergeReports } from "../../explore/merge.ts";
import type { Report } from "../../explore/report.ts";
import { missedFaults, missedMarks } from "../../explore/report.ts";
import { emptyReport } from "../../explore/report.ts";
import { strategyOf } from "../../explore/strategies/catalogue.ts";
import { STRATEGY_NAMES } from "../../explore/strategy.ts";
import type { Problem } from "../../problem.ts";
import type { Command } from "../command.ts";
import { Exit, refuse } from "../command.ts";
import type { Crew } from "../explore/crew.ts";
import { crewOf, sharesOf } from "../explore/crew.ts";
import type { OpenedExperiment } from "../explore/open-experiment.ts";
import { openExperiment } from "../explore/open-experiment.ts";
import type { ShareDone } from "../explore/orders.ts";
import { Progress } from "../explore/progress.ts";
import { failedLine, reportLines, summaryLine } from "../explore/report-text.ts";
import { writeRepros } from "../explore/repro-files.ts";
import type { ExploreSettings } from "../explore/settings.ts";
import { readSettings, SEEDS_DEFAULT } from "../explore/settings.ts";
import { judgeFolder, judgeOutput, writeOutput } from "../files.ts";
import type { Options } from "../options.ts";
import { exclusive } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { packageVersion } from "../version.ts";

export const explore: Command = Object.freeze<Command>({
  name: "explore",
  summary: "play an experiment for many seeds, and see whether all that must hold does, whatever breaks",
  description: `EXPERIMENT is a bundled experiment's name or a JSON file. Each seed breaks other things: "random" draws by the
experiment's rules; "swarm" draws which rules, how often, when, and under which configuration; "pct" lets
processes run in another order, by priorities with --depth change points; "dfs" tries every set of at most
--depth deviations, branch after branch. One seed in twenty is played again on a machine of its own.
What comes out does not depend on --jobs, nor on how seeds are divided (--shard, --out, and veridian merge).
Exit code 1 if something did not hold: then the first run of each checker that spoke, made smaller, is in a
file for veridian replay. Exit code 3 if a seed that was played again did something else.`,
  positionals: ["EXPERIMENT"],
  options: [
    { name: "seeds", value: "A..B", help: `which seeds; N is 1..N (without it and --time-budget: ${SEEDS_DEFAULT})` },
    { name: "time-budget", value: "S", help: "begin nothing new after so many seconds" },
    { name: "strategy", value: "NAME", help: `one of ${STRATEGY_NAMES.join(", ")} (without it: random)` },
    { name: "depth", value: "N", help: "pct: turns that must come in a certain order (3); dfs: deviations at most (2)" },
    { name: "jobs", value: "N", help: "so many threads (without it: 1)" },
    { name: "shard", value: "I/N", help: "only part I of N of the seeds" },
    { name: "marks", help: "a mark or fault of the experiment that no seed reached is a failure too" },
    { name: "out", value: "FILE", help: "write the report there, for veridian merge" },
    { name: "repros", value: "FOLDER", help: "where files of failed runs go (without it: here)" },
    { name: "minimise", value: "N", help: "runs to make a failed run smaller (300; 0: write it as it was)" },
    { name: "ndjson", help: "print a JSON line for each seed that failed, and one at the end" },
    { name: "json", help: "print the report as one JSON object" },
  ],
  examples: [
    ["veridian explore wire --seeds 1..10000 --jobs 2", "ten thousand ways in which the cable fails"],
    ["veridian explore process --strategy pct --depth 3 --time-budget 60", "a minute of other orders"],
    ["veridian explore wire --seeds 1000 --shard 1/2 --out a.json", "one half; the other with --shard 2/2 --out b.json, then veridian merge a.json b.json"],
  ],
  run: exploreCommand,
});

interface Plan {
  readonly opened: OpenedExperiment;
  readonly settings: ExploreSettings;
  readonly folder: string;
}

function exploreCommand(options: Options, terminal: Terminal): Exit {
  const problems: Problem[] = [];
  const plan = readPlan(options, problems);
  if (plan === null || problems.length > 0) return refuse(terminal, "explore", problems);
  const report = playAll(plan, options.has("ndjson"), terminal);
  const files = writeRepros(report, plan.opened.experiment, plan.folder, plan.settings.minimiseRuns, problems);
  const out = options.text("out");
  if (out !== undefined) writeOutput("--out", out, `${JSON.stringify(report)}\n`, problems);
  if (options.has("ndjson")) terminal.out(summaryLine(report));
  else terminal.out(options.has("json") ? `${JSON.stringify(report)}\n` : reportLines(report, files, terminal));
  if (problems.length > 0) return refuse(terminal, "explore", problems);
  return exitOf(report, options.has("marks"));
}

function readPlan(options: Options, problems: Problem[]): Plan | null {
  const settings = readSettings(options, problems);
  const folder = options.text("repros") ?? ".";
  judgeFolder("--repros", folder, problems);
  judgeOutput("--out", options.text("out"), problems);
  exclusive(options, "json", "ndjson", problems);
  const opened = openExperiment(options.positionals[0] ?? "", problems);
  return opened === null ? null : { opened, settings, folder };
}

function playAll({ opened, settings }: Plan, lines: boolean, terminal: Terminal): Report {
  const { range, strategy, depth, jobs, millisMax } = settings;
  let report = emptyReport(opened.experiment, opened.text, strategy, strategyOf(strategy, depth).depth);
  if (range === null) return report;
  const crew: Crew = crewOf({ text: opened.text, build: packageVersion(), strategy, depth }, jobs);
  const progress = new Progress(terminal, range, jobs);
  const end = performance.now() + millisMax;
  crew.play(sharesOf(range), () => performance.now() < end, (done: ShareDone) => {
    report = mergeReports(report, done.report);
    if (lines) for (const run of done.failed) terminal.out(failedLine(run));
    progress.tell(report);
  });
  progress.end(report);
  return report;
}

/** What cannot be played again is worse than what does not hold. */
export function exitOf(report: Report, marks: boolean): Exit {
  if (report.differed.length > 0) return Exit.diverged;
  if (report.failures.length > 0) return Exit.failed;
  return marks && missedMarks(report).length + missedFaults(report).length > 0 ? Exit.failed : Exit.fine;
}
