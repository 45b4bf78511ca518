import fc from "fast-check";
import { expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { Errno } from "../../kernel/errno.ts";
import type { TimerWheel } from "../../kernel/timer-wheel.ts";
import { TimerRecord, WheelSlot, WheelState, armTimer, armWait, cancelTimer, cancelTimersOf, disarmWait, formatWheel, isWait, takeDue } from "../../kernel/timer-wheel.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);
const PROCESSES = 3;

interface Armed {
  /** -1 for a process's wait. */
  readonly id: number;
  readonly process: number;
  readonly period: number;
  deadline: number;
  order: number;
}

/** A wheel, and beside it what it must do: a list that is sorted when it is looked at. */
class Twins {
  readonly #ram: Memory;
  readonly #wheel: TimerWheel;
  readonly #ids = new Set<number>();
  #armed: Armed[] = [];
  #now = 0;
  #order = 0;
  #fired = 0;

  constructor(timers: number, slots: number) {
    const plan = new RamPlan();
    plan.bytes("null", 64);
    this.#wheel = { state: plan.record("state", WheelState), slots: plan.records("slots", WheelSlot, slots), timers: plan.records("timers", TimerRecord, timers + PROCESSES), armable: timers };
    this.#ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
    formatWheel(this.#ram, this.#wheel);
  }

  arm(process: number, delay: number, period: number): void {
    const id = armTimer(this.#ram, this.#wheel, this.#now, process, delay, period, 1 << process);
    if (this.#timers().length === this.#wheel.armable) return expect(id).toBe(Errno.resourceExhausted);
    expect(id).toBeGreaterThan(0);
    expect(this.#ids.has(id)).toBe(false);
    this.#ids.add(id);
    this.#armed.push({ id, process, deadline: this.#now + delay, period, order: this.#order++ });
  }

  /** A process waits once at a time: a wait under way ends first. */
  wait(process: number, delay: number): void {
    this.endWait(process);
    armWait(this.#ram, this.#wheel, process, this.#now + delay);
    this.#armed.push({ id: -1, process, deadline: this.#now + delay, period: 0, order: this.#order++ });
  }

  endWait(process: number): void {
    const wait = this.#armed.find((timer) => timer.id < 0 && timer.process === process);
    if (wait === undefined) return;
    disarmWait(this.#ram, this.#wheel, process);
    this.#drop(wait);
  }

  /** Any id that there ever was, by any process: only its own armed timer goes. */
  cancel(pick: number, process: number): void {
    const ids = [...this.#ids];
    const id = ids[pick % Math.max(1, ids.length)] ?? pick;
    const victim = this.#armed.find((timer) => timer.id === id && timer.process === process);
    expect(cancelTimer(this.#ram, this.#wheel, process, id)).toBe(victim === undefined ? Errno.notFound : 0);
    if (victim !== undefined) this.#drop(victim);
  }

  end(process: number): void {
    cancelTimersOf(this.#ram, this.#wheel, process);
    this.#armed = this.#armed.filter((timer) => timer.process !== process || timer.id < 0);
    this.endWait(process);
  }

  tick(): void {
    this.#now++;
    const due = this.#armed.filter((timer) => timer.deadline === this.#now).sort((a, b) => a.order - b.order);
    const fired: [boolean, number][] = [];
    for (let index = takeDue(this.#ram, this.#wheel, this.#now); index >= 0; index = takeDue(this.#ram, this.#wheel, this.#now)) {
      fired.push([isWait(this.#wheel, index), TimerRecord.process.get(this.#ram, this.#wheel.timers.at(index))]);
    }
    expect(fired).toEqual(due.map((timer) => [timer.id < 0, timer.process]));
    for (const timer of due) {
      if (timer.id > 0) this.#fired += 1;
      if (timer.period === 0) this.#drop(timer);
      // From this deadline, not from when anybody came to look.
      timer.deadline += timer.period;
      timer.order = this.#order++;
    }
  }

  compare(): void {
    const { armed, oneShots, fired } = WheelState.view(this.#ram, this.#wheel.state);
    const deadlines = this.#armed.map((timer) => timer.deadline).sort((a, b) => a - b);
    const expected = [this.#timers().length, this.#armed.filter((timer) => timer.period === 0).length, this.#fired, ...deadlines];
    expect([armed, oneShots, fired, ...this.#linked()].join()).toBe(expected.join());
  }

  /** Deadlines of all that lie in the wheel, each in the slot of its own, linked both ways. */
  #linked(): number[] {
    const deadlines: number[] = [];
    const { slots, timers } = this.#wheel;
    for (let slot = 0; slot < slots.count; slot++) {
      let before = -1;
      for (let index = WheelSlot.head.get(this.#ram, slots.at(slot)); index >= 0; index = TimerRecord.next.get(this.#ram, timers.at(index))) {
        const { deadlineTick, previous } = TimerRecord.view(this.#ram, timers.at(index));
        // A timer that lies where it should not would not fire: it is shown as one that is never due.
        deadlines.push(deadlineTick % slots.count === slot && previous === before ? deadlineTick : -1);
        before = index;
      }
      if (WheelSlot.tail.get(this.#ram, slots.at(slot)) !== before) deadlines.push(-1);
    }
    return deadlines.sort((a, b) => a - b);
  }

  #timers(): Armed[] {
    return this.#armed.filter((timer) => timer.id > 0);
  }

  #drop(victim: Armed): void {
    this.#armed = this.#armed.filter((timer) => timer !== victim);
  }
}

const process_ = fc.nat(PROCESSES - 1);
const delay = fc.integer({ min: 1, max: 20 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(process_, delay, fc.constantFrom(0, 0, 1, 3, 4, 8)).map(([process, ticks, period]) => (twins: Twins) => twins.arm(process, ticks, period)) },
  { weight: 2, arbitrary: fc.tuple(process_, delay).map(([process, ticks]) => (twins: Twins) => twins.wait(process, ticks)) },
  { weight: 1, arbitrary: process_.map((process) => (twins: Twins) => twins.endWait(process)) },
  { weight: 2, arbitrary: fc.tuple(fc.nat(), process_).map(([pick, process]) => (twins: Twins) => twins.cancel(pick, process)) },
  { weight: 1, arbitrary: process_.map((process) => (twins: Twins) => twins.end(process)) },
  { weight: 6, arbitrary: fc.constant((twins: Twins) => twins.tick()) },
);

for (const [timers, slots] of [[8, 4], [8, 8], [5, 1], [16, 32]] as const) {
  test(`a wheel of ${slots} slots does what a sorted list does (${RUNS} sequences, ${timers} timers)`, () => {
    const history = fc.property(fc.array(step, { maxLength: 150, size: "max" }), (steps) => {
      const twins = new Twins(timers, slots);
      for (const make of steps) {
        make(twins);
        twins.compare();
      }
    });
    fc.assert(history, { seed: 1, numRuns: RUNS });
  });
}
