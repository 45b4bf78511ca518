/** EXPERIMENT of a command line: the name of a bundled one, or a JSON file. */

import { basename, extname } from "node:path";
import { EXPERIMENTS } from "../../experiments/catalogue.ts";
import type { Experiment } from "../../explore/experiment.ts";
import { readExperiment } from "../../explore/read-experiment.ts";
import { Theatre } from "../../explore/theatre.ts";
import type { Problem } from "../../problem.ts";
import { problem, problemsIn } from "../../problem.ts";
import { closest } from "../../suggest.ts";
import { readSoundText } from "../files.ts";
import { knownExperiment } from "./known-experiment.ts";

export interface OpenedExperiment {
  readonly experiment: Experiment;
  /** How a report, a repro file or a worker is told of it: as experimentOf() understands it. */
  readonly text: string;
}

const FILE_BYTES_MAX = 16 * 1024 * 1024;
const NAME_CHARACTERS = 100;

/** Null, and problems in the list, where there is none. */
export function openExperiment(name: string, problems: Problem[]): OpenedExperiment | null {
  const bundled = knownExperiment(name);
  if (bundled !== undefined) return Object.freeze({ experiment: bundled, text: name });
  if (!/[./\\]/.test(name)) {
    problems.push(unknown(name));
    return null;
  }
  const text = readSoundText(name, name, FILE_BYTES_MAX, problems);
  if (text === null) return null;
  const inside: Problem[] = [];
  const experiment = readExperiment(text, basename(name, extname(name)), inside);
  problems.push(...problemsIn(name, inside));
  return experiment === null || !begins(name, experiment, problems) ? null : Object.freeze({ experiment, text: named(text, experiment.name) });
}

/** Whether its machine boots, takes its configuration and has the fields that are asked for; a problem in the list if not. */
function begins(name: string, experiment: Experiment, problems: Problem[]): boolean {
  try {
    new Theatre(experiment);
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(problem(name, `its machine does not begin: ${error.message}`));
    return false;
  }
}

/** The experiment of a report's or repro file's text: a name, or a whole experiment as JSON. */
export function experimentOf(text: string, problems: Problem[]): Experiment | null {
  if (text.trimStart().startsWith("{")) return readExperiment(text, "experiment", problems);
  const bundled = knownExperiment(text);
  if (bundled !== undefined) return bundled;
  problems.push(unknown(text));
  return null;
}

/** The text with the name in it, in one line: a report must not forget what the file was called. */
function named(text: string, name: string): string {
  return JSON.stringify({ name, ...(JSON.parse(text) as { readonly name?: string }) });
}

function unknown(text: string): Problem {
  const names = EXPERIMENTS.map(({ name }) => name);
  const meant = closest(text, names);
  return problem("EXPERIMENT", `there is no experiment "${text.slice(0, NAME_CHARACTERS)}"`, meant === "" ? `one of ${names.join(", ")}, one of them "with H24" or "with canary", or a JSON file` : `${meant}, perhaps`);
}
