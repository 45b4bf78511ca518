/**
 * Exploration as a function, for one's own test suite: plays an experiment for each seed, and throws where something does
 * not hold. The error says what, and how to see it again.
 *
 *     test("no frame lost on the way loses a request", () => explore(experiment, { seeds: 200 }));
 */

import { experimentNamed } from "../experiments/catalogue.ts";
import { Campaign } from "./campaign.ts";
import type { Experiment } from "./experiment.ts";
import type { Report } from "./report.ts";
import type { Repro } from "./repro-file.ts";
import { reproText } from "./repro-file.ts";
import type { StrategyName } from "./strategy.ts";

export interface ExploreOptions {
  /** How many, from 1 on; or the first and the last. */
  readonly seeds: number | readonly [first: number, last: number];
  /** Absent: "random". */
  readonly strategy?: StrategyName;
  /** Of that strategy; absent: its own. */
  readonly depth?: number;
  /** Keeps the text of a failed run in a file of about that name, and answers where: `veridian replay` takes it. */
  readonly save?: (name: string, text: string) => string;
  /** Version of the program that will replay the file: only then hashes are compared. */
  readonly build?: string;
  /** True: marks of the experiment that no seed reached are a failure as well. */
  readonly marks?: boolean;
}

/** Something did not hold. */
export class ExplorationError extends Error {
  override readonly name = "ExplorationError";
  readonly report: Report;
  /** The first run that failed, as the text of a file for `veridian replay`; "" where only marks are missing. */
  readonly repro: string;
  /** One line to paste. */
  readonly line: string;

  constructor(message: string, report: Report, repro: string, line: string) {
    super(line === "" ? message : `${message}\nSee it again: ${line}`);
    this.report = report;
    this.repro = repro;
    this.line = line;
  }
}

/** Plays all seeds and answers what they came to. Throws an ExplorationError; a RangeError for an experiment that does not boot, or seeds that are none. */
export function explore(experiment: Experiment, options: ExploreOptions): Report {
  const [first, last] = typeof options.seeds === "number" ? [1, options.seeds] : options.seeds;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || first < 1 || last < first) throw new RangeError(`seeds ${first} to ${last}: the first is at least 1, the last not before it`);
  const text = experimentNamed(experiment.name) === experiment ? experiment.name : (experiment.text ?? experiment.name);
  const campaign = new Campaign({ experiment, text, build: options.build ?? "", strategy: options.strategy ?? "random", ...(options.depth === undefined ? {} : { depth: options.depth }) });
  const failed: Repro[] = [];
  const report = campaign.play([first, last], (run) => failed.push(run));
  if (failed.length > 0) throw failure(experiment, failed, report, options);
  if (report.differed.length > 0) throw new ExplorationError(`${experiment.name}: seed ${report.differed[0][0]} did something else when it was played again`, report, "", "");
  const missing = options.marks === true ? experiment.marks.filter((mark) => (report.marks[mark] ?? 0) === 0) : [];
  if (missing.length > 0) throw new ExplorationError(`${experiment.name}: none of the seeds ${first} to ${last} reached ${missing.join(", ")}`, report, "", "");
  return report;
}

function failure(experiment: Experiment, failed: readonly Repro[], report: Report, { save, strategy = "random", depth }: ExploreOptions): ExplorationError {
  const [run] = failed;
  const { checker, place, text, tick } = run.failure!;
  const others = failed.length === 1 ? "" : failed.length === 2 ? ", and 1 other seed fails" : `, and ${failed.length - 1} other seeds fail`;
  const repro = reproText(run);
  const path = save?.(`${experiment.name}-${run.seed}.repro.json`, repro);
  const bundled = experimentNamed(experiment.name) === experiment;
  const again = bundled ? `veridian explore ${experiment.name} --strategy ${strategy}${depth === undefined ? "" : ` --depth ${depth}`} --seeds ${run.seed}..${run.seed}` : `explore(experiment, { seeds: [${run.seed}, ${run.seed}], strategy: "${strategy}"${depth === undefined ? "" : `, depth: ${depth}`} })`;
  return new ExplorationError(`${experiment.name}, seed ${run.seed}: ${checker}: ${place}: ${text} (tick ${tick})${others}`, report, repro, path === undefined ? again : `veridian replay ${path}`);
}
