/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler with Probabilistic
 * Guarantees of Finding Bugs", ASPLOS 2010): each process gets a priority by chance, the ready one with the highest runs,
 * and at d - 1 turns of the run, drawn by the seed, the process whose turn it is falls below all others. A bug that needs
 * d turns in a certain order is met with a probability of at least 1 / (n k^(d-1)), for n processes and k turns. What else
 * breaks is drawn by the experiment's rules, as for `random`.
 */

import { KernelChoice } from "../../../kernel/crossing.ts";
import { KernelState, NONE, ProcessRecord } from "../../../kernel/process.ts";
import { pickNext } from "../../../kernel/scheduler.ts";
import type { Address } from "../../../hal/field.ts";
import { table } from "../../../hal/layout.ts";
import { assert } from "../../../hal/assert.ts";
import { CHANCE_RULES_MAX } from "../../chance/chance-state.ts";
import type { Decider, Decision, Question } from "../../chance/decider.ts";
import { calm } from "../../chance/decider.ts";
import { drawBelow, drawWord } from "../../chance/draw.ts";
import { FAULTS } from "../../faults/catalogue.ts";
import type { FaultRule } from "../../faults/fault.ts";
import { Drawn, settleRules } from "../../faults/rules.ts";
import type { World } from "../../world.ts";
import type { Strategy } from "../strategy.ts";
import { playedOnce } from "../strategy.ts";
import type { Theatre } from "../theatre.ts";

const PRIORITY_SITE = 0x5063;
const CHANGE_SITE = 0x5064;

/** `depth`: the d above, from 1: how many turns must come in a certain order. */
export function pct(depth: number): Strategy {
  /** How many turns a theatre's run has: worked out once for each. */
  const known = new WeakMap<Theatre, number>();
  return Object.freeze<Strategy>({
    name: "pct",
    play: (theatre, seed) => {
      const turns = known.get(theatre) ?? turnsOf(theatre);
      known.set(theatre, turns);
      const rules = withTurns(theatre.experiment.faults);
      const decider = new Turns(theatre.world, seed, changePoints(seed, depth, turns), new Drawn(settleRules(rules), seed), theatre.experiment.faults.length);
      return playedOnce({ rules, sites: decider.sites, outcome: theatre.play({ seed, rules, decider }) });
    },
  });
}

/** The rules, and behind them one by whose number deviations of turns go. It strikes never by itself. */
export function withTurns(rules: readonly FaultRule[]): readonly FaultRule[] {
  assert(rules.length < CHANCE_RULES_MAX, `an experiment that pct plays has fewer than ${CHANCE_RULES_MAX} rules`);
  const fault = FAULTS.find(({ site }) => site === KernelChoice.runs);
  return fault === undefined ? rules : Object.freeze([...rules, Object.freeze({ fault: fault.name, parts: 0 })]);
}

/** Turns of a run in which nothing goes wrong, at which more than one process is ready: the k above, 1 at least. */
function turnsOf(theatre: Theatre): number {
  const counted = { turns: 0 };
  const counting: Decider = { ...calm, sites: new Set([KernelChoice.runs]), decide: () => {
    counted.turns += 1;
    return null;
  } };
  theatre.play({ seed: 1, rules: [], decider: counting }, { checked: false });
  return Math.max(1, counted.turns);
}

/** Ordinals of turns, ascending; two may be the same. */
export function changePoints(seed: number, depth: number, turns: number): readonly number[] {
  const points = Array.from({ length: depth - 1 }, (_, i) => drawBelow(turns, seed, CHANGE_SITE, i, 0));
  return Object.freeze(points.sort((a, b) => a - b));
}

/**
 * Says whose turn it is. Who was lowered at a change point is written down by that point's place; a run that begins anew
 * comes to each of them again, before it is asked for.
 */
export class Turns implements Decider {
  readonly sites: ReadonlySet<number>;
  readonly #world: World;
  readonly #records: ReturnType<typeof table<"ProcessRecord">>;
  readonly #seed: number;
  readonly #points: readonly number[];
  readonly #lowered: number[];
  readonly #others: Decider;
  readonly #rule: number;

  constructor(world: World, seed: number, points: readonly number[], others: Decider, rule: number) {
    this.sites = new Set([...others.sites, KernelChoice.runs]);
    this.#world = world;
    const part = world.machine.parts.find(({ name }) => name === "processes");
    assert(part !== undefined, "a machine has a table of processes");
    this.#records = table(ProcessRecord, part.base, part.count);
    this.#seed = seed;
    this.#points = points;
    this.#lowered = points.map(() => NONE);
    this.#others = others;
    this.#rule = rule;
    Object.freeze(this);
  }

  decide(question: Question, strikes: (rule: number) => number): Decision | null {
    if (question.site !== KernelChoice.runs) return this.#others.decide(question, strikes);
    const { ram } = this.#world.machine;
    const state: Address<"KernelState"> = this.#world.machine.kernelState;
    const ready = KernelState.readyProcesses.get(ram, state) & ~KernelState.heldProcesses.get(ram, state);
    const chosen = this.#choose(ready, question.ordinal);
    const picked = pickNext({ ram, processes: this.#records }, ready);
    return chosen === picked ? null : { answer: answerFor(ready, picked, chosen), rule: this.#rule };
  }

  #choose(ready: number, ordinal: number): number {
    for (let i = 0; i < this.#points.length; i++) {
      if (this.#points[i] === ordinal) this.#lowered[i] = this.#highest(ready, ordinal, i);
    }
    return this.#highest(ready, ordinal, this.#points.length);
  }

  /** The ready process of the highest priority, after the first so many change points as far as they have come. */
  #highest(ready: number, ordinal: number, pointsMost: number): number {
    let best = NONE;
    let bestPriority = 0;
    for (let rest = ready; rest !== 0; rest &= rest - 1) {
      const process = 31 - Math.clz32(rest & -rest);
      const priority = this.#priority(process, ordinal, pointsMost);
      if (best === NONE || priority > bestPriority) {
        best = process;
        bestPriority = priority;
      }
    }
    return best;
  }

  /** From 0 up by the seed; below that for who was lowered, the later the lower. */
  #priority(process: number, ordinal: number, pointsMost: number): number {
    for (let i = pointsMost - 1; i >= 0; i--) if (this.#points[i] <= ordinal && this.#lowered[i] === process) return -1 - i;
    return drawWord(this.#seed, PRIORITY_SITE, process, 0) >>> 0;
  }
}

/** The answer of KernelChoice.runs by which `chosen` runs instead of `picked`: its place, from 1, among the others that are ready. */
export function answerFor(ready: number, picked: number, chosen: number): number {
  let answer = 1;
  for (let rest = ready & ~(1 << picked) & ((1 << chosen) - 1); rest !== 0; rest &= rest - 1) answer += 1;
  return answer;
}
