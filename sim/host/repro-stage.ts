/** A repro file of a command line, opened: the run that it holds, on a stage where it can be played. */

import type { Experiment } from "../explore/experiment.ts";
import { readRepro } from "../explore/read-repro.ts";
import type { Stage } from "../explore/replay.ts";
import { stageOf } from "../explore/replay.ts";
import type { Repro } from "../explore/repro-file.ts";
import type { Problem } from "../problem.ts";
import { problem, problemsIn } from "../problem.ts";
import { experimentOf } from "./explore/open-experiment.ts";
import { readSoundText } from "./files.ts";

const FILE_BYTES_MAX = 64 * 1024 * 1024;

export interface OpenedRepro {
  readonly repro: Repro;
  readonly experiment: Experiment;
  readonly stage: Stage;
}

/** Null, and problems in the list, for what is no repro file, or cannot be played by this version. */
export function openRepro(path: string, problems: Problem[]): OpenedRepro | null {
  const text = readSoundText(path, path, FILE_BYTES_MAX, problems);
  if (text === null) return null;
  const inside: Problem[] = [];
  const repro = readRepro(text, inside);
  const experiment = repro === null ? null : experimentOf(repro.experiment, inside);
  problems.push(...problemsIn(path, inside));
  if (repro === null || experiment === null) return null;
  try {
    return Object.freeze({ repro, experiment, stage: stageOf(repro, experiment) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(problem(path, `its machine does not begin: ${error.message}`));
    return null;
  }
}

/** The number of a tick behind an option; null, and a problem in the list, for what is none. */
export function readTick(name: string, text: string | undefined, problems: Problem[]): number | null {
  if (text === undefined) return null;
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  problems.push(problem(`--${name} ${text}`, "this is no tick", "a whole number"));
  return null;
}
