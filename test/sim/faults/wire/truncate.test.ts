import { describe, expect, test } from "vitest";
import { CableStage, Direction, numbered } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

describe.each(BOTH)("a truncated frame %s", (_name, direction) => {
  test("lacks its end, and never all of it", () => {
    const stage = new CableStage([{ fault: "wire.truncate", parts: 1_000_000, most: 400 }]);
    for (let i = 0; i < 401; i++) stage.give(direction, 9);
    const sound = numbered(9, direction);
    expect(stage.came.pop()?.frame).toEqual(sound);
    expect(stage.came.every(({ frame }) => frame.length < sound.length && frame.every((byte, i) => byte === sound[i]))).toBe(true);
    const lengths = stage.came.map(({ frame }) => frame.length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([1, sound.length - 1]);
  });

  test("lacks no more than it may", () => {
    const stage = new CableStage([{ fault: "wire.truncate", parts: 1_000_000, parameters: { bytesMost: 3 } }]);
    for (let i = 0; i < 50; i++) stage.give(direction, 9);
    expect([...new Set(stage.came.map(({ frame }) => frame.length))].sort()).toEqual([61, 62, 63]);
  });
});
