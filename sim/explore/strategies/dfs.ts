/**
 * Depth first over the questions of chance: a run in which nothing goes wrong asks so many; seed s begins with the s-th of
 * its branches (a question, answered otherwise), and below it every set of at most `depth` deviations is played, each run
 * going on from where the one above it stood at that question. A branch is left where its world, some ticks after its last
 * deviation, is one that was seen before with as much left to do: in the run in which nothing goes wrong, or in this
 * tree. One in twenty of these is played on all the same, and what becomes of it is compared.
 *
 * All seeds from 1 to the number of branches together are the whole tree; a seed beyond it plays the calm run.
 */

import type { Deviation } from "../../chance/deviation.ts";
import { settleRules } from "../../faults/rules.ts";
import type { Outcome } from "../outcome.ts";
import type { Played, Strategy } from "../strategy.ts";
import type { Theatre } from "../theatre.ts";
import type { Branch } from "./branches.ts";
import { Branches } from "./branches.ts";
import type { Stand } from "./dfs-stage.ts";
import { DfsStage } from "./dfs-stage.ts";
import { sitesOf } from "./sites.ts";

/** A seed plays so many runs at most; branches beyond are counted as cut. */
const RUNS_MAX = 256;

/** `depth`: so many deviations at most, from 1. */
export function dfs(depth: number): Strategy {
  const grounds = new WeakMap<Theatre, Ground>();
  return Object.freeze<Strategy>({
    name: "dfs",
    play: (theatre, seed) => {
      const ground = grounds.get(theatre) ?? new Ground(theatre, depth);
      grounds.set(theatre, ground);
      return new Tree(ground, seed).play();
    },
  });
}

/** What all seeds of a theatre share: the run in which nothing goes wrong. */
class Ground {
  readonly stage: DfsStage;
  readonly branches: readonly Branch[];
  readonly calm: Outcome;
  readonly depth: number;

  constructor(theatre: Theatre, depth: number) {
    const { faults } = theatre.experiment;
    this.depth = depth;
    this.stage = new DfsStage(theatre, new Branches(settleRules(faults)), sitesOf(faults));
    const { outcome, branches, states } = this.stage.play([], null, () => false, true);
    this.calm = outcome;
    this.branches = branches;
    for (const state of states) this.stage.calmStates.set(state, verdictOf(outcome));
    Object.freeze(this);
  }
}

/** What a state came to when it was seen, and how many deviations it could still have. */
interface Seen {
  readonly left: number;
  readonly verdict: string;
}

class Tree {
  readonly #ground: Ground;
  readonly #seed: number;
  readonly #seen = new Map<string, Seen>();
  readonly #marks: Set<string>;
  #failed: Outcome | null = null;
  #runs = 0;
  #pruned = 0;
  #expandedAnyway = 0;
  #contradicted = 0;
  #cut = 0;

  constructor(ground: Ground, seed: number) {
    this.#ground = ground;
    this.#seed = seed;
    this.#marks = new Set(ground.calm.marks);
  }

  play(): Played {
    const { stage, branches, calm } = this.#ground;
    const branch = branches[this.#seed - 1];
    const first = branch === undefined ? calm : this.#descend([branch.deviation], null);
    if (branch === undefined) this.#runs += 1;
    return Object.freeze<Played>({
      rules: stage.theatre.experiment.faults,
      sites: stage.sites,
      outcome: this.#failed ?? first,
      runs: this.#runs,
      marks: Object.freeze([...this.#marks].sort()),
      tree: Object.freeze({ pruned: this.#pruned, expandedAnyway: this.#expandedAnyway, contradicted: this.#contradicted, cut: this.#cut }),
    });
  }

  /** Plays the run of these deviations from where `from` stands, and the branches below it. The first run of a tree is played to its end. */
  #descend(deviations: readonly Deviation[], from: Stand | null): Outcome {
    const { stage, depth } = this.#ground;
    const left = depth - deviations.length;
    const expected: string[] = [];
    this.#runs += 1;
    const { outcome, states, branches, ended } = stage.play(deviations, from, (state) => this.#leaves(state, left, expected), deviations.length === 1);
    for (const mark of outcome.marks) this.#marks.add(mark);
    if (outcome.failures.length > 0) this.#failed ??= outcome;
    const verdict = verdictOf(outcome);
    if (ended) this.#contradicted += expected.filter((other) => other !== verdict).length;
    for (const state of states) this.#seen.set(state, { left, verdict: ended ? verdict : (expected.at(-1) ?? "") });
    if (left > 0) this.#branchOut(deviations, from, branches);
    return outcome;
  }

  #branchOut(deviations: readonly Deviation[], from: Stand | null, branches: readonly Branch[]): void {
    const { stage } = this.#ground;
    let stands = from;
    for (const branch of branches) {
      if (this.#runs >= RUNS_MAX) {
        this.#cut += 1;
        continue;
      }
      const next = stage.stand(deviations, stands, branch.step);
      if (stands !== from) stage.release(stands);
      stands = next;
      this.#descend([...deviations, branch.deviation], stands);
    }
    if (stands !== from) stage.release(stands);
  }

  /** Whether a run is left at that state; if it could be and is not, what is expected of it goes to the list. */
  #leaves(state: string, left: number, expected: string[]): boolean {
    const calm = this.#ground.stage.calmStates.get(state);
    const seen = this.#seen.get(state);
    const known = calm ?? (seen !== undefined && seen.left >= left ? seen.verdict : undefined);
    if (known === undefined) return false;
    expected.push(known);
    if (!isExpandedAnyway(state)) {
      this.#pruned += 1;
      return true;
    }
    this.#expandedAnyway += 1;
    return false;
  }
}

const ANYWAY_IN = 20;

/** Drawn from the state alone. */
function isExpandedAnyway(state: string): boolean {
  return Number.parseInt(state.slice(0, 8), 16) % ANYWAY_IN === 0;
}

/** What does not hold, whenever and wherever it is seen. */
function verdictOf({ failures }: Outcome): string {
  return [...new Set(failures.map(({ checker }) => checker))].sort().join(" ");
}
