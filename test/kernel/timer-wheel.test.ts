import { expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";
import { Errno } from "../../kernel/errno.ts";
import type { TimerWheel } from "../../kernel/timer-wheel.ts";
import { TimerRecord, WheelSlot, WheelState, armTimer, cancelTimer, formatWheel, takeDue } from "../../kernel/timer-wheel.ts";

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
