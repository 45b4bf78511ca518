/** EXPERIMENT of a command line: the name of a bundled one, or a file. */

import { EXPERIMENTS, experimentNamed } from "../../experiments/catalogue.ts";
import type { Experiment } from "../../explore/experiment.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import { closest } from "../../suggest.ts";

export interface OpenedExperiment {
  readonly experiment: Experiment;
  /** How a report, a repro file or a worker is told of it. */
  readonly text: string;
}

/** Null, and problems in the list, where there is none. */
export function openExperiment(name: string, problems: Problem[]): OpenedExperiment | null {
  const experiment = experimentOf(name, problems);
  return experiment === null ? null : Object.freeze({ experiment, text: name });
}

/** The experiment of a report's or repro file's text. */
export function experimentOf(text: string, problems: Problem[]): Experiment | null {
  const bundled = experimentNamed(text);
  if (bundled !== undefined) return bundled;
  const names = EXPERIMENTS.map(({ name }) => name);
  const meant = closest(text, names);
  problems.push(problem("EXPERIMENT", `there is no experiment "${text.slice(0, 100)}"`, meant === "" ? `one of ${names.join(", ")}` : `${meant}, perhaps`));
  return null;
}
