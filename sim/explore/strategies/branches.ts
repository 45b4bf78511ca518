/** How a question of chance could be answered otherwise: by which rules of a plan, and with which answers. */

import type { Question } from "../../chance/decider.ts";
import type { Deviation } from "../../chance/deviation.ts";
import { drawBelow } from "../../chance/draw.ts";
import type { Draw } from "../../faults/fault.ts";
import type { SettledRule } from "../../faults/rules.ts";
import { isMeant } from "../../faults/rules.ts";

/** One way in which a run could have gone on otherwise. */
export interface Branch {
  readonly deviation: Deviation;
  /** Before this step of the run it was not asked yet; below 0: only at the run's very beginning. */
  readonly step: number;
}

/** Of a fault with many answers so many are tried. */
const ANSWERS_MOST = 2;
const ANSWER_SITE = 0x4272;

export class Branches {
  readonly #bySite: ReadonlyMap<number, readonly SettledRule[]>;
  readonly #limited: readonly SettledRule[];

  constructor(rules: readonly SettledRule[]) {
    const bySite = new Map<number, SettledRule[]>();
    for (const rule of rules) bySite.set(rule.fault.site, [...(bySite.get(rule.fault.site) ?? []), rule]);
    this.#bySite = bySite;
    this.#limited = rules.filter(({ rule }) => rule.most !== undefined);
    Object.freeze(this);
  }

  /** All deviations that a run with these could have at this question, in a fixed order. */
  at(question: Question, before: readonly Deviation[]): readonly Deviation[] {
    const { site, entity, ordinal, tick } = question;
    const found = new Map<number, Deviation>();
    for (const settled of this.#bySite.get(site) ?? []) {
      if (!isMeant(settled.rule, question) || isUsedUp(settled, before)) continue;
      for (const answer of answersOf(settled, question)) if (!found.has(answer)) found.set(answer, Object.freeze({ site, entity, ordinal, answer, rule: settled.number, tick }));
    }
    return [...found.values()];
  }

  /** What is left of rules that strike only so often: a part of where a run stands that no memory holds. */
  budget(before: readonly Deviation[]): string {
    return this.#limited.map((settled) => strikesOf(settled, before)).join(",");
  }
}

function strikesOf({ number }: SettledRule, before: readonly Deviation[]): number {
  return before.filter(({ rule }) => rule === number).length;
}

function isUsedUp(settled: SettledRule, before: readonly Deviation[]): boolean {
  return settled.rule.most !== undefined && strikesOf(settled, before) >= settled.rule.most;
}

function answersOf({ fault, values }: SettledRule, { site, entity, n }: Question): readonly number[] {
  const { answer } = fault;
  if (answer === undefined) return [1];
  const draws = Array.from({ length: ANSWERS_MOST }, (_, seed): Draw => (lane, below) => drawBelow(below, ANSWER_SITE + seed, site, entity, lane));
  return draws.map((draw) => answer(values, n, draw, entity));
}
