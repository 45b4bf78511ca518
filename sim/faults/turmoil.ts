/**
 * All trouble of a world: the chance that everybody asks, the cable, and the faults that act by themselves, once in each
 * tick. What it remembers lies in the world's memory: a world put back is in the same trouble. Rules and decider are
 * inputs of a run; `use()` sets them, `begin()` lets it begin, `end()` ends it.
 */

import { CYCLES_PER_TICK } from "../../hal/clock.ts";
import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { Chance, chanceParts } from "../chance/chance.ts";
import { CHANCE_BYTES } from "../chance/chance-state.ts";
import type { Decider } from "../chance/decider.ts";
import type { Deviation } from "../chance/deviation.ts";
import { drawBelow } from "../chance/draw.ts";
import type { Disturbance, DisturbanceMaker } from "../disturbance.ts";
import type { World } from "../world.ts";
import { AILMENT_BYTES, Ailments } from "./ailments.ts";
import { FAULTS } from "./catalogue.ts";
import type { SettledRule } from "./rules.ts";
import { Drawn, settleRules } from "./rules.ts";
import type { FaultRule } from "./fault.ts";
import { DESK_BYTES, Desk } from "./operator/desk.ts";
import { CABLE_BYTES, Cable } from "./wire/cable.ts";

export const TurmoilState = layout("TurmoilState", 8, {
  /** Last tick in which the faults that act were asked. */
  askedTick: i32("time"),
  /** 1 between begin() and end(). */
  active: i32,
});

const STATE_BYTES = 64;
const AILMENTS_AT = CHANCE_BYTES + STATE_BYTES;
const CABLE_AT = AILMENTS_AT + AILMENT_BYTES;
const DESK_AT = CABLE_AT + CABLE_BYTES;
export const TURMOIL_BYTES = DESK_AT + DESK_BYTES;
/** Later than any tick. */
const EVER = 0x7fff_ffff;

/** One in so many of what may stay broken does, by a draw of its own; and no more than that, so that there are others. */
const STAYS_IN = 3;
const STAYING_MOST = 1;
const STAYS = 0x5374_6179;

export class Turmoil implements Disturbance {
  readonly chance: Chance;
  readonly parts: readonly Part[];
  readonly desk: Desk;
  readonly #world: World;
  readonly #cable: Cable;
  readonly #ailments: Ailments;
  readonly #state: Address<"TurmoilState">;
  #rules: readonly SettledRule[] = [];
  /** What they were settled from. */
  #unsettled: readonly FaultRule[] = [];
  /** One rule of each fault that acts: the question is the fault's, whichever rule answers it. */
  #acting: readonly SettledRule[] = [];

  constructor(world: World, chance: Chance, at: number) {
    this.chance = chance;
    this.#world = world;
    this.#state = (at + CHANCE_BYTES) as Address<"TurmoilState">;
    chance.settle({ memory: world.memory, at, tick: () => world.machine.tick() });
    this.#ailments = new Ailments(world.memory, at + AILMENTS_AT);
    this.#cable = new Cable(world, chance, at + CABLE_AT);
    this.desk = new Desk(world, at + DESK_AT);
    this.parts = Object.freeze([
      ...chanceParts(at),
      Object.freeze({ name: "turmoil", base: this.#state, bytes: TurmoilState.size, layout: TurmoilState, count: 1 }),
      ...this.#ailments.parts,
      ...this.#cable.parts,
      ...this.desk.parts,
    ]);
  }

  /** The rules of the next run, and who decides: without a decider they are drawn by the seed. `before`: deviations of a run that goes on from its middle. */
  use(rules: readonly FaultRule[], seed: number, decider?: Decider, before: readonly Deviation[] = []): void {
    if (rules !== this.#unsettled) this.#settle(rules);
    this.chance.decideBy(decider ?? new Drawn(this.#rules, seed), before);
  }

  #settle(rules: readonly FaultRule[]): void {
    this.#rules = settleRules(rules);
    this.#unsettled = rules;
    this.#acting = this.#rules.filter(({ fault }, i) => fault.act !== undefined && this.#rules.findIndex((other) => other.fault === fault) === i);
  }

  /** Trouble begins now; all its counts begin anew. */
  begin(): void {
    this.chance.arm();
    TurmoilState.active.set(this.#world.memory, this.#state, 1);
    TurmoilState.askedTick.set(this.#world.memory, this.#state, this.#world.machine.tick());
  }

  /**
   * Trouble is over: nothing breaks any more, and what is broken for a time is mended now, but for some of those things with
   * which others can be served all the same: these stay as they are.
   */
  end(): void {
    this.chance.disarm();
    TurmoilState.active.set(this.#world.memory, this.#state, 0);
    // Drawn from what is broken, not from the seed: the same deviations leave the same things broken.
    let staying = 0;
    this.#mend(EVER, (site, entity, untilTick) => {
      const stays = staying < STAYING_MOST && drawBelow(STAYS_IN, STAYS, site, entity, untilTick) === 0 && this.#isBearable(site);
      if (stays) staying += 1;
      return stays;
    });
    this.#cable.mend();
  }

  offer(frame: Uint8Array, notBeforeCycle: number, captureFrame: number): number {
    return this.#cable.offer(frame, notBeforeCycle, captureFrame);
  }

  captureFrame(wireOrdinal: number): number {
    return this.#cable.captureFrame(wireOrdinal);
  }

  sent(ram: Memory, at: number, frameBytes: number): void {
    this.#cable.sent(ram, at, frameBytes);
  }

  nextCycle(): number {
    const waiting = sooner(this.#cable.nextCycle(), this.desk.nextTick() * CYCLES_PER_TICK);
    if (!this.#acts()) return waiting;
    return sooner(waiting, (TurmoilState.askedTick.get(this.#world.memory, this.#state) + 1) * CYCLES_PER_TICK);
  }

  act(cycle: number): void {
    if (this.#acts()) this.#askAll(cycle);
    this.#cable.act(cycle);
    this.desk.work(Math.floor(cycle / CYCLES_PER_TICK));
  }

  /** Faults that act have no end of their own: they do not keep the world from its rest. Frames that wait do, and answers that are waited for. */
  quiet(): boolean {
    return this.#cable.quiet() && this.desk.nextTick() < 0;
  }

  #askAll(cycle: number): void {
    const { memory } = this.#world;
    const tick = Math.floor(cycle / CYCLES_PER_TICK);
    // A tick that passed inside one handler had its chance as well.
    for (let asked = TurmoilState.askedTick.get(memory, this.#state) + 1; asked <= tick; asked++) {
      TurmoilState.askedTick.set(memory, this.#state, asked);
      this.#mend(asked);
      for (const settled of this.#acting) this.#ask(settled, asked);
    }
  }

  excuses(invariant: string): boolean {
    return this.chance.deviations.some(({ site }) => FAULTS.some((fault) => fault.site === site && fault.excuses?.includes(invariant) === true));
  }

  /** Whether one of those that a fault strikes may stay broken: there are others. */
  #isBearable(site: number): boolean {
    return FAULTS.some((fault) => fault.site === site && fault.bearable === true && fault.act !== undefined && fault.act.entities(this.#world, {}).length > 1);
  }

  /** Only what acts leaves something broken, so that there is no more to mend when nothing acts. */
  #acts(): boolean {
    return this.#acting.length > 0 && TurmoilState.active.get(this.#world.memory, this.#state) === 1;
  }

  #ask({ fault, values }: SettledRule, tick: number): void {
    const { act, site } = fault;
    if (act === undefined) return;
    for (const entity of act.entities(this.#world, values)) {
      if (act.lastsTicks !== undefined && this.#ailments.keeps(site, entity)) continue;
      const answer = this.chance.choose(site, entity, act.answers(this.#world, entity, values));
      if (answer === 0) continue;
      act.perform(this.#world, entity, answer);
      if (act.lastsTicks !== undefined) this.#ailments.add(site, entity, tick + act.lastsTicks(answer));
    }
  }

  /** What is broken up to that tick, and does not stay so, is whole again. */
  #mend(tick: number, stays?: (site: number, entity: number, untilTick: number) => boolean): void {
    if (this.#ailments.nextTick() < 0) return;
    this.#ailments.take(tick, (site, entity) => FAULTS.find((fault) => fault.site === site && fault.act !== undefined)?.act?.mend?.(this.#world, entity), stays);
  }
}

/** The sooner of two cycles of which either may be none: below 0. */
function sooner(one: number, other: number): number {
  return one < 0 || (other >= 0 && other < one) ? other : one;
}

/** Trouble for a world that is being made, and its chance, which boot takes (`choose: chance.choose`). */
export function turmoilMaker(): { readonly chance: Chance; readonly maker: DisturbanceMaker; readonly made: () => Turmoil } {
  const chance = new Chance();
  const turmoils: Turmoil[] = [];
  const maker = Object.freeze<DisturbanceMaker>({
    bytes: TURMOIL_BYTES,
    make: (world, at) => {
      turmoils.push(new Turmoil(world, chance, at));
      return turmoils.at(-1)!;
    },
  });
  return Object.freeze({ chance, maker, made: () => turmoils.at(-1)! });
}
