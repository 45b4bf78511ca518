/**
 * What a campaign came to: counts that add up, whoever played which seeds, and of each checker that spoke the smallest seed
 * at which it did. Two reports over disjoint seeds join to the one that a single worker would have written.
 */

import type { Experiment } from "./experiment.ts";
import type { Repro } from "./repro-file.ts";
import type { SeedRange } from "./seeds.ts";
import { countSeeds } from "./seeds.ts";
import type { StrategyName, TreeCount } from "./strategy.ts";
import { NO_TREE } from "./strategy.ts";

/** What one checker said in a campaign. */
export interface FailureCount {
  readonly checker: string;
  readonly runs: number;
  /** The failed run of the smallest seed, with all that is needed to play it again. */
  readonly first: Repro;
}

export interface Report {
  readonly schema: 1;
  /** Name of a bundled experiment, or its whole text. */
  readonly experiment: string;
  readonly strategy: StrategyName;
  /** Bug depth (pct), deviations of a run at most (dfs); 0 for the other strategies. */
  readonly depth: number;
  /** What was played: ranges in order, both ends included. */
  readonly seeds: readonly SeedRange[];
  readonly runs: number;
  /** Ticks of machines, all runs together. */
  readonly ticks: number;
  /** Seeds that failed. */
  readonly failedSeeds: readonly SeedRange[];
  /** In order of the checkers' names. */
  readonly failures: readonly FailureCount[];
  /** In how many seeds a mark was reached; those that the experiment asks for are there with 0. By name. */
  readonly marks: Readonly<Record<string, number>>;
  /** How often each fault of the experiment struck. By name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Seeds that were played a second time, and those of them that came out otherwise. */
  readonly repeated: number;
  readonly differed: readonly SeedRange[];
  readonly tree: TreeCount;
  /** 16 hex digits over the hashes of all seeds' runs: the same seeds give the same digest, in whatever order they were played. */
  readonly digest: string;
}

/** Before the first seed. `text` is how the experiment is named to somebody else (a name, or JSON). */
export function emptyReport(experiment: Experiment, text: string, strategy: StrategyName, depth: number): Report {
  return Object.freeze<Report>({
    schema: 1,
    experiment: text,
    strategy,
    depth,
    seeds: Object.freeze([]),
    runs: 0,
    ticks: 0,
    failedSeeds: Object.freeze([]),
    failures: Object.freeze([]),
    marks: zeroed(experiment.marks),
    faults: zeroed(experiment.faults.map(({ fault }) => fault)),
    repeated: 0,
    differed: Object.freeze([]),
    tree: NO_TREE,
    digest: "0".repeat(16),
  });
}

function zeroed(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.freeze(Object.fromEntries([...new Set(names)].sort().map((name) => [name, 0])));
}

/** Marks that were asked for and never reached, in order of their names. */
export function missedMarks({ marks }: Report): readonly string[] {
  return Object.keys(marks).filter((name) => marks[name] === 0);
}

/** Faults of the experiment that never struck, in order of their names. */
export function missedFaults({ faults }: Report): readonly string[] {
  return Object.keys(faults).filter((name) => faults[name] === 0);
}

/** Seeds that were played, and that failed. */
export function seedsPlayed({ seeds }: Report): number {
  return countSeeds(seeds);
}

export function seedsFailed({ failedSeeds }: Report): number {
  return countSeeds(failedSeeds);
}
