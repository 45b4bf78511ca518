import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { Clock, CYCLES_PER_TICK } from "../../hal/clock.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";

function makeClock(): Clock {
  const plan = new RamPlan();
  const at = Clock.plan(plan);
  const clock = new Clock(new Memory(new ArrayBuffer(128)), at);
  clock.powerOn();
  return clock;
}

describe("the cycle clock", () => {
  test("starts at cycle 0 with the first tick due at a million", () => {
    const clock = makeClock();
    expect([clock.now(), clock.ticks(), clock.dueCycle(), clock.nextTickCycle()]).toEqual([0, 0, CYCLES_PER_TICK, CYCLES_PER_TICK]);
  });

  test("a step never passes what is due, and moves the clock exactly or not at all", () => {
    const near = fc.oneof(fc.nat(2 ** 31), fc.integer({ min: 2 ** 32 - 9, max: 2 ** 32 + 9 }), fc.integer({ min: 2 ** 31 - 9, max: 2 ** 31 + 9 }), fc.nat(2 ** 52));
    const short = fc.oneof(fc.nat(9), fc.nat(2 ** 31 - 1));
    fc.assert(
      fc.property(near, short, fc.oneof(fc.nat(9), fc.nat(2 ** 33)), (from, cycles, ahead) => {
        const clock = makeClock();
        clock.moveTo(from);
        clock.setDueCycle(from + ahead);
        const moved = clock.step(cycles);
        if (moved) expect(cycles).toBeLessThan(ahead);
        expect(clock.now()).toBe(moved ? from + cycles : from);
        // The only needless refusal is where the low word wraps.
        const wraps = Math.floor((from + cycles) / 2 ** 32) !== Math.floor(from / 2 ** 32);
        if (!moved && !wraps) expect(cycles).toBeGreaterThanOrEqual(ahead);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });

  test("a negative step is refused, so that the board's slow way can panic", () => {
    const clock = makeClock();
    clock.moveTo(1000);
    expect(clock.step(-1)).toBe(false);
  });

  test("ticks are counted, and taken no oftener than they happened", () => {
    const clock = makeClock();
    clock.countTick();
    clock.countTick();
    expect([clock.ticks(), clock.unhandledTicks(), clock.nextTickCycle()]).toEqual([2, 2, 3 * CYCLES_PER_TICK]);
    clock.takeTick();
    clock.takeTick();
    expect(() => clock.takeTick()).toThrow(Panic);
    expect(clock.ticks()).toBe(2);
  });
});
