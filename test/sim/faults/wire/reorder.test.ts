import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a frame that is held back %s", (_name, direction) => {
  test("comes behind the one that overtakes it", () => {
    const stage = new CableStage([{ fault: "wire.reorder", parts: 1_000_000, parameters: { overtakersMost: 1 }, most: 1 }]);
    for (let number = 1; number < 5; number++) {
      stage.give(direction, number);
      stage.wait(1);
    }
    expect(stage.numbers(direction)).toEqual([2, 1, 3, 4]);
  });

  test("comes behind as many as its answer says, 16 at most", () => {
    const stage = new CableStage([{ fault: "wire.reorder", parts: 1_000_000, parameters: { overtakersMost: 16 }, most: 1 }]);
    for (let number = 0; number < 20; number++) stage.give(direction, number);
    stage.wait(1);
    const [{ answer }] = stage.deviations;
    expect(answer).toBeGreaterThan(1);
    const others = Array.from({ length: 19 }, (_, i) => i + 1);
    expect(stage.numbers(direction)).toEqual([...others.slice(0, answer), 0, ...others.slice(answer)]);
  });

  test("does not wait for ever", () => {
    const stage = new CableStage([{ fault: "wire.reorder", parts: 1_000_000 }]);
    stage.give(direction, 1);
    expect(stage.turmoil.quiet()).toBe(false);
    stage.wait(100);
    expect(stage.ticks(direction)).toEqual([20]);
    expect(stage.turmoil.quiet()).toBe(true);
  });

  test("is not overtaken by those that are held back too, nor by those of the other direction", () => {
    const stage = new CableStage([{ fault: "wire.reorder", parts: 1_000_000, parameters: { overtakersMost: 1 }, most: 2 }]);
    for (let number = 1; number < 4; number++) stage.give(direction, number);
    stage.give(1 - direction, 9);
    stage.wait(1);
    expect(stage.numbers(direction)).toEqual([3, 1, 2]);
  });
});
