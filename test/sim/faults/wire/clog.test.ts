import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a cable clogged %s", (_name, direction) => {
  test("lets nothing through for its time, and then all at once, in order", () => {
    const stage = new CableStage([{ fault: "wire.clog", parts: 1_000_000, parameters: { ticksMost: 5 }, fromTick: 1, most: 1 }]);
    for (let number = 0; number < 4; number++) {
      stage.give(direction, number);
      stage.wait(1);
    }
    const [{ answer }] = stage.deviations;
    stage.wait(8);
    expect(stage.numbers(direction)).toEqual([0, 1, 2, 3]);
    expect(stage.ticks(direction)).toEqual([0, 1, 2, 3].map((tick) => (tick === 0 ? 0 : Math.max(tick, 1 + answer))));
    expect(answer).toBeGreaterThan(1);
  });

  test("does not clog the other direction, and is not asked about while it is clogged", () => {
    const stage = new CableStage([{ fault: "wire.clog", parts: 1_000_000, parameters: { ticksMost: 1000 }, entities: [2 + direction] }]);
    for (let number = 0; number < 3; number++) {
      stage.give(direction, number);
      stage.give(1 - direction, number);
    }
    expect([stage.numbers(direction), stage.numbers(1 - direction), stage.deviations.length]).toEqual([[], [0, 1, 2], 1]);
  });

  test("is free when the trouble ends", () => {
    const stage = new CableStage([{ fault: "wire.clog", parts: 1_000_000, parameters: { ticksMost: 1000 } }]);
    for (let number = 0; number < 3; number++) stage.give(direction, number);
    stage.wait(1);
    stage.turmoil.end();
    stage.give(direction, 3);
    stage.wait(1);
    expect([stage.numbers(direction), stage.ticks(direction), stage.turmoil.quiet()]).toEqual([[0, 1, 2, 3], [1, 1, 1, 1], true]);
  });
});
