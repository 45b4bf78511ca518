/**
 * A campaign: an experiment played for each seed of a range by a strategy. What a seed does is its own affair, and one seed
 * in twenty is played again, by a second machine that was booted for itself: either from the same seed, or from its
 * deviations alone. What comes out otherwise is a fault of ours, and is reported beside what the checkers say.
 */

import { hashText } from "../../hal/snapshot.ts";
import { Listed } from "../chance/decider.ts";
import { drawBelow } from "../chance/draw.ts";
import type { Experiment } from "./experiment.ts";
import { addCounts, mergeReports } from "./merge.ts";
import type { Repro } from "./repro-file.ts";
import { reproOf } from "./repro-file.ts";
import type { Report } from "./report.ts";
import { emptyReport } from "./report.ts";
import type { SeedRange } from "./seeds.ts";
import { strategyOf } from "./strategies/catalogue.ts";
import type { Played, Strategy, StrategyName } from "./strategy.ts";
import { Theatre } from "./theatre.ts";

export interface CampaignPlan {
  readonly experiment: Experiment;
  /** How others are told of the experiment: its name where it is a bundled one, else its text. */
  readonly text: string;
  /** Version of this program, for the files of failed runs. */
  readonly build: string;
  readonly strategy: StrategyName;
  /** Bug depth (pct), deviations at most (dfs); absent: the strategy's own. */
  readonly depth?: number;
}

/** One seed in so many is played again. */
export const REPEATED_IN = 20;
const REPEAT_SITE = 0x5265;

export class Campaign {
  readonly #plan: CampaignPlan;
  readonly #strategy: Strategy;
  readonly #depth: number;
  readonly #theatre: Theatre;
  /** Plays again what the first one played. */
  #understudy: Theatre | null = null;

  /** Boots; throws a RangeError with the problems of an experiment that does not boot or configure. */
  constructor(plan: CampaignPlan) {
    const { strategy, depth } = strategyOf(plan.strategy, plan.depth);
    this.#plan = plan;
    this.#strategy = strategy;
    this.#depth = depth;
    this.#theatre = new Theatre(plan.experiment);
  }

  /** Plays a range of seeds. `failed` is told of each seed that fails, in order. */
  play([first, last]: SeedRange, failed?: (run: Repro) => void): Report {
    let report = this.empty();
    for (let seed = first; seed <= last; seed++) report = mergeReports(report, this.playSeed(seed, failed));
    return report;
  }

  /** The report before any seed. */
  empty(): Report {
    const { experiment, text, strategy } = this.#plan;
    return emptyReport(experiment, text, strategy, this.#depth);
  }

  /** Plays one seed. */
  playSeed(seed: number, failed?: (run: Repro) => void): Report {
    const played = this.#strategy.play(this.#theatre, seed);
    const run = failedRun(seed, played, this.#plan);
    if (run !== null) failed?.(run);
    const again = drawBelow(REPEATED_IN, REPEAT_SITE, seed, 0, 0) === 0;
    const differs = again && !this.#sameAgain(seed, played);
    const { tree, runs } = played;
    const own: readonly SeedRange[] = Object.freeze([Object.freeze([seed, seed] as const)]);
    const none: readonly SeedRange[] = Object.freeze([]);
    const empty = this.empty();
    return Object.freeze<Report>({
      ...empty,
      seeds: own,
      runs,
      ticks: played.outcome.ticks,
      failedSeeds: run === null ? none : own,
      failures: Object.freeze(run?.failure == null ? [] : [Object.freeze({ checker: run.failure.checker, runs: 1, first: run })]),
      marks: addCounts(empty.marks, Object.fromEntries(played.marks.map((mark) => [mark, 1]))),
      faults: addCounts(empty.faults, strikesOf(played)),
      repeated: again ? 1 : 0,
      differed: differs ? own : none,
      tree,
      digest: digestOf(seed, played),
    });
  }

  /** Whether the seed, or the deviations alone, do the same on a machine of their own. */
  #sameAgain(seed: number, played: Played): boolean {
    this.#understudy ??= new Theatre(this.#plan.experiment);
    if (drawBelow(2, REPEAT_SITE, seed, 1, 0) === 0) return digestOf(seed, this.#strategy.play(this.#understudy, seed)) === digestOf(seed, played);
    const { rules, sites, configuration, outcome } = played;
    const listed = new Listed(outcome.deviations, sites);
    const again = this.#understudy.play({ seed, rules, decider: listed, ...(configuration === undefined ? {} : { configuration }) });
    return digestOf(seed, { ...played, outcome: again }) === digestOf(seed, played);
  }
}

/** Null where nothing failed. */
function failedRun(seed: number, { outcome, rules, sites, configuration }: Played, { experiment, text, build }: CampaignPlan): Repro | null {
  if (outcome.failures.length === 0) return null;
  const { troubleTicks } = experiment;
  return reproOf({ experiment: text, build, seed, rules, sites, troubleTicks, ...(configuration === undefined ? {} : { configuration }), outcome });
}

function strikesOf({ rules, outcome }: Played): Readonly<Record<string, number>> {
  const strikes = new Map<string, number>();
  for (const { rule } of outcome.deviations) {
    const name = rules[rule]?.fault;
    if (name !== undefined) strikes.set(name, (strikes.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(strikes);
}

/** 16 hex digits over what a seed did: its hash, its deviations, what failed, how long it took. */
function digestOf(seed: number, { outcome, runs, tree }: Played): string {
  const { hash, ticks, deviations, failures } = outcome;
  return hashText(JSON.stringify([seed, hash, ticks, runs, tree, deviations, failures]));
}
