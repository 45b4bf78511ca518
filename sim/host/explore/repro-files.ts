/** Files of the first failed run of each checker, each as small as it was to be had. */

import { join } from "node:path";
import type { Experiment } from "../../explore/experiment.ts";
import { minimise } from "../../explore/minimise.ts";
import type { Report } from "../../explore/report.ts";
import { reproText } from "../../explore/repro-file.ts";
import type { Problem } from "../../problem.ts";
import { writeOutput } from "../files.ts";

/** Where they are, by checker. `runsMax`: runs to make each smaller; 0: none. */
export function writeRepros(report: Report, experiment: Experiment, folder: string, runsMax: number, problems: Problem[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { checker, first } of report.failures) {
    const smaller = runsMax === 0 ? null : minimise(experiment, first, { runsMax });
    const path = join(folder, `${fileWord(experiment.name)}-${fileWord(checker)}-${first.seed}.repro.json`);
    const before = problems.length;
    writeOutput("--repros", path, reproText(smaller?.repro ?? first), problems);
    if (problems.length === before) files.set(checker, path);
  }
  return files;
}

/** A name that came from a file, fit for another file's. */
function fileWord(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, "-");
}
