import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("jitter %s", (_name, direction) => {
  test("makes each frame late by its own time: they overtake each other, and none is lost", () => {
    const stage = new CableStage([{ fault: "wire.jitter", parts: 1_000_000, parameters: { lateCyclesMost: 5_000_000 } }]);
    for (let number = 0; number < 100; number++) stage.give(direction, number);
    stage.wait(6);
    const numbers = stage.numbers(direction);
    expect(numbers.every((number, i) => i === 0 || number > numbers[i - 1])).toBe(false);
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const ticks = stage.ticks(direction);
    expect([Math.min(...ticks) < 0.5, Math.max(...ticks) > 4.5, Math.max(...ticks) <= 5.001]).toEqual([true, true, true]);
  });
});
