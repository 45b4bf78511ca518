import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { HalTrace } from "../../hal/trace.ts";
import { bench } from "./fixture.ts";

describe("the interrupt controller", () => {
  test("a line counts once it is both high and unmasked", () => {
    const { board } = bench();
    const { interrupts } = board;
    interrupts.raise(5);
    expect([interrupts.lines(), interrupts.pendingUnmasked()]).toEqual([1 << 5, 0]);
    interrupts.unmask(5);
    expect(interrupts.pendingUnmasked()).toBe(1 << 5);
    interrupts.mask(5);
    expect(interrupts.pendingUnmasked()).toBe(0);
    interrupts.unmask(5);
    interrupts.lower(5);
    expect(interrupts.pendingUnmasked()).toBe(0);
  });

  test("lines do not disturb each other, the highest included", () => {
    const { interrupts } = bench().board;
    for (const line of [0, 1, 30, 31]) interrupts.unmask(line);
    for (const line of [0, 1, 31]) interrupts.raise(line);
    expect(interrupts.pendingUnmasked()).toBe((1 << 31) | 3);
    interrupts.lower(31);
    interrupts.mask(0);
    expect(interrupts.pendingUnmasked()).toBe(2);
  });

  test("a rise is traced, a line that is high already is not", () => {
    const seen: number[] = [];
    const { board } = bench({ probe: (kind, _process, line) => void (kind === HalTrace.interruptRaised && seen.push(line)) });
    board.interrupts.raise(7);
    board.interrupts.raise(7);
    board.interrupts.lower(7);
    board.interrupts.raise(7);
    expect(seen).toEqual([7, 7]);
  });

  test("there are 32 lines", () => {
    const { interrupts } = bench().board;
    expect(() => interrupts.raise(32)).toThrow(Panic);
    expect(() => interrupts.unmask(-1)).toThrow(Panic);
  });
});
