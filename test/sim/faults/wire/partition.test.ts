import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const { toMachine, fromMachine } = Direction;
const OTHER = "fd00::9";
const CUT_OFF = "10.0.0.1";

/** A client, the first that is seen, is cut off from tick 2 on, another is not; frames go both ways, one in each tick. */
function play(ticks: number, ticksMost: number): CableStage {
  const stage = new CableStage([{ fault: "wire.partition", parts: 1_000_000, parameters: { ticksMost }, entities: [2, 3], fromTick: 2, most: 1 }]);
  for (let tick = 0; tick < ticks; tick++) {
    for (const direction of [toMachine, fromMachine]) {
      stage.give(direction, tick, CUT_OFF);
      stage.give(direction, 100 + tick, OTHER);
    }
    stage.wait(1);
  }
  return stage;
}

describe("a client that is cut off", () => {
  test("is not heard and hears nothing for its time; others do", () => {
    const stage = play(12, 5);
    const [{ answer }] = stage.deviations;
    const expected = Array.from({ length: 12 }, (_, tick) => tick).filter((tick) => tick < 2 || tick >= 2 + answer);
    for (const direction of [toMachine, fromMachine]) {
      expect(stage.numbers(direction).filter((number) => number < 100)).toEqual(expected);
      expect(stage.numbers(direction).filter((number) => number >= 100).length).toBe(12);
    }
    expect(stage.state.cutOff).toBe(2 * answer);
  });

  test("is back when the trouble ends", () => {
    const stage = play(4, 10_000);
    expect(stage.numbers(toMachine).filter((number) => number < 100)).toEqual([0, 1]);
    stage.turmoil.end();
    stage.give(toMachine, 9, CUT_OFF);
    stage.give(fromMachine, 9, CUT_OFF);
    expect([stage.numbers(toMachine).at(-1), stage.numbers(fromMachine).at(-1)]).toEqual([9, 9]);
  });

  test("frames that have no client, and clients beyond the 32nd, are nobody's to cut off", () => {
    const stage = new CableStage([{ fault: "wire.partition", parts: 1_000_000, fromTick: 1 }]);
    for (let client = 1; client <= 32; client++) stage.give(toMachine, 1, `10.1.0.${client}`);
    stage.wait(1);
    stage.came.length = 0;
    stage.offer(new Uint8Array(60));
    stage.give(toMachine, 2, "10.2.0.1");
    stage.give(toMachine, 3, "10.1.0.32");
    expect(stage.numbers()).toEqual([0, 2]);
  });
});
