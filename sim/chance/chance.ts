/**
 * The one answer to every `choose` of a machine and of the world around it. It counts, for each site and entity, how often
 * it was asked; a decider answers from that key; what was not benign is written down. The counts lie in the world's
 * memory, so that a world put back asks the same questions again.
 *
 * As long as it is not armed, and at sites that its decider does not know, it answers 0 and changes nothing. Ordinals begin
 * at 0 when it is armed.
 */

import { assert } from "../../hal/assert.ts";
import type { Choose } from "../../hal/chance.ts";
import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { CHANCE_BYTES, CHANCE_KEYS_MAX, CHANCE_RULES_MAX, ChanceKey, ChanceRule, ChanceState } from "./chance-state.ts";
import type { Decider, Decision, Question } from "./decider.ts";
import { calm } from "./decider.ts";
import type { Deviation } from "./deviation.ts";

type KeyAddress = Address<"ChanceKey">;

/** Where chance counts, and what time it is: known only when machine and world stand. */
export interface ChancePlace {
  readonly memory: Memory;
  /** CHANCE_BYTES bytes there are its own. */
  readonly at: number;
  readonly tick: () => number;
}

/** Sites have numbers below this. */
const SITES_END = 256;

/** No tick: the one that it is. */
const NOW = -1;

/** The question at hand: one object for all of them, since deciders keep none. */
interface Asked {
  site: number;
  entity: number;
  ordinal: number;
  n: number;
  tick: number;
}

export class Chance {
  #decider: Decider = calm;
  /** 1 at each of the decider's sites. */
  readonly #asks = new Uint8Array(SITES_END);
  readonly #asked: Asked = { site: 0, entity: 0, ordinal: 0, n: 0, tick: 0 };
  #place: ChancePlace | null = null;
  /** The answer to what is being asked by a watcher, for strategies that fork; null while nobody watches. */
  #told: ((question: Question, answer: number) => void) | null = null;
  #deviations: Deviation[] = [];

  /** Chance counts here from now on. */
  settle(place: ChancePlace): void {
    this.#place = place;
  }

  /** Who answers from now on; what was written down of the run before is `before`, since a world put back does not know. */
  decideBy(decider: Decider, before: readonly Deviation[] = []): void {
    this.#decider = decider;
    this.#asks.fill(0);
    for (const site of decider.sites) {
      assert(site > 0 && site < SITES_END, `site ${site} has a number below ${SITES_END}`);
      this.#asks[site] = 1;
    }
    this.#deviations = [...before];
  }

  /** Is told of each question that a decider was asked, with its answer; null: nobody. */
  tell(told: ((question: Question, answer: number) => void) | null): void {
    this.#told = told;
  }

  /** From now on it is asked; all counts begin anew. */
  arm(): void {
    const { memory, at, tick } = this.#settled();
    memory.fill(at, CHANCE_BYTES, 0);
    ChanceState.armed.set(memory, this.#state, 1);
    ChanceState.beganTick.set(memory, this.#state, tick());
  }

  /** Nothing goes wrong any more. */
  disarm(): void {
    ChanceState.armed.set(this.#settled().memory, this.#state, 0);
  }

  /** What was not benign since decideBy(), in order. */
  get deviations(): readonly Deviation[] {
    return this.#deviations;
  }

  /** Forgets what was written down behind the first so many: a world put back comes by them again. */
  keepDeviations(count: number): void {
    this.#deviations.length = count;
  }

  /** How often the rule struck in the run at hand. */
  strikes(rule: number): number {
    return ChanceRule.strikes.get(this.#settled().memory, this.ruleAt(rule));
  }

  /** Address in the world's memory of what a rule remembers. */
  ruleAt(rule: number): Address<"ChanceRule"> {
    assert(rule >= 0 && rule < CHANCE_RULES_MAX, `a plan has at most ${CHANCE_RULES_MAX} rules`);
    return (this.#settled().at + ChanceState.size + CHANCE_KEYS_MAX * ChanceKey.size + rule * ChanceRule.size) as Address<"ChanceRule">;
  }

  /** For boot(), and for whoever else asks. */
  readonly choose: Choose = (site, entity, n) => this.chooseAt(site, entity, n, NOW);

  /** Whether anything but 0 may be answered there now. */
  mayDeviate(site: number): boolean {
    return this.#asks[site] === 1 && this.#place !== null && ChanceState.armed.get(this.#place.memory, this.#state) !== 0;
  }

  /** The same about what happens at a tick of the machine that is still to come. */
  chooseAt(site: number, entity: number, n: number, atTick: number): number {
    const place = this.#place;
    if (this.#asks[site] !== 1 || place === null || n < 2) return 0;
    const { memory } = place;
    const state = place.at as Address<"ChanceState">;
    if (ChanceState.armed.get(memory, state) === 0) return 0;
    const ordinal = this.#nextOrdinal(memory, place.at, site, entity);
    if (ordinal < 0) return 0;
    const asked = this.#asked;
    asked.site = site;
    asked.entity = entity;
    asked.ordinal = ordinal;
    asked.n = n;
    asked.tick = (atTick === NOW ? place.tick() : atTick) - ChanceState.beganTick.get(memory, state);
    const decision = this.#decider.decide(asked, this.#strikes);
    const answer = decision === null ? 0 : decision.answer;
    if (this.#told !== null) this.#told(asked, answer);
    if (decision !== null) this.#note(decision, asked);
    return answer;
  }

  /** Writes down what is not benign. */
  #note({ answer, rule }: Decision, { site, entity, ordinal, n, tick }: Question): void {
    assert(answer > 0 && answer < n, `the answer ${answer} is one of ${n}`);
    ChanceRule.strikes.add(this.#settled().memory, this.ruleAt(rule), 1);
    this.#deviations.push(Object.freeze({ site, entity, ordinal, answer, rule, tick }));
  }

  readonly #strikes = (rule: number): number => this.strikes(rule);

  get #state(): Address<"ChanceState"> {
    return this.#settled().at as Address<"ChanceState">;
  }

  #settled(): ChancePlace {
    assert(this.#place !== null, "chance has its place before it is armed");
    return this.#place;
  }

  /** Counts the question; -1, counted too, where there is no room for another key. */
  #nextOrdinal(memory: Memory, at: number, site: number, entity: number): number {
    const first = at + ChanceState.size;
    let slot = (Math.imul(entity ^ Math.imul(site, 0x9e37_79b1), 0x85eb_ca6b) >>> 8) % CHANCE_KEYS_MAX;
    for (let tried = 0; tried < CHANCE_KEYS_MAX; tried++) {
      const key = (first + slot * ChanceKey.size) as KeyAddress;
      const there = ChanceKey.site.get(memory, key);
      if (there === 0) {
        ChanceKey.site.set(memory, key, site);
        ChanceKey.entity.set(memory, key, entity);
        ChanceKey.ordinal.set(memory, key, 1);
        ChanceState.keys.add(memory, this.#state, 1);
        return 0;
      }
      if (there === site && ChanceKey.entity.get(memory, key) === entity) {
        const ordinal = ChanceKey.ordinal.get(memory, key);
        ChanceKey.ordinal.set(memory, key, (ordinal + 1) & 0x7fff_ffff);
        return ordinal;
      }
      slot = slot + 1 === CHANCE_KEYS_MAX ? 0 : slot + 1;
    }
    ChanceState.crowded.add(memory, this.#state, 1);
    return -1;
  }
}

/** Names for dumps and differences. */
export function chanceParts(at: number): readonly Part[] {
  const keysAt = at + ChanceState.size;
  const rulesAt = keysAt + CHANCE_KEYS_MAX * ChanceKey.size;
  return Object.freeze([
    Object.freeze({ name: "chance", base: at, bytes: ChanceState.size, layout: ChanceState, count: 1 }),
    Object.freeze({ name: "chance.keys", base: keysAt, bytes: CHANCE_KEYS_MAX * ChanceKey.size, layout: ChanceKey, count: CHANCE_KEYS_MAX }),
    Object.freeze({ name: "chance.rules", base: rulesAt, bytes: CHANCE_RULES_MAX * ChanceRule.size, layout: ChanceRule, count: CHANCE_RULES_MAX }),
  ]);
}
