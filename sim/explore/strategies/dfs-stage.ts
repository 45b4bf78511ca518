/** Plays the runs of a tree: each from where the one above it stood, looking at the questions and at where the world has come. */

import { snapshotInto } from "../../../hal/snapshot.ts";
import { Listed } from "../../chance/decider.ts";
import type { Deviation } from "../../chance/deviation.ts";
import type { Watch } from "../../checkers/checker.ts";
import { CanonicalHash } from "../canonical-hash.ts";
import type { Outcome } from "../outcome.ts";
import type { Standing } from "../standing.ts";
import type { Run, Theatre } from "../theatre.ts";
import type { WorldSnapshot } from "../../world.ts";
import type { Branch, Branches } from "./branches.ts";

/** A place in the middle of a run, from which others go on. */
export interface Stand {
  readonly snapshot: WorldSnapshot;
  readonly standing: Standing;
}

export interface StagePlayed {
  readonly outcome: Outcome;
  /** Behind its last deviation, up to where it was left. */
  readonly branches: readonly Branch[];
  /** Canonical states that it came by behind its last deviation, up to where it was left. */
  readonly states: readonly string[];
  /** Whether it was played to its end; else its outcome is that of the moment at which it was left. */
  readonly ended: boolean;
}

/** Where runs meet: at every so-manieth tick, so many times at most behind the last deviation. */
const MEETING_TICKS = 4;
const MEETINGS_MOST = 4;

/** Thrown through the theatre: this run need not go on. */
class Left extends Error {
  override readonly name = "Left";
}

export class DfsStage {
  readonly theatre: Theatre;
  readonly sites: ReadonlySet<number>;
  /** What the run in which nothing goes wrong came to, by the states that it came by. */
  readonly calmStates = new Map<string, string>();
  readonly #branches: Branches;
  readonly #canonical: CanonicalHash;
  readonly #pool: WorldSnapshot[] = [];

  constructor(theatre: Theatre, branches: Branches, sites: ReadonlySet<number>) {
    this.theatre = theatre;
    this.sites = sites;
    this.#branches = branches;
    this.#canonical = new CanonicalHash(theatre.world, { leftOut: ["chance"] });
    Object.freeze(this);
  }

  /** `leaves` is asked about each state; what lies behind the first that it is true for is not looked at, and not played unless `whole`. */
  play(deviations: readonly Deviation[], from: Stand | null, leaves: (state: string) => boolean, whole: boolean): StagePlayed {
    const { theatre } = this;
    const { chance } = theatre.turmoil;
    const seen = new Look(deviations.length === 0);
    const watch: Watch = {
      between: () => {
        if (seen.left || !seen.isDue(chance.deviations.length === deviations.length, theatre.world.machine.tick())) return;
        const state = `${this.#canonical.hash()} ${this.#branches.budget(deviations)}`;
        seen.left = leaves(state);
        if (!seen.left) seen.states.push(state);
        else if (!whole) throw new Left();
      },
    };
    chance.tell((question, answer) => {
      if (seen.left || answer !== 0 || chance.deviations.length < deviations.length) return;
      for (const deviation of this.#branches.at(question, deviations)) seen.branches.push({ deviation, step: theatre.position() - 1 });
    });
    try {
      return this.#play(deviations, from, watch, seen);
    } finally {
      chance.tell(null);
    }
  }

  #play(deviations: readonly Deviation[], from: Stand | null, watch: Watch, seen: Look): StagePlayed {
    const { theatre } = this;
    try {
      if (from !== null) theatre.world.restore(from.snapshot);
      const outcome = theatre.play(this.#run(deviations), from === null ? { watches: [watch] } : { watches: [watch], from: from.standing });
      return { outcome, branches: seen.branches, states: seen.states, ended: true };
    } catch (thrown) {
      if (!(thrown instanceof Left)) throw thrown;
      const outcome: Outcome = { failures: [], deviations, marks: [], hash: "", ticks: theatre.world.machine.tick() };
      return { outcome, branches: seen.branches, states: seen.states, ended: false };
    }
  }

  /** Where the run of these deviations stands before that step; null where others must begin at its beginning. */
  stand(deviations: readonly Deviation[], from: Stand | null, step: number): Stand | null {
    const { theatre } = this;
    if (step < 0) return null;
    if (from !== null) theatre.world.restore(from.snapshot);
    theatre.play(this.#run(deviations), { haltAt: step, ...(from === null ? {} : { from: from.standing }) });
    const standing = theatre.standing();
    if (standing === null || standing.kept === null) return null;
    return Object.freeze({ snapshot: this.#copy(), standing });
  }

  #copy(): WorldSnapshot {
    const { world } = this.theatre;
    const kept = this.#pool.pop();
    if (kept === undefined) return world.snapshot();
    snapshotInto(world.machine.ram, kept.machine);
    snapshotInto(world.memory, kept.world);
    return kept;
  }

  /** Nobody goes on from there any more: its buffers are used again. */
  release(stand: Stand | null): void {
    if (stand !== null) this.#pool.push(stand.snapshot);
  }

  #run(deviations: readonly Deviation[]): Run {
    return { seed: 1, decider: new Listed(deviations, this.sites) };
  }
}

/** What is seen of one run. */
class Look {
  readonly branches: Branch[] = [];
  readonly states: string[] = [];
  left = false;
  readonly #calm: boolean;
  #meetings = 0;
  #lastTick = -1;

  constructor(calm: boolean) {
    this.#calm = calm;
  }

  /** Right behind the last deviation, and at a few ticks after it; the calm run is met at each of these. */
  isDue(deviated: boolean, tick: number): boolean {
    if (!deviated || tick === this.#lastTick) return false;
    if (this.#lastTick >= 0 && tick % MEETING_TICKS !== 0) return false;
    if (!this.#calm && this.#meetings > MEETINGS_MOST) return false;
    this.#lastTick = tick;
    this.#meetings += 1;
    return true;
  }
}
