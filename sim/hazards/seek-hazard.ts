/**
 * Seeks a hazard the hard way: an experiment that knows nothing of it is played with upstream's part, seed after seed, until
 * something does not hold; then the run is made as small as it can be. What broke is for the checkers to say, not for the
 * hazard.
 */

import { Panic } from "../../hal/assert.ts";
import type { Failure } from "../checkers/checker.ts";
import { Listed } from "../chance/decider.ts";
import { Drawn, settleRules } from "../faults/rules.ts";
import type { Experiment } from "../explore/experiment.ts";
import { minimise } from "../explore/minimise.ts";
import type { Outcome } from "../explore/outcome.ts";
import type { Repro } from "../explore/repro-file.ts";
import { deviationWords, reproOf } from "../explore/repro-file.ts";
import { Theatre } from "../explore/theatre.ts";
import type { Hazard } from "./hazard.ts";
import { withVariant } from "./variant.ts";

/** What an experiment may cost. */
export interface SeekBudget {
  /** Seeds from 1 on, and runs of the minimiser. */
  readonly seedsMax: number;
  readonly minimiserRunsMax: number;
}

export interface Sought {
  readonly hazard: string;
  readonly experiment: string;
  /** The seed that found it; 0: the machine does not even come so far as to be given work. */
  readonly seed: number;
  /** Who says so, and what. */
  readonly checker: string;
  readonly text: string;
  readonly tick: number;
  /** Deviations of the run that was found, and what is left of them, in words. */
  readonly found: number;
  readonly left: readonly string[];
  /** Runs of the minimiser. */
  readonly runs: number;
}

/** What is found with the hazard's part in place; null if nothing is within the budget. */
export function seekHazard(hazard: Hazard, experiment: Experiment, { seedsMax, minimiserRunsMax }: SeekBudget): Sought | null {
  const varied = withVariant(experiment, hazard.variant);
  const names = { hazard: hazard.id, experiment: experiment.name };
  const opened = open(varied);
  if (typeof opened === "string") return Object.freeze({ ...names, seed: 0, checker: "the beginning", text: opened, tick: 0, found: 0, left: Object.freeze([]), runs: 0 });
  if (hazard.shows !== undefined) return seekAmong(names, hazard.shows, opened, seedsMax);
  for (let seed = 1; seed <= seedsMax; seed++) {
    const outcome = opened.play({ seed });
    const failure = outcome.failures[0];
    if (failure === undefined) continue;
    const small = minimise(varied, repro(varied, seed, outcome), { runsMax: minimiserRunsMax, theatre: opened });
    const { deviations, rules } = small?.repro ?? { deviations: outcome.deviations, rules: varied.faults };
    const { checker, place, text, tick } = small?.repro.failure ?? failure;
    return Object.freeze({
      ...names,
      seed,
      checker,
      text: `${place}: ${text}`,
      tick,
      found: outcome.deviations.length,
      left: Object.freeze(deviations.map((deviation) => deviationWords(deviation, rules))),
      runs: small?.runs ?? 0,
    });
  }
  return null;
}

/**
 * One of several hazards that come together: a run goes on whatever breaks in it, and is looked through for what shows this
 * one. None of them needs anything to go wrong: if a run without deviations shows it as well, none is left.
 */
function seekAmong(names: Pick<Sought, "hazard" | "experiment">, shows: NonNullable<Hazard["shows"]>, theatre: Theatre, seedsMax: number): Sought | null {
  const shown = (outcome: Outcome): Failure | undefined => outcome.failures.find(({ checker, place }) => checker === shows.checker && (shows.place === undefined || place === shows.place));
  const { experiment } = theatre;
  for (let seed = 1; seed <= seedsMax; seed++) {
    const outcome = theatre.play({ seed }, { thorough: true });
    const failure = shown(outcome);
    if (failure === undefined) continue;
    const calmly = shown(theatre.play({ seed, decider: new Listed([]) }, { thorough: true }));
    const { checker, place, text, tick } = calmly ?? failure;
    const left = calmly === undefined ? outcome.deviations.map((deviation) => deviationWords(deviation, experiment.faults)) : [];
    return Object.freeze({ ...names, seed, checker, text: `${place}: ${text}`, tick, found: outcome.deviations.length, left: Object.freeze(left), runs: 1 });
  }
  return null;
}

/** The experiment's theatre, or why it does not open. */
function open(experiment: Experiment): Theatre | string {
  try {
    return new Theatre(experiment);
  } catch (thrown) {
    if (thrown instanceof RangeError || thrown instanceof Panic) return thrown.message;
    throw thrown;
  }
}

function repro(experiment: Experiment, seed: number, outcome: Outcome): Repro {
  const { faults: rules, troubleTicks } = experiment;
  return reproOf({ experiment: experiment.name, build: "", seed, rules, sites: new Drawn(settleRules(rules), seed).sites, troubleTicks, outcome });
}
