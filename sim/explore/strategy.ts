/**
 * How a campaign looks for trouble: a strategy says what a seed stands for. What it plays is a function of (experiment,
 * strategy, depth, seed) alone, so that nobody sees from a report how many workers or machines played it.
 */

import type { FaultRule } from "../faults/fault.ts";
import type { Outcome } from "./outcome.ts";
import type { Theatre } from "./theatre.ts";

export const STRATEGY_NAMES = Object.freeze(["random", "swarm", "pct", "dfs"] as const);
export type StrategyName = (typeof STRATEGY_NAMES)[number];

/** What a tree of runs came to (dfs); all 0 for a strategy that plays one run a seed. */
export interface TreeCount {
  /** Runs, or ends of runs, that were not played because their state had been seen. */
  readonly pruned: number;
  /** Of those that were to be pruned: so many were played on all the same, and so many of them ended otherwise. */
  readonly expandedAnyway: number;
  readonly contradicted: number;
  /** Branches that nobody looked at, since a seed has only so many runs. */
  readonly cut: number;
}

export const NO_TREE: TreeCount = Object.freeze({ pruned: 0, expandedAnyway: 0, contradicted: 0, cut: 0 });

/** What became of a seed. */
export interface Played {
  /** Rules in force: deviations name them by place. */
  readonly rules: readonly FaultRule[];
  /** Sites at which was asked: with them and the deviations the run is played again. */
  readonly sites: ReadonlySet<number>;
  /** Configuration that the balancer was given before the run; absent: the experiment's. */
  readonly configuration?: string;
  /** Of the first run that failed; where none did, of the one that a tree begins with. */
  readonly outcome: Outcome;
  /** Runs that were played, each to its end or to where it was pruned. */
  readonly runs: number;
  /** Marks that any of them reached, in order of their names. */
  readonly marks: readonly string[];
  readonly tree: TreeCount;
}

export interface Strategy {
  readonly name: StrategyName;
  /** Plays what the seed stands for. Seeds are whole numbers from 1 to 2^31 - 1. */
  play(theatre: Theatre, seed: number): Played;
}

export const SEED_MAX = 0x7fff_ffff;

/** For a strategy that plays one run a seed. */
export function playedOnce(played: Omit<Played, "runs" | "marks" | "tree">): Played {
  return Object.freeze<Played>({ ...played, runs: 1, marks: played.outcome.marks, tree: NO_TREE });
}
