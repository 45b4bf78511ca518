import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a doubled frame %s", (_name, direction) => {
  test("comes twice, at once, and the next only once", () => {
    const stage = new CableStage([{ fault: "wire.duplicate", parts: 1_000_000, most: 1 }]);
    stage.give(direction, 1);
    stage.give(direction, 2);
    stage.wait(1);
    expect(stage.numbers(direction)).toEqual([1, 1, 2]);
    expect(stage.ticks(direction)).toEqual([0, 0, 0]);
    expect(stage.came[0].frame).toEqual(stage.came[1].frame);
    expect(stage.state.doubled).toBe(1);
  });

  test("comes later the second time, up to as late as it may", () => {
    const stage = new CableStage([{ fault: "wire.duplicate", parts: 1_000_000, parameters: { behindCycles: 4_000_000 } }]);
    for (let number = 0; number < 60; number++) stage.give(direction, number);
    stage.wait(10);
    expect(stage.numbers(direction).length).toBe(120);
    const last = Math.max(...stage.ticks(direction));
    expect([last > 3.5, last <= 4]).toEqual([true, true]);
  });
});
