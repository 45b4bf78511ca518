/**
 * Every timer that is due fires, or was cancelled before. When a tick comes, the timers that are due are noted. A handler
 * that runs meanwhile may cancel them; but what is gone after the kernel has taken the tick has fired.
 */

import type { Address } from "../../hal/field.ts";
import { HalTrace } from "../../hal/trace.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Machine } from "../../kernel/machine.ts";
import { NONE } from "../../kernel/process.ts";
import { TimerRecord, WheelSlot } from "../../kernel/timer-wheel.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import type { Checker } from "./checker.ts";
import { partOf } from "./places.ts";
import { remembering } from "./remembering.ts";

interface Due {
  readonly index: number;
  /** Its two words: a number that no other timer has. */
  readonly low: number;
  readonly high: number;
  readonly process: number;
  readonly bits: number;
  readonly tick: number;
}

export const timersFire: Checker = Object.freeze<Checker>({
  name: "timers-fire",
  law: "a timer that is due fires, unless it was cancelled before",
  fits: () => true,
  begin: ({ world, fail }) => {
    const wheel = new Wheel(world.machine);
    const state = { due: [] as Due[], handled: false };
    return remembering(state, {
      probe: (kind, _process, argument0, argument1) => {
        if (kind === HalTrace.tick) state.due.push(...wheel.dueAt(argument0));
        else if (kind === KernelTrace.dispatch) state.handled = true;
        else if (kind === KernelTrace.timer && state.due.length > 0) {
          const at = state.due.findIndex(({ process, bits }) => process === argument0 && bits === argument1);
          if (at >= 0) state.due.splice(at, 1);
        }
      },
      between: () => {
        if (state.due.length === 0) {
          state.handled = false;
          return;
        }
        const gone = state.due.filter((due) => !wheel.isArmed(due));
        // A handler ran, and nobody else: it cancelled them, or its process ended.
        if (!state.handled) for (const { process, bits, tick } of gone) fail(`timer of process ${world.machine.processNames[process]}`, `it was due at tick ${tick} with bits ${bits}, is gone, and never fired`);
        state.due = state.due.filter((due) => wheel.isArmed(due));
        state.handled = false;
      },
    });
  },
});

/** Reads the timer wheel. */
class Wheel {
  readonly #ram: Memory;
  readonly #timers: number;
  readonly #armable: number;
  readonly #slots: number;
  readonly #slotCount: number;

  constructor(machine: Machine) {
    const [timers, slots] = [partOf(machine, "timers"), partOf(machine, "timers.wheel")];
    this.#ram = machine.ram;
    this.#timers = timers?.base ?? 0;
    this.#armable = (timers?.count ?? 0) - machine.processNames.length;
    this.#slots = slots?.base ?? 0;
    this.#slotCount = slots?.count ?? 1;
  }

  /** Timers of processes that are due at the tick. */
  dueAt(tick: number): Due[] {
    const due: Due[] = [];
    const slot = (this.#slots + (tick % this.#slotCount) * WheelSlot.size) as Address<"WheelSlot">;
    let steps = 0;
    for (let index = WheelSlot.head.get(this.#ram, slot); index !== NONE && steps <= this.#armable * 2; steps++) {
      const at = this.#at(index);
      if (index < this.#armable && TimerRecord.deadlineTick.get(this.#ram, at) === tick) {
        due.push({ index, low: TimerRecord.serial.low(this.#ram, at), high: TimerRecord.serial.high(this.#ram, at), process: TimerRecord.process.get(this.#ram, at), bits: TimerRecord.bits.get(this.#ram, at), tick });
      }
      index = TimerRecord.next.get(this.#ram, at);
    }
    return due;
  }

  /** Whether it is still the same, waiting for the same tick. */
  isArmed({ index, low, high, tick }: Due): boolean {
    const at = this.#at(index);
    return TimerRecord.serial.low(this.#ram, at) === low && TimerRecord.serial.high(this.#ram, at) === high && TimerRecord.deadlineTick.get(this.#ram, at) === tick;
  }

  #at(index: number): Address<"TimerRecord"> {
    return (this.#timers + index * TimerRecord.size) as Address<"TimerRecord">;
  }
}
