/**
 * Makes a failing run smaller, until nothing more can be left out: deviations (delta debugging after Zeller and
 * Hildebrandt: halves, quarters, and so on, and what is left when each is taken away), the time that trouble lasts, and
 * the capture's frames (clients as a whole, then its end). A try goes on from the last checkpoint before the first
 * deviation that it leaves out: up to there it is the same run. What is kept is played once more from the beginning.
 */

import { Listed } from "../chance/decider.ts";
import type { Deviation } from "../chance/deviation.ts";
import type { Watch } from "../checkers/checker.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { Experiment } from "./experiment.ts";
import type { Outcome } from "./outcome.ts";
import { runOf, sameFailure, withFrames } from "./replay.ts";
import type { Repro } from "./repro-file.ts";
import { clientsOf, earlierEnd, offeredOf, withoutClient } from "./fewer-frames.ts";
import { Theatre } from "./theatre.ts";

export interface MinimiseOptions {
  /** Runs played at most; what is smallest by then is the answer. */
  readonly runsMax?: number;
  /** Of checkpoints. */
  readonly bytesMax?: number;
  /** A theatre of the repro's experiment that is there already: it need not be booted. */
  readonly theatre?: Theatre;
}

export interface Minimised {
  readonly repro: Repro;
  /** Runs that were played, and how many of them went on from a checkpoint. */
  readonly runs: number;
  readonly resumed: number;
  /** Of these, how many failed and did not from the beginning: 0, unless a checker does not remember all that it should. */
  readonly misled: number;
}

const RUNS_MAX = 500;
const BYTES_MAX = 64 * 1024 * 1024;
const EVERY_STEPS = 16;

/** Null if the run does not fail as its file says: then there is nothing to make smaller. */
export function minimise(experiment: Experiment, repro: Repro, options: MinimiseOptions = {}): Minimised | null {
  const search = new Search(experiment, repro, options);
  if (!search.accept(repro)) return null;
  search.fewerDeviations();
  search.shorterTrouble();
  search.fewerFrames();
  search.fewerDeviations();
  return Object.freeze({ repro: search.best, runs: search.runs, resumed: search.resumed, misled: search.misled });
}

class Search {
  readonly #experiment: Experiment;
  readonly #wanted: Repro;
  readonly #runsMax: number;
  readonly #bytesMax: number;
  #theatre: Theatre | null;
  /** Frames of the theatre at hand. */
  #frames: readonly number[] | null;
  #checkpoints: Checkpoints | null = null;
  #best: Repro;
  runs = 0;
  resumed = 0;
  misled = 0;

  constructor(experiment: Experiment, repro: Repro, { runsMax = RUNS_MAX, bytesMax = BYTES_MAX, theatre }: MinimiseOptions) {
    this.#experiment = experiment;
    this.#wanted = repro;
    this.#runsMax = runsMax;
    this.#bytesMax = bytesMax;
    this.#theatre = theatre ?? null;
    this.#frames = repro.frames;
    this.#best = repro;
  }

  get best(): Repro {
    return this.#best;
  }

  /** Plays a candidate from its beginning; if it still fails it is the best from now on, with its checkpoints. */
  accept(candidate: Repro): boolean {
    if (this.runs >= this.#runsMax) return false;
    const theatre = this.#theatreFor(candidate);
    const checkpoints = this.#checkpoints ?? new Checkpoints(theatre.world, this.#bytesMax, EVERY_STEPS);
    this.#checkpoints = checkpoints;
    checkpoints.clear(EVERY_STEPS);
    this.runs += 1;
    const outcome = theatre.play(runOf(candidate), { troubleTicks: candidate.troubleTicks, watches: [keeper(theatre, checkpoints)] });
    if (!this.#fails(outcome)) {
      // The checkpoints are of a run that is not the best one.
      checkpoints.clear(EVERY_STEPS);
      return false;
    }
    const { deviations, hash, ticks } = outcome;
    this.#best = Object.freeze<Repro>({ ...candidate, deviations, failure: outcome.failures[0], hash, ticks });
    return true;
  }

  /** Leaves out deviations until each one that is left is needed. */
  fewerDeviations(): void {
    for (let parts = 2; this.#best.deviations.length > 0 && this.runs < this.#runsMax; ) {
      const all = this.#best.deviations;
      const found = subsets(all, Math.min(parts, all.length)).find((subset) => this.#tries(subset)) ?? null;
      const affordable = this.runs < this.#runsMax;
      const smaller = found !== null && this.accept({ ...this.#best, deviations: found });
      if (found !== null && !smaller && affordable) this.misled += 1;
      if (smaller) parts = Math.max(2, Math.min(parts - 1, this.#best.deviations.length));
      else if (parts >= all.length) return;
      else parts = Math.min(parts * 2, all.length);
    }
  }

  /** Lets trouble end as early as it still leads to the failure. */
  shorterTrouble(): void {
    const needed = this.#best.deviations.reduce((most, { tick }) => Math.max(most, tick), -1) + 1;
    for (let least = needed, most = this.#best.troubleTicks; least < most; ) {
      if (this.accept({ ...this.#best, troubleTicks: least })) return;
      // The shortest time does not do: half the way to what does.
      least = Math.max(least + 1, Math.floor((least + most) / 2));
    }
  }

  /** Leaves out clients of the capture, the last one first, and then as much of its end as it can. */
  fewerFrames(): void {
    const { capture, mac } = this.#experiment.surroundings();
    if (capture === null) return;
    if (this.#best.frames === null) this.accept({ ...this.#best, frames: offeredOf(capture, mac) });
    if (this.#best.frames === null) return;
    for (let client = clientsOf(this.#theatreFor(this.#best).world).length; client > 0; client--) {
      const candidate = withoutClient(this.#best, capture, clientsOf(this.#theatreFor(this.#best).world), client);
      if (candidate === null || this.accept(candidate)) continue;
      // The clients at hand are those of the best run again.
      this.accept(this.#best);
    }
    for (let least = 1, most = this.#best.frames.length; least < most; ) {
      const count = Math.floor((least + most) / 2);
      if (this.accept(earlierEnd(this.#best, count))) most = count;
      else least = count + 1;
    }
  }

  /** Whether the best run fails still with only these of its deviations: from the last checkpoint where both are one run. */
  #tries(deviations: readonly Deviation[]): boolean {
    if (this.runs >= this.#runsMax) return false;
    this.runs += 1;
    const { best } = this;
    const same = best.deviations.findIndex((deviation, i) => deviations[i] !== deviation);
    const theatre = this.#theatreFor(best);
    const from = this.#checkpoints?.putBack((standing) => standing.kept !== null && standing.deviations.length <= same) ?? null;
    if (from !== null) this.resumed += 1;
    const run = { ...runOf(best), decider: new Listed(deviations, best.sites) };
    return this.#fails(theatre.play(run, { troubleTicks: best.troubleTicks, ...(from === null ? {} : { from }) }));
  }

  #fails({ failures }: Outcome): boolean {
    return failures.length > 0 && sameFailure(failures[0], this.#wanted.failure);
  }

  /** The theatre at hand, or another one where the frames are others. */
  #theatreFor(candidate: Repro): Theatre {
    if (this.#theatre === null || candidate.frames !== this.#frames) {
      this.#frames = candidate.frames;
      this.#theatre = new Theatre(withFrames(this.#experiment, candidate.frames));
      this.#checkpoints = null;
    }
    return this.#theatre;
  }
}

/** Copies the run at hand on its way. */
function keeper(theatre: Theatre, checkpoints: Checkpoints): Watch {
  return {
    between: () => {
      const standing = checkpoints.isDue(theatre.position()) ? theatre.standing() : null;
      if (standing !== null) checkpoints.take(standing);
    },
  };
}

/** None of them first; then each of so many equal parts alone, then all but each part. */
function subsets(all: readonly Deviation[], parts: number): readonly (readonly Deviation[])[] {
  const chunks = Array.from({ length: parts }, (_, i) => all.slice(Math.floor((i * all.length) / parts), Math.floor(((i + 1) * all.length) / parts)));
  const alone = parts === 2 ? [[], ...chunks] : chunks;
  const without = chunks.map((_, left) => chunks.flatMap((chunk, i) => (i === left ? [] : chunk)));
  return (parts === 2 ? alone : [...alone, ...without]).filter((subset) => subset.length < all.length);
}
