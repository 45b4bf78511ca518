/**
 * When a failure became inevitable: the run is played again up to a tick as it was, and from there with fresh draws, many
 * times; how many of those futures fail, at earlier and earlier ticks. An interval of confidence is Wilson's score
 * interval (1927) at 95 %; between two ticks where some future still escapes and where none does, more ticks are tried.
 */

import type { Decider, Decision, Question } from "../chance/decider.ts";
import { Listed } from "../chance/decider.ts";
import { drawWord } from "../chance/draw.ts";
import type { Deviation } from "../chance/deviation.ts";
import { Drawn, settleRules } from "../faults/rules.ts";
import { Checkpoints } from "./checkpoints.ts";
import { runOf, sameFailure } from "./replay.ts";
import type { Stage } from "./replay.ts";
import type { Repro } from "./repro-file.ts";

export interface FatePoint {
  /** Ticks since trouble began up to which the run is as it was. */
  readonly tick: number;
  readonly futures: number;
  /** Of them, those that fail as the run did, and those that fail in another way. */
  readonly failed: number;
  readonly otherwise: number;
  /** 95 %: the probability of the failure lies between these. */
  readonly least: number;
  readonly most: number;
}

export interface Fate {
  /** In order of ticks. */
  readonly points: readonly FatePoint[];
  /** First tick from which all futures that were tried fail; -1 if there is none. */
  readonly inevitableTick: number;
  /** Deviations between the last tick where some future escaped and that one: what sealed it. */
  readonly sealedBy: readonly Deviation[];
  /** The failure's own tick, since trouble began. */
  readonly failureTick: number;
}

export interface FateOptions {
  /** Futures at each tick. */
  readonly futures?: number;
  /** Ticks that are looked at, before the search for the moment begins. */
  readonly points?: number;
}

const FUTURES = 40;
const POINTS = 12;
const BYTES_MAX = 64 * 1024 * 1024;
const EVERY_STEPS = 16;
/** A site of draws that is this file's own: seeds of futures. */
const FUTURE_SITE = 0x4661;
/** Square of the normal distribution's quantile for 95 %. */
const Z = 1.959964;

/** As it was for as long as it is before a tick; what is asked from then on is drawn afresh. */
class Forked implements Decider {
  readonly sites: ReadonlySet<number>;
  readonly #past: Listed;
  readonly #future: Drawn;
  readonly #isPast: () => boolean;

  constructor(past: Listed, future: Drawn, isPast: () => boolean) {
    this.sites = new Set([...past.sites, ...future.sites]);
    this.#past = past;
    this.#future = future;
    this.#isPast = isPast;
    Object.freeze(this);
  }

  decide(question: Question, strikes: (rule: number) => number): Decision | null {
    return this.#isPast() ? this.#past.decide(question) : this.#future.decide(question, strikes);
  }
}

/** Null if the run does not fail. */
export function fate(stage: Stage, repro: Repro, { futures = FUTURES, points = POINTS }: FateOptions = {}): Fate | null {
  const fork = new Fork(stage, repro, futures);
  if (fork.failureTick < 0) return null;
  const found = new Map<number, FatePoint>();
  const at = (tick: number): FatePoint => {
    const point = found.get(tick) ?? fork.at(tick);
    found.set(tick, point);
    return point;
  };
  const last = fork.failureTick + 1;
  for (let i = 0; i <= points; i++) at(Math.round((i * last) / points));
  for (let [before, after] = bounds(found); after - before > 1; [before, after] = bounds(found)) at(Math.floor((before + after) / 2));
  const [escaped, sealed] = bounds(found);
  return Object.freeze<Fate>({
    points: Object.freeze([...found.values()].sort((a, b) => a.tick - b.tick)),
    inevitableTick: sealed,
    sealedBy: Object.freeze(repro.deviations.filter(({ tick }) => tick >= escaped && tick < sealed)),
    failureTick: fork.failureTick,
  });
}

/** The last tick at which some future escaped (-1: at none), and the first behind it, of those tried, at which none does (-1: there is none). */
function bounds(found: ReadonlyMap<number, FatePoint>): readonly [number, number] {
  const ticks = [...found.keys()].sort((a, b) => a - b);
  let sealed = -1;
  for (let i = ticks.length - 1; i >= 0; i--) {
    const { failed, futures } = found.get(ticks[i])!;
    if (failed < futures) return [ticks[i], sealed];
    sealed = ticks[i];
  }
  return [-1, sealed];
}

/** Plays futures of one run. */
class Fork {
  readonly #stage: Stage;
  readonly #repro: Repro;
  readonly #futures: number;
  readonly #checkpoints: Checkpoints;
  /** Tick of the machine at each checkpoint, by its steps. */
  readonly #ticks = new Map<number, number>();
  readonly #beganTick: number;
  readonly failureTick: number;

  constructor(stage: Stage, repro: Repro, futures: number) {
    const { theatre, run, troubleTicks } = stage;
    this.#stage = stage;
    this.#repro = repro;
    this.#futures = futures;
    this.#checkpoints = new Checkpoints(theatre.world, BYTES_MAX, EVERY_STEPS);
    let beganTick = -1;
    const keeper = (): void => {
      if (beganTick < 0) beganTick = theatre.world.machine.tick();
      const standing = this.#checkpoints.isDue(theatre.position()) ? theatre.standing() : null;
      if (standing === null || standing.kept === null) return;
      this.#checkpoints.take(standing);
      this.#ticks.set(standing.steps, theatre.world.machine.tick());
    };
    const { failures } = theatre.play(run, { troubleTicks, watches: [{ between: keeper }] });
    this.#beganTick = Math.max(0, beganTick);
    this.failureTick = failures.length > 0 && sameFailure(failures[0], repro.failure) ? failures[0].tick - this.#beganTick : -1;
  }

  at(tick: number): FatePoint {
    const { theatre, troubleTicks } = this.#stage;
    const rules = settleRules(this.#repro.rules);
    const past = new Listed(this.#repro.deviations, this.#repro.sites);
    let [failed, otherwise] = [0, 0];
    const forkTick = this.#beganTick + tick;
    for (let future = 0; future < this.#futures; future++) {
      const drawn = new Drawn(rules, drawWord(this.#repro.seed, FUTURE_SITE, future, 0) >>> 0);
      const decider = new Forked(past, drawn, () => theatre.world.machine.tick() < forkTick);
      const from = this.#checkpoints.putBack(({ steps }) => (this.#ticks.get(steps) ?? Infinity) < forkTick);
      const { failures } = theatre.play({ ...runOf(this.#repro), decider }, { troubleTicks, ...(from === null ? {} : { from }) });
      if (failures.length === 0) continue;
      if (sameFailure(failures[0], this.#repro.failure)) failed += 1;
      else otherwise += 1;
    }
    return Object.freeze({ tick, futures: this.#futures, failed, otherwise, ...wilson(failed, this.#futures) });
  }
}

/** Wilson's score interval for `hits` of `tries`. */
export function wilson(hits: number, tries: number): { readonly least: number; readonly most: number } {
  if (tries === 0) return { least: 0, most: 1 };
  const share = hits / tries;
  const square = (Z * Z) / tries;
  const middle = (share + square / 2) / (1 + square);
  const half = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / tries + square / (4 * tries));
  // At the ends rounding must not cut off what was seen.
  return { least: hits === 0 ? 0 : Math.max(0, middle - half), most: hits === tries ? 1 : Math.min(1, middle + half) };
}
