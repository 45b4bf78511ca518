import { describe, expect, test } from "vitest";
import { faultNamed } from "../../../../sim/faults/catalogue.ts";
import { CableStage, Direction, numbered } from "./cable-stage.ts";

const BOTH = Object.freeze([["to the machine", Direction.toMachine], ["from the machine", Direction.fromMachine]] as const);

/** Bytes that differ, and by which bits. */
function changes(before: Uint8Array, after: Uint8Array): { readonly at: number; readonly bits: number }[] {
  return [...before].flatMap((byte, at) => (byte === after[at] ? [] : [{ at, bits: byte ^ after[at] }]));
}

const bitCount = (mask: number): number => mask.toString(2).replaceAll("0", "").length;

describe.each(BOTH)("a corrupted frame %s", (_name, direction) => {
  test.each([1, 2, 7, 8])("has %i wrong bits in one byte, each time others, and its length", (bits) => {
    const stage = new CableStage([{ fault: "wire.corrupt", parts: 1_000_000, parameters: { bits }, most: 200 }]);
    for (let i = 0; i < 201; i++) stage.give(direction, 9);
    const sound = numbered(9, direction);
    const wrong = stage.came.map(({ frame }) => changes(sound, frame));
    expect(wrong.pop()).toEqual([]);
    expect(wrong.every((one) => one.length === 1 && bitCount(one[0].bits) === bits)).toBe(true);
    expect(stage.came.every(({ frame }) => frame.length === sound.length)).toBe(true);
    expect(new Set(wrong.map(([{ at }]) => at)).size).toBeGreaterThan(40);
    expect(new Set(wrong.map(([{ bits: mask }]) => mask)).size).toBeGreaterThanOrEqual(bits === 8 ? 1 : 8);
  });

  test("is whole in front of the byte that is named, or wrong in its last one", () => {
    for (const [firstByte, least] of [[50, 50], [65_535, 63]] as const) {
      const stage = new CableStage([{ fault: "wire.corrupt", parts: 1_000_000, parameters: { firstByte } }]);
      const sound = numbered(9, direction);
      expect(sound.length).toBe(64);
      for (let i = 0; i < 100; i++) stage.give(direction, 9);
      const places = stage.came.map(({ frame }) => changes(sound, frame)[0].at);
      expect(Math.min(...places)).toBe(least);
    }
  });
});

test("the words name the byte and its bits", () => {
  const stage = new CableStage([{ fault: "wire.corrupt", parts: 1_000_000 }]);
  stage.give(Direction.toMachine, 9);
  const [{ at, bits }] = changes(numbered(9), stage.came[0].frame);
  expect(faultNamed("wire.corrupt")?.words(stage.deviations[0].answer)).toBe(`byte ${at} of the frame is wrong by 0x${bits.toString(16).padStart(2, "0")}`);
});
