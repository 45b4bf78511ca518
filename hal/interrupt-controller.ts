/**
 * The interrupt controller: 32 level lines, each with an enable bit. A line stays high until its device lowers it; the
 * kernel masks a line when it takes the interrupt and unmasks it when the driver acknowledges, so a line that is still
 * high then is taken again. Line 0 is the tick source. At power-on every line is low and masked.
 */

import { assert } from "./assert.ts";
import type { Clock } from "./clock.ts";
import type { Address } from "./field.ts";
import { i32 } from "./field.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";
import type { Trace } from "./trace.ts";
import { HalTrace } from "./trace.ts";

export const LINES = 32;
export const TICK_LINE = 0;

export const InterruptRecord = layout("InterruptRecord", 8, {
  /** Bit n: line n is high. */
  lines: i32,
  /** Bit n: line n may interrupt. */
  enabled: i32,
});

export class InterruptController {
  readonly #ram: Memory;
  readonly #at: Address<"InterruptRecord">;
  readonly #clock: Clock;
  readonly #trace: Trace;

  static plan(plan: RamPlan): Address<"InterruptRecord"> {
    return plan.record("interrupts", InterruptRecord);
  }

  constructor(ram: Memory, at: Address<"InterruptRecord">, clock: Clock, trace: Trace) {
    this.#ram = ram;
    this.#at = at;
    this.#clock = clock;
    this.#trace = trace;
    Object.freeze(this);
  }

  powerOn(): void {
    InterruptRecord.lines.set(this.#ram, this.#at, 0);
    InterruptRecord.enabled.set(this.#ram, this.#at, 0);
  }

  /** The line goes high. Traced when it was low before. */
  raise(line: number): void {
    const bit = bitOf(line);
    const lines = InterruptRecord.lines.get(this.#ram, this.#at);
    if ((lines & bit) !== 0) return;
    InterruptRecord.lines.set(this.#ram, this.#at, lines | bit);
    this.#trace.write(this.#clock.now(), HalTrace.interruptRaised, line, 0);
  }

  lower(line: number): void {
    const lines = InterruptRecord.lines.get(this.#ram, this.#at);
    InterruptRecord.lines.set(this.#ram, this.#at, lines & ~bitOf(line));
  }

  mask(line: number): void {
    const enabled = InterruptRecord.enabled.get(this.#ram, this.#at);
    InterruptRecord.enabled.set(this.#ram, this.#at, enabled & ~bitOf(line));
  }

  unmask(line: number): void {
    const enabled = InterruptRecord.enabled.get(this.#ram, this.#at);
    InterruptRecord.enabled.set(this.#ram, this.#at, enabled | bitOf(line));
  }

  /** Bits of the lines that are high, masked or not. */
  lines(): number {
    return InterruptRecord.lines.get(this.#ram, this.#at);
  }

  /** Bits of the lines that are high and unmasked; 0 if there is nothing to take. */
  pendingUnmasked(): number {
    return InterruptRecord.lines.get(this.#ram, this.#at) & InterruptRecord.enabled.get(this.#ram, this.#at);
  }
}

function bitOf(line: number): number {
  assert(line >= 0 && line < LINES, "there are 32 interrupt lines");
  return 1 << line;
}
