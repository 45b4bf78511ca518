/**
 * The cycle clock and the tick source. One cycle is one nanosecond, one tick a million cycles; the first tick is at
 * cycle 1,000,000. The clock only goes forward, and only the board moves it.
 *
 * The clock also keeps the cycle of the next thing that is due (a tick or a device's event), so that the board asks
 * with one comparison whether a step of the clock passes anything.
 */

import { assert } from "./assert.ts";
import type { Address } from "./field.ts";
import { i32, u64 } from "./field.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";

export const CYCLES_PER_TICK = 1_000_000;
/** A tick may come late by so many times a sixteenth of itself: always before the next. */
export const LATE_CYCLES = CYCLES_PER_TICK / 16;
export const LATE_MOST = 15;

export const ClockRecord = layout("ClockRecord", 40, {
  cycle: u64("time"),
  /** The earliest of the next tick and the head of the event queue. */
  dueCycle: u64("time"),
  nextTickCycle: u64("time"),
  /** Ticks passed. */
  ticks: u64("time"),
  /** Ticks that the kernel has not taken yet. */
  unhandledTicks: i32,
  /** 1 while an event is handled: the clock must not be moved then. */
  firing: i32("scratch"),
});

const SIGN = -0x8000_0000;

export class Clock {
  readonly #ram: Memory;
  readonly #at: Address<"ClockRecord">;

  static plan(plan: RamPlan): Address<"ClockRecord"> {
    return plan.record("clock", ClockRecord);
  }

  constructor(ram: Memory, at: Address<"ClockRecord">) {
    this.#ram = ram;
    this.#at = at;
    Object.freeze(this);
  }

  /** Cycle 0, no tick passed, the first tick due. */
  powerOn(): void {
    const ram = this.#ram;
    const at = this.#at;
    ram.fill(at, ClockRecord.size, 0);
    ClockRecord.nextTickCycle.set(ram, at, CYCLES_PER_TICK);
    ClockRecord.dueCycle.set(ram, at, CYCLES_PER_TICK);
  }

  now(): number {
    return ClockRecord.cycle.get(this.#ram, this.#at);
  }

  ticks(): number {
    return ClockRecord.ticks.get(this.#ram, this.#at);
  }

  nextTickCycle(): number {
    return ClockRecord.nextTickCycle.get(this.#ram, this.#at);
  }

  dueCycle(): number {
    return ClockRecord.dueCycle.get(this.#ram, this.#at);
  }

  setDueCycle(cycle: number): void {
    ClockRecord.dueCycle.set(this.#ram, this.#at, cycle);
  }

  /**
   * Moves the clock by `cycles` (0 to 2^31 - 1) if nothing is due on the way, and answers whether it did. It may answer
   * false without need (when the low word wraps); the caller's slow way is right in every case.
   */
  step(cycles: number): boolean {
    const ram = this.#ram;
    const at = this.#at;
    const low = ClockRecord.cycle.low(ram, at);
    const next = (low + cycles) | 0;
    if ((next ^ SIGN) < (low ^ SIGN)) return false;
    const high = ClockRecord.cycle.high(ram, at);
    const dueHigh = ClockRecord.dueCycle.high(ram, at);
    if (dueHigh === high ? (ClockRecord.dueCycle.low(ram, at) ^ SIGN) <= (next ^ SIGN) : dueHigh < high) return false;
    ClockRecord.cycle.setWords(ram, at, next, high);
    return true;
  }

  /** Moves the clock to a cycle that is not in the past. */
  moveTo(cycle: number): void {
    ClockRecord.cycle.set(this.#ram, this.#at, cycle);
  }

  /** The tick that is due now has passed; the next comes at its own cycle, or so many (less than a tick) later. */
  countTick(lateCycles = 0): void {
    const ram = this.#ram;
    const at = this.#at;
    ClockRecord.ticks.add(ram, at, 1);
    ClockRecord.nextTickCycle.set(ram, at, (ClockRecord.ticks.get(ram, at) + 1) * CYCLES_PER_TICK + lateCycles);
    ClockRecord.unhandledTicks.add(ram, at, 1);
  }

  unhandledTicks(): number {
    return ClockRecord.unhandledTicks.get(this.#ram, this.#at);
  }

  takeTick(): void {
    assert(this.unhandledTicks() > 0, "a tick is taken that did not happen");
    ClockRecord.unhandledTicks.add(this.#ram, this.#at, -1);
  }

  beginFiring(): void {
    assert(ClockRecord.firing.get(this.#ram, this.#at) === 0, "an event's handler moved the clock");
    ClockRecord.firing.set(this.#ram, this.#at, 1);
  }

  endFiring(): void {
    ClockRecord.firing.set(this.#ram, this.#at, 0);
  }
}
