/** What the options of `veridian explore` ask for. */

import type { SeedRange } from "../../explore/seeds.ts";
import { shardOf } from "../../explore/seeds.ts";
import { DEPTH_MAX } from "../../explore/strategies/catalogue.ts";
import type { StrategyName } from "../../explore/strategy.ts";
import { SEED_MAX, STRATEGY_NAMES } from "../../explore/strategy.ts";
import type { Problem } from "../../problem.ts";
import { problem } from "../../problem.ts";
import type { Options } from "../options.ts";
import { readNumber } from "../run-setup.ts";

export const SEEDS_DEFAULT = 1000;
export const JOBS_MAX = 64;
export const SHARDS_MAX = 10_000;
const SECONDS_MAX = 1_000_000;
const MILLIS = 1000;
/** What is left of a failed run after so many tries is written. */
const MINIMISE_RUNS = 300;
const MINIMISE_RUNS_MAX = 1_000_000;

export interface ExploreSettings {
  /** Null: nothing is left for this shard. */
  readonly range: SeedRange | null;
  /** No share begins later than so long after the beginning. */
  readonly millisMax: number;
  readonly strategy: StrategyName;
  /** Undefined: the strategy's own. */
  readonly depth: number | undefined;
  readonly jobs: number;
  readonly minimiseRuns: number;
}

export function readSettings(options: Options, problems: Problem[]): ExploreSettings {
  const seconds = options.has("time-budget") ? readNumber(options, "time-budget", 1, SECONDS_MAX, problems) : SECONDS_MAX;
  const whole = readSeeds(options, problems);
  const strategy = readStrategy(options, problems);
  const depth = options.has("depth") ? readNumber(options, "depth", 1, DEPTH_MAX, problems) : undefined;
  if (depth !== undefined && (strategy === "random" || strategy === "swarm")) problems.push(problem("--depth", `--strategy ${strategy} has no depth`, "--strategy pct or dfs"));
  if (depth === 0) problems.push(problem("--depth", "this is 0", `1 to ${DEPTH_MAX}`));
  const jobs = readNumber(options, "jobs", 1, JOBS_MAX, problems);
  if (jobs === 0) problems.push(problem("--jobs", "this is 0", `1 to ${JOBS_MAX}`));
  return {
    range: readShard(options, whole, problems),
    millisMax: seconds * MILLIS,
    strategy,
    depth,
    jobs,
    minimiseRuns: readNumber(options, "minimise", MINIMISE_RUNS, MINIMISE_RUNS_MAX, problems),
  };
}

const SEEDS = /^(?:(\d{1,10})\.\.)?(\d{1,10})$/;

/** "A..B", or "N", which is 1..N. */
function readSeeds(options: Options, problems: Problem[]): SeedRange {
  const text = options.text("seeds");
  if (text === undefined) return [1, options.has("time-budget") ? SEED_MAX : SEEDS_DEFAULT];
  const [, from = "1", to] = SEEDS.exec(text) ?? [];
  const first = Number(from);
  const last = Number(to);
  if (first >= 1 && last >= first && last <= SEED_MAX) return [first, last];
  problems.push(problem("--seeds", `this is "${text}"`, `A..B, or N for 1..N; seeds are whole numbers from 1 to ${SEED_MAX}`));
  return [1, 1];
}

function readStrategy(options: Options, problems: Problem[]): StrategyName {
  const text = options.text("strategy") ?? "random";
  const known = STRATEGY_NAMES.find((name) => name === text);
  if (known === undefined) problems.push(problem("--strategy", `this is "${text}"`, `one of ${STRATEGY_NAMES.join(", ")}`));
  return known ?? "random";
}

const SHARD = /^(\d{1,5})\/(\d{1,5})$/;

function readShard(options: Options, whole: SeedRange, problems: Problem[]): SeedRange | null {
  const text = options.text("shard");
  if (text === undefined) return whole;
  const [, index, count] = SHARD.exec(text) ?? [];
  if (Number(index) >= 1 && Number(index) <= Number(count) && Number(count) <= SHARDS_MAX) return shardOf(whole, Number(index), Number(count));
  problems.push(problem("--shard", `this is "${text}"`, `i/n, as in 1/4: part i of n, n at most ${SHARDS_MAX}`));
  return whole;
}
