/**
 * What faults have left broken for a time: each with the tick at which it is mended. A bounded table in the world's memory;
 * all-zero is a world in which nothing is broken.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";

/** Things that are broken at once; when there are so many, nobody is asked whether one more breaks. */
export const AILMENTS_MAX = 32;

export const Ailment = layout("Ailment", 16, {
  /** Of the fault that acts; 0: free. */
  site: i32,
  entity: i32,
  untilTick: i32("time"),
  reserved: i32,
});

type AilmentAddress = Address<"Ailment">;

export const AILMENT_BYTES = AILMENTS_MAX * Ailment.size;

export class Ailments {
  readonly parts: readonly Part[];
  readonly #memory: Memory;
  readonly #at: number;

  constructor(memory: Memory, at: number) {
    this.#memory = memory;
    this.#at = at;
    this.parts = Object.freeze([Object.freeze({ name: "ailments", base: at, bytes: AILMENT_BYTES, layout: Ailment, count: AILMENTS_MAX })]);
    Object.freeze(this);
  }

  /** Whether that is broken already, or nothing more may break. */
  keeps(site: number, entity: number): boolean {
    let free = false;
    for (let i = 0; i < AILMENTS_MAX; i++) {
      const ailment = this.#ailment(i);
      const there = Ailment.site.get(this.#memory, ailment);
      if (there === 0) free = true;
      else if (there === site && Ailment.entity.get(this.#memory, ailment) === entity) return true;
    }
    return !free;
  }

  /** It is broken until that tick; there is room (keeps()). */
  add(site: number, entity: number, untilTick: number): void {
    for (let i = 0; i < AILMENTS_MAX; i++) {
      const ailment = this.#ailment(i);
      if (Ailment.site.get(this.#memory, ailment) !== 0) continue;
      Ailment.site.set(this.#memory, ailment, site);
      Ailment.entity.set(this.#memory, ailment, entity);
      Ailment.untilTick.set(this.#memory, ailment, untilTick);
      return;
    }
  }

  /** Tick at which the first one is due; -1 if nothing is broken. */
  nextTick(): number {
    let next = -1;
    for (let i = 0; i < AILMENTS_MAX; i++) {
      const ailment = this.#ailment(i);
      const until = Ailment.untilTick.get(this.#memory, ailment);
      if (Ailment.site.get(this.#memory, ailment) !== 0 && (next < 0 || until < next)) next = until;
    }
    return next;
  }

  /** Forgets all that are due by that tick and do not stay, and has each mended. */
  take(tick: number, mend: (site: number, entity: number) => void, stays: (site: number, entity: number, untilTick: number) => boolean = () => false): void {
    for (let i = 0; i < AILMENTS_MAX; i++) {
      const ailment = this.#ailment(i);
      const site = Ailment.site.get(this.#memory, ailment);
      if (site === 0 || Ailment.untilTick.get(this.#memory, ailment) > tick) continue;
      const entity = Ailment.entity.get(this.#memory, ailment);
      if (stays(site, entity, Ailment.untilTick.get(this.#memory, ailment))) continue;
      this.#memory.fill(ailment, Ailment.size, 0);
      mend(site, entity);
    }
  }

  #ailment(i: number): AilmentAddress {
    return (this.#at + i * Ailment.size) as AilmentAddress;
  }
}
