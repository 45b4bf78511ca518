import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a lost frame %s", (_name, direction) => {
  test("does not come: from tick 3 on the next two, and no others", () => {
    const stage = new CableStage([{ fault: "wire.drop", parts: 1_000_000, fromTick: 3, most: 2 }]);
    for (let number = 0; number < 6; number++) {
      stage.give(direction, number);
      stage.wait(1);
    }
    expect(stage.numbers(direction)).toEqual([0, 1, 2, 5]);
    expect(stage.state.lost).toBe(2);
    expect(stage.deviations.map(({ tick }) => tick)).toEqual([3, 4]);
  });

  test("of one client leaves the others alone", () => {
    const second = 2 * 2 + direction;
    const stage = new CableStage([{ fault: "wire.drop", parts: 1_000_000, entities: [second] }]);
    for (const client of ["10.0.0.1", "10.0.0.2", "10.0.0.1", "fd00::1"]) stage.give(direction, 1, client);
    expect(stage.came.length).toBe(3);
    expect(stage.deviations.map(({ entity }) => entity)).toEqual([second]);
  });
});

test("a frame that is offered ahead is judged by the tick at which it arrives", () => {
  const stage = new CableStage([{ fault: "wire.drop", parts: 1_000_000, fromTick: 5, toTick: 6 }]);
  const frame = new Uint8Array(60);
  for (let tick = 4; tick < 8; tick++) stage.offer(frame, tick * 1_000_000);
  expect(stage.ticks()).toEqual([4, 6, 7]);
});
