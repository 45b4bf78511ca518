/**
 * The rules of a plan, settled: each with its fault, its values, and whether it may strike at a question; and the decider
 * that draws by them. Rules that never strike (0 parts) are not there at all.
 */

import { assert } from "../../hal/assert.ts";
import type { Decider, Decision, Question } from "../chance/decider.ts";
import { drawBelow, drawWord } from "../chance/draw.ts";
import { faultNamed } from "./catalogue.ts";
import type { Draw, Fault, FaultRule, Values } from "./fault.ts";

export interface SettledRule {
  readonly rule: FaultRule;
  readonly fault: Fault;
  readonly values: Values;
  /** Its place in the plan: what deviations name it by. */
  readonly number: number;
}

/** Throws a RangeError for a fault or parameter that there is not: check plans first (sim/explore/read-plan.ts). */
export function settleRules(rules: readonly FaultRule[]): readonly SettledRule[] {
  return Object.freeze(rules.map(settleRule).filter(({ rule }) => rule.parts > 0));
}

function settleRule(rule: FaultRule, number: number): SettledRule {
  const fault = faultNamed(rule.fault);
  if (fault === undefined) throw new RangeError(`there is no fault ${rule.fault}`);
  for (const name of Object.keys(rule.parameters ?? {})) if (!Object.hasOwn(fault.parameters, name)) throw new RangeError(`fault ${rule.fault} has no parameter ${name}`);
  const own = Object.fromEntries(Object.entries(fault.parameters).map(([name, { value }]) => [name, value]));
  return Object.freeze({ rule, fault, values: Object.freeze({ ...own, ...rule.parameters }), number });
}

const PARTS = 1_000_000;
/** A lane of draws that is the strike's own. */
const STRIKE_LANE = 0x5741;

/** Draws by rules and a seed: the same seed breaks the same things. */
export class Drawn implements Decider {
  readonly sites: ReadonlySet<number>;
  readonly #rules: readonly SettledRule[];
  /** Of each rule, by its place in #rules: the word that its strikes are drawn from. */
  readonly #words: Int32Array;
  readonly #seed: number;

  constructor(rules: readonly SettledRule[], seed: number) {
    this.#rules = rules;
    this.#seed = seed;
    this.#words = Int32Array.from(rules, ({ number }) => drawWord(seed, number, STRIKE_LANE, 0));
    this.sites = new Set(rules.map(({ fault }) => fault.site));
    Object.freeze(this);
  }

  /** The first rule of the plan that strikes. */
  decide(question: Question, strikes: (rule: number) => number): Decision | null {
    const rules = this.#rules;
    for (let i = 0; i < rules.length; i++) {
      const settled = rules[i];
      if (settled.fault.site !== question.site || !isMeant(settled.rule, question) || !this.#strikes(settled, i, question)) continue;
      if (settled.rule.most !== undefined && strikes(settled.number) >= settled.rule.most) continue;
      return this.#decision(settled, question);
    }
    return null;
  }

  #strikes({ rule, fault, values, number }: SettledRule, place: number, question: Question): boolean {
    const { site, entity, ordinal } = question;
    if (fault.strikes !== undefined) return fault.strikes({ entity, ordinal, parts: rule.parts, values, drawAt: (at) => this.#draw(number, site, entity, at) });
    return rule.parts >= PARTS || drawBelow(PARTS, this.#words[place], site, entity, ordinal) < rule.parts;
  }

  #decision({ fault, values, number }: SettledRule, { site, entity, ordinal, n }: Question): Decision {
    const answer = fault.answer === undefined ? 1 : fault.answer(values, n, this.#draw(number, site, entity, ordinal), entity);
    assert(answer > 0 && answer < n, `${fault.name} answers ${answer} of ${n}`);
    return { answer, rule: number };
  }

  #draw(rule: number, site: number, entity: number, ordinal: number): Draw {
    return (lane, n) => drawBelow(n, drawWord(this.#seed, rule, lane, 0), site, entity, ordinal);
  }
}

/** Whether the rule is about that entity at that time. */
export function isMeant(rule: FaultRule, { entity, tick }: Pick<Question, "entity" | "tick">): boolean {
  if (rule.fromTick !== undefined && tick < rule.fromTick) return false;
  if (rule.toTick !== undefined && tick >= rule.toTick) return false;
  return rule.entities === undefined || rule.entities.includes(entity);
}
