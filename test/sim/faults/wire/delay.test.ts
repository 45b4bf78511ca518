import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a delayed frame %s", (_name, direction) => {
  test("comes as late as it is told to, those behind it overtake it", () => {
    const stage = new CableStage([{ fault: "wire.delay", parts: 1_000_000, parameters: { lateCycles: 2_500_000 }, most: 1 }]);
    stage.give(direction, 1);
    stage.wait(1);
    stage.give(direction, 2);
    stage.wait(9);
    expect(stage.numbers(direction)).toEqual([2, 1]);
    expect(stage.ticks(direction)[1]).toBeCloseTo(2.5, 3);
  });

  test("keeps its order among those that are delayed too", () => {
    const stage = new CableStage([{ fault: "wire.delay", parts: 1_000_000, parameters: { lateCycles: 10_000_000 } }]);
    for (let number = 0; number < 8; number++) {
      stage.give(direction, number);
      stage.wait(1);
    }
    expect(stage.came).toEqual([]);
    stage.wait(20);
    expect(stage.numbers(direction)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(stage.ticks(direction).every((tick, i) => Math.abs(tick - 10 - i) < 0.001)).toBe(true);
  });

  test("of the longest delay comes after 268 ticks", () => {
    const stage = new CableStage([{ fault: "wire.delay", parts: 1_000_000, parameters: { lateCycles: 268_435_200 } }]);
    stage.give(direction, 1);
    stage.wait(268);
    expect(stage.came).toEqual([]);
    stage.wait(1);
    expect(stage.numbers(direction)).toEqual([1]);
  });
});
