import { describe, expect, test } from "vitest";
import { CableStage, Direction } from "./cable-stage.ts";

const COUNT = 20_000;

/** Lengths of the runs of frames that came, and of those that did not. */
function runs(rule: { readonly parts: number; readonly parameters?: Readonly<Record<string, number>> }): { readonly lost: number[]; readonly came: number[] } {
  const stage = new CableStage([{ fault: "wire.burst", ...rule }]);
  const lengths: { lost: number[]; came: number[] } = { lost: [], came: [] };
  let before: "lost" | "came" | "" = "";
  for (let i = 0; i < COUNT; i++) {
    const now = stage.came.length;
    stage.give(Direction.toMachine, i & 0xff);
    const what = stage.came.length > now ? "came" : "lost";
    if (what === before) lengths[what][lengths[what].length - 1] += 1;
    else lengths[what].push(1);
    before = what;
  }
  return lengths;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

describe("a burst", () => {
  test("is as long as its end is likely, and as rare as its beginning", () => {
    const { lost, came } = runs({ parts: 10_000, parameters: { endParts: 250_000, lossParts: 1_000_000 } });
    // Geometric: on average 1 / 0.25 frames of a burst, 1 / 0.01 between two; the deviation of the mean is below a tenth.
    expect(Math.abs(mean(lost) - 4)).toBeLessThan(0.8);
    expect(Math.abs(mean(came) - 100)).toBeLessThan(25);
  });

  test("loses as many frames as losses apart would, but together", () => {
    const { lost } = runs({ parts: 10_000, parameters: { endParts: 100_000, lossParts: 1_000_000 } });
    const apart = runs({ parts: 91_000, parameters: { endParts: 909_000, lossParts: 1_000_000 } });
    expect(mean(lost)).toBeGreaterThan(6 * mean(apart.lost));
  });

  test("lets some frames through when it is told to", () => {
    const { lost } = runs({ parts: 10_000, parameters: { endParts: 100_000, lossParts: 500_000 } });
    expect(mean(lost)).toBeLessThan(3);
    expect(lost.length).toBeGreaterThan(250);
  });

  test("that never ends and always loses loses all", () => {
    const stage = new CableStage([{ fault: "wire.burst", parts: 1_000_000, parameters: { endParts: 1, lossParts: 1_000_000 }, most: 3 }]);
    for (let number = 0; number < 6; number++) stage.give(Direction.fromMachine, number);
    expect(stage.numbers(Direction.fromMachine)).toEqual([3, 4, 5]);
  });
});
