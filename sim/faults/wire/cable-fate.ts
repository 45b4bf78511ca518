/**
 * What becomes of a frame on the cable: chance is asked, site by site in this order, whether its client is cut off, it is
 * lost, the cable clogs, the frame is cut short, a byte of it is wrong, it is doubled, slow, held back until others have gone
 * by, late. Of a frame that is lost nothing more is asked. What the answers mean stands here; faults of this folder only
 * draw them.
 */

import { CYCLES_PER_TICK } from "../../../hal/clock.ts";
import type { Address, U64Field } from "../../../hal/field.ts";
import type { Bound } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Chance } from "../../chance/chance.ts";
import { SimSite } from "../../chance/site.ts";
import type { CableClients } from "./cable-clients.ts";
import { CableState, Direction } from "./cable-state.ts";

/** frameLate: answer x so many cycles later. frameDoubled: the double comes (answer - 1) x so many cycles behind. */
export const LATE_UNIT_CYCLES = 256;
export const LATE_ANSWERS = 1 << 20;
/** frameHeld: as many others go before it; it waits for them no longer than so many ticks. */
export const HELD_ANSWERS = 17;
export const HELD_TICKS_MAX = 20;
/** frameSlow: cycles that each of its bytes takes on the cable; no other frame of its direction is there meanwhile. */
export const SLOW_ANSWERS = 1 << 16;
/** cableClogged, clientCutOff: for so many ticks. */
export const CLOGGED_ANSWERS = 1001;
export const CUT_OFF_ANSWERS = 10_001;
/** frameCorrupted: answer - 1 is so many times the byte's place, plus the bits that are wrong in it (1 to 255) - 1. */
export const CORRUPT_MASKS = 255;

const SITES: readonly number[] = Object.freeze([
  SimSite.clientCutOff,
  SimSite.frameLost,
  SimSite.cableClogged,
  SimSite.frameTruncated,
  SimSite.frameCorrupted,
  SimSite.frameDoubled,
  SimSite.frameSlow,
  SimSite.frameHeld,
  SimSite.frameLate,
]);

export interface Fate {
  /** Length that is left of it. */
  readonly frameBytes: number;
  /** When it goes on. */
  readonly dueCycle: number;
  /** So many others go before it, if they come in time. */
  readonly overtakers: number;
  /** When its double goes on; -1: it has none. */
  readonly doubleCycle: number;
}

type Ask = (site: number, n: number) => number;

export class CableFates {
  readonly #memory: Memory;
  readonly #state: Address<"CableState">;
  readonly #clients: CableClients;
  readonly #chance: Chance;

  constructor(memory: Memory, at: number, clients: CableClients, chance: Chance) {
    this.#memory = memory;
    this.#state = at as Address<"CableState">;
    this.#clients = clients;
    this.#chance = chance;
    Object.freeze(this);
  }

  /** Whether chance may say anything else than that all is well. */
  mayDeviate(): boolean {
    for (let i = 0; i < SITES.length; i++) if (this.#chance.mayDeviate(SITES[i])) return true;
    return false;
  }

  /** Of a frame that comes by at that cycle, its bytes in the world's memory, which may change; null: it is gone. */
  of(direction: number, bytesAt: number, frameBytes: number, cycle: number): Fate | null {
    const client = this.#clients.numberOf(this.#memory.u8, bytesAt, direction);
    const tick = Math.floor(cycle / CYCLES_PER_TICK);
    const ask: Ask = (site, n) => this.#chance.chooseAt(site, 2 * client + direction, n, tick);
    CableState.passed.add(this.#memory, this.#state, 1);
    if (this.#isCutOff(ask, client, cycle) || this.#isLost(ask)) return null;
    const openCycle = this.#openCycle(ask, direction, cycle);
    const left = this.#change(ask, bytesAt, frameBytes);
    const double = ask(SimSite.frameDoubled, LATE_ANSWERS);
    const throughCycle = this.#throughCycle(ask, direction, left, openCycle);
    const overtakers = ask(SimSite.frameHeld, HELD_ANSWERS);
    const dueCycle = throughCycle + ask(SimSite.frameLate, LATE_ANSWERS) * LATE_UNIT_CYCLES + (overtakers > 0 ? HELD_TICKS_MAX * CYCLES_PER_TICK : 0);
    return { frameBytes: left, dueCycle, overtakers, doubleCycle: double === 0 ? -1 : throughCycle + (double - 1) * LATE_UNIT_CYCLES };
  }

  /** Nobody is cut off any more, nothing clogged or slow. */
  mend(): void {
    this.#clients.join();
    for (const field of [CableState.busyToMachine, CableState.busyFromMachine, CableState.cloggedToMachine, CableState.cloggedFromMachine]) field.set(this.#memory, this.#state, 0);
  }

  /** A client that is cut off is not asked about; frames without a client are nobody's to cut off. */
  #isCutOff(ask: Ask, client: number, cycle: number): boolean {
    if (client === 0) return false;
    let cutOff = this.#clients.cutOffUntil(client) > cycle;
    if (!cutOff) {
      const ticks = ask(SimSite.clientCutOff, CUT_OFF_ANSWERS);
      cutOff = ticks > 0;
      if (cutOff) this.#clients.cutOff(client, cycle + ticks * CYCLES_PER_TICK);
    }
    if (cutOff) CableState.cutOff.add(this.#memory, this.#state, 1);
    return cutOff;
  }

  #isLost(ask: Ask): boolean {
    const lost = ask(SimSite.frameLost, 2) !== 0;
    if (lost) CableState.lost.add(this.#memory, this.#state, 1);
    return lost;
  }

  /** When the cable lets anything through in that direction; one that is clogged does not clog. */
  #openCycle(ask: Ask, direction: number, cycle: number): number {
    const clogged = direction === Direction.toMachine ? CableState.cloggedToMachine : CableState.cloggedFromMachine;
    const until = clogged.get(this.#memory, this.#state);
    if (until > cycle) return until;
    const ticks = ask(SimSite.cableClogged, CLOGGED_ANSWERS);
    if (ticks === 0) return cycle;
    clogged.set(this.#memory, this.#state, cycle + ticks * CYCLES_PER_TICK);
    return cycle + ticks * CYCLES_PER_TICK;
  }

  /** What is wrong with its bytes. The length that is left. */
  #change(ask: Ask, bytesAt: number, frameBytes: number): number {
    const cut = ask(SimSite.frameTruncated, frameBytes);
    const left = frameBytes - cut;
    const wrong = ask(SimSite.frameCorrupted, left * CORRUPT_MASKS + 1);
    if (wrong > 0) this.#memory.u8[bytesAt + Math.floor((wrong - 1) / CORRUPT_MASKS)] ^= ((wrong - 1) % CORRUPT_MASKS) + 1;
    if (cut > 0 || wrong > 0) CableState.changed.add(this.#memory, this.#state, 1);
    return left;
  }

  /** When it is through, on a cable that may be slow: whoever comes behind a slow frame waits for it. */
  #throughCycle(ask: Ask, direction: number, frameBytes: number, openCycle: number): number {
    const busy: Bound<U64Field, "CableState"> = direction === Direction.toMachine ? CableState.busyToMachine : CableState.busyFromMachine;
    const beginCycle = Math.max(openCycle, busy.get(this.#memory, this.#state));
    const throughCycle = beginCycle + ask(SimSite.frameSlow, SLOW_ANSWERS) * frameBytes;
    if (throughCycle > openCycle) busy.set(this.#memory, this.#state, throughCycle);
    return throughCycle;
  }
}
