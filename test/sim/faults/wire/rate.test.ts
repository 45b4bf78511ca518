import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a slow cable %s", (_name, direction) => {
  test("lets one frame through after the other, each in its own time", () => {
    const stage = new CableStage([{ fault: "wire.rate", parts: 1_000_000, parameters: { byteCycles: 10_000 } }]);
    for (let number = 0; number < 5; number++) stage.give(direction, number);
    stage.wait(10);
    expect(stage.numbers(direction)).toEqual([0, 1, 2, 3, 4]);
    expect(stage.ticks(direction)).toEqual([0.64, 1.28, 1.92, 2.56, 3.2]);
  });

  test("holds up whoever comes behind a slow frame, and nobody once it is through", () => {
    const stage = new CableStage([{ fault: "wire.rate", parts: 1_000_000, parameters: { byteCycles: 62_500 }, most: 1 }]);
    for (let number = 0; number < 3; number++) stage.give(direction, number);
    stage.wait(5);
    stage.give(direction, 3);
    expect(stage.ticks(direction)).toEqual([4, 4, 4, 5]);
    expect(stage.numbers(direction)).toEqual([0, 1, 2, 3]);
  });

  test("does not hold up the other direction", () => {
    const stage = new CableStage([{ fault: "wire.rate", parts: 1_000_000, parameters: { byteCycles: 62_500 }, most: 1 }]);
    stage.give(direction, 0);
    stage.give(1 - direction, 1);
    expect(stage.numbers(1 - direction)).toEqual([1]);
  });
});
