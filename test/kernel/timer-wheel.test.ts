import fc from "fast-check";
import { expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { Errno } from "../../kernel/errno.ts";
import type { TimerWheel } from "../../kernel/timer-wheel.ts";
import { TimerRecord, WheelSlot, WheelState, armTimer, cancelTimer, cancelTimersOf, formatWheel, takeDue } from "../../kernel/timer-wheel.ts";

function makeWheel(timers: number, slots: number): { ram: Memory; wheel: TimerWheel } {
  const plan = new RamPlan();
  plan.bytes("null", 64);
  const wheel = { state: plan.record("state", WheelState), slots: plan.records("slots", WheelSlot, slots), timers: plan.records("timers", TimerRecord, timers + 4), armable: timers };
  const ram = new Memory(new ArrayBuffer((plan.end + 63) & ~63));
  formatWheel(ram, wheel);
  return { ram, wheel };
}

/** Bits of the timers that fire at `tick`, in order. */
function fireAll(ram: Memory, wheel: TimerWheel, tick: number): number[] {
  const fired: number[] = [];
  for (let index = takeDue(ram, wheel, tick); index >= 0; index = takeDue(ram, wheel, tick)) fired.push(TimerRecord.bits.get(ram, wheel.timers.at(index)));
  return fired;
}

test("every timer that is due fires on its tick, however many, in the order of arming", () => {
  const { ram, wheel } = makeWheel(1024, 256);
  for (let n = 0; n < 1024; n++) expect(armTimer(ram, wheel, 0, 0, 100, 0, n)).toBeGreaterThan(0);
  expect(armTimer(ram, wheel, 0, 0, 100, 0, 1024)).toBe(Errno.resourceExhausted);
  for (let tick = 1; tick < 100; tick++) expect(fireAll(ram, wheel, tick)).toEqual([]);
  expect(fireAll(ram, wheel, 100)).toEqual(Array.from({ length: 1024 }, (_, n) => n));
  expect(WheelState.armed.get(ram, wheel.state)).toBe(0);
});

test("delays of 0, of a fraction below 1 and negative ones are refused; so are negative periods", () => {
  const { ram, wheel } = makeWheel(8, 8);
  for (const [delay, period] of [[0, 0], [0.5, 0], [-1, 0], [1, -1], [2 ** 31, 0], [Number.NaN, 0]]) expect(armTimer(ram, wheel, 0, 0, delay, period, 1)).toBe(Errno.invalidArgument);
  expect(WheelState.armed.get(ram, wheel.state)).toBe(0);
});

test("a stale id finds nothing, though its record is in use again; another process's timer cannot be cancelled", () => {
  const { ram, wheel } = makeWheel(1, 8);
  const first = armTimer(ram, wheel, 0, 3, 5, 0, 1);
  expect(cancelTimer(ram, wheel, 4, first)).toBe(Errno.notFound);
  expect(cancelTimer(ram, wheel, 3, first)).toBe(0);
  const second = armTimer(ram, wheel, 0, 3, 5, 0, 2);
  expect(second).not.toBe(first);
  expect(cancelTimer(ram, wheel, 3, first)).toBe(Errno.notFound);
  for (const id of [0, -1, 1, 2 ** 52, Number.NaN, 0.5]) expect(cancelTimer(ram, wheel, 3, id)).toBe(Errno.notFound);
  expect(fireAll(ram, wheel, 5)).toEqual([2]);
});

interface Armed { id: number; bits: number; process: number; deadline: number; period: number; order: number }

/** What the wheel must do, as a list that is sorted when it is looked at; each step is made on both and compared. */
class WheelModel {
  readonly #ram: Memory;
  readonly #wheel: TimerWheel;
  readonly #ids = new Set<number>();
  #armed: Armed[] = [];
  #now = 0;
  #order = 0;

  constructor(timers: number, slots: number) {
    const { ram, wheel } = makeWheel(timers, slots);
    this.#ram = ram;
    this.#wheel = wheel;
  }

  arm(process: number, delay: number, period: number): void {
    const bits = this.#order + 1;
    const id = armTimer(this.#ram, this.#wheel, this.#now, process, delay, period, bits);
    if (this.#armed.length === this.#wheel.armable) return expect(id).toBe(Errno.resourceExhausted);
    expect(this.#ids.has(id)).toBe(false);
    this.#ids.add(id);
    this.#armed.push({ id, bits, process, deadline: this.#now + delay, period, order: this.#order++ });
  }

  cancel(pick: number): void {
    const victim = this.#armed[pick % Math.max(1, this.#armed.length)];
    if (victim === undefined) return;
    expect(cancelTimer(this.#ram, this.#wheel, victim.process, victim.id)).toBe(0);
    this.#armed = this.#armed.filter((timer) => timer !== victim);
  }

  end(process: number): void {
    cancelTimersOf(this.#ram, this.#wheel, process);
    this.#armed = this.#armed.filter((timer) => timer.process !== process);
  }

  tick(): void {
    this.#now++;
    const due = this.#armed.filter((timer) => timer.deadline === this.#now).sort((a, b) => a.order - b.order);
    expect(fireAll(this.#ram, this.#wheel, this.#now)).toEqual(due.map((timer) => timer.bits));
    this.#armed = this.#armed.filter((timer) => timer.deadline !== this.#now || timer.period > 0);
    for (const timer of due) {
      timer.deadline += timer.period;
      timer.order = this.#order++;
    }
  }

  compareCounts(): void {
    expect(WheelState.armed.get(this.#ram, this.#wheel.state)).toBe(this.#armed.length);
    expect(WheelState.oneShots.get(this.#ram, this.#wheel.state)).toBe(this.#armed.filter((timer) => timer.period === 0).length);
  }
}

test("the wheel does what a sorted list does (200 random histories, 8 timers on 4 slots)", () => {
  const step = fc.oneof(
    fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 20 }), fc.constantFrom(0, 0, 1, 3, 4, 8)).map(([process, delay, period]) => (model: WheelModel) => model.arm(process, delay, period)),
    fc.nat(20).map((pick) => (model: WheelModel) => model.cancel(pick)),
    fc.nat(2).map((process) => (model: WheelModel) => model.end(process)),
    fc.constant((model: WheelModel) => model.tick()),
    fc.constant((model: WheelModel) => model.tick()),
  );
  const history = fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const model = new WheelModel(8, 4);
    for (const make of steps) {
      make(model);
      model.compareCounts();
    }
  });
  fc.assert(history, { seed: 1, numRuns: 200 });
});
