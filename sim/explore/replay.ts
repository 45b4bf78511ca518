/** Plays a repro file's run again, and says whether it is still the same run. */

import { Listed } from "../chance/decider.ts";
import type { Failure, Watch } from "../checkers/checker.ts";
import { buildDigests } from "./build-digests.ts";
import type { Course } from "./course.ts";
import { theatreCourse } from "./course.ts";
import type { Experiment } from "./experiment.ts";
import type { Outcome } from "./outcome.ts";
import type { Repro } from "./repro-file.ts";
import type { Run } from "./theatre.ts";
import { Theatre } from "./theatre.ts";

/** A theatre for a repro's run, and the run as it is played there. */
export interface Stage {
  readonly theatre: Theatre;
  readonly run: Run;
  readonly troubleTicks: number;
}

export interface Replayed {
  readonly outcome: Outcome;
  /** How many steps the run had. */
  readonly steps: number;
  /** Whether version, layouts and costs are those of the program that wrote the file: only then hashes may be compared. */
  readonly sameBuild: boolean;
  readonly sameHash: boolean;
  /** Whether it fails as the file says. */
  readonly sameFailure: boolean;
  /** Whether the run, played twice here, had one hash: if not, something that is no input of a run decides. */
  readonly repeats: boolean;
}

/** Boots the repro's machine. Throws a RangeError if experiment and machine do not fit. */
export function stageOf(repro: Repro, experiment: Experiment): Stage {
  return Object.freeze({ theatre: new Theatre(withFrames(experiment, repro.frames)), run: runOf(repro), troubleTicks: repro.troubleTicks });
}

export function runOf({ seed, rules, deviations, sites, configuration }: Pick<Repro, "seed" | "rules" | "deviations" | "sites" | "configuration">): Run {
  return Object.freeze({ seed, rules, decider: new Listed(deviations, sites), ...(configuration === "" ? {} : { configuration }) });
}

/** The same experiment with only some frames of its capture. */
export function withFrames(experiment: Experiment, frames: readonly number[] | null): Experiment {
  if (frames === null) return experiment;
  const surroundings: Experiment["surroundings"] = () => {
    const all = experiment.surroundings();
    const { capture } = all;
    return { ...all, capture: capture === null ? null : capture.only(frames.filter((number) => number <= capture.count)) };
  };
  return Object.freeze({ ...experiment, surroundings });
}

/** `build` is the version of this program; `watches` are told of the run, once. The world stands where it ended. */
export function replay({ theatre, run, troubleTicks }: Stage, repro: Repro, build: string, watches: readonly Watch[] = []): Replayed {
  const second = theatre.play(run, { troubleTicks });
  const first = theatre.play(run, { troubleTicks, watches });
  const steps = theatre.position();
  return Object.freeze<Replayed>({
    outcome: first,
    steps,
    sameBuild: isSameBuild(repro, build),
    sameHash: first.hash === repro.hash,
    sameFailure: sameFailure(first.failures[0] ?? null, repro.failure),
    repeats: first.hash === second.hash,
  });
}

export function isSameBuild(repro: Repro, build: string): boolean {
  const { layouts, costs } = buildDigests();
  return repro.build === build && repro.layouts === layouts && repro.costs === costs;
}

/** Two failures of one kind: by one checker, and by one law of it where its text names one ("queue-links: ..."). */
export function sameFailure(a: Failure | null, b: Failure | null): boolean {
  if (a === null || b === null) return a === b;
  return a.checker === b.checker && lawOf(a) === lawOf(b);
}

function lawOf({ text }: Failure): string {
  return /^[a-z][a-z-]*(?=: )/.exec(text)?.[0] ?? "";
}

/** The repro's run, to travel in. */
export function courseOf({ theatre, run, troubleTicks }: Stage): Course {
  return theatreCourse(theatre, run, troubleTicks);
}
