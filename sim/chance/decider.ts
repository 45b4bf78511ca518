/**
 * Who answers for chance. A decider is an input of a run, as its seed is: it holds nothing that changes, and answers from
 * what it is asked alone.
 */

import type { Deviation } from "./deviation.ts";
import { deviationKey } from "./deviation.ts";

/** One question: what it is about. Whoever is asked keeps no hold of it: the next question comes in the same object. */
export interface Question {
  readonly site: number;
  readonly entity: number;
  readonly ordinal: number;
  /** Answers go from 0 to n - 1. */
  readonly n: number;
  /** Ticks since chance was armed. */
  readonly tick: number;
}

export interface Decision {
  /** 1 to n - 1. */
  readonly answer: number;
  readonly rule: number;
}

export interface Decider {
  /** Sites that it may ever answer otherwise than 0: at all others nothing is asked, and not one byte changes. */
  readonly sites: ReadonlySet<number>;
  /** Null: the benign answer. `strikes(rule)` says how often a rule struck before. */
  decide(question: Question, strikes: (rule: number) => number): Decision | null;
}

/** Nothing ever goes wrong. */
export const calm: Decider = Object.freeze<Decider>({ sites: Object.freeze(new Set<number>()), decide: () => null });

/**
 * Exactly these deviations, whatever else a plan would have drawn. `sites` are those of the plan: ordinals are counted for
 * them as they were then, so that a run from all its own deviations is the same run, byte for byte.
 */
export class Listed implements Decider {
  readonly sites: ReadonlySet<number>;
  readonly #byKey: ReadonlyMap<string, Deviation>;

  constructor(deviations: readonly Deviation[], sites: Iterable<number> = []) {
    this.sites = new Set([...sites, ...deviations.map(({ site }) => site)]);
    this.#byKey = new Map(deviations.map((deviation) => [deviationKey(deviation), deviation]));
    Object.freeze(this);
  }

  decide(question: Question): Decision | null {
    const deviation = this.#byKey.get(deviationKey(question));
    return deviation === undefined || deviation.answer >= question.n ? null : { answer: deviation.answer, rule: deviation.rule };
  }
}
