import { describe, expect, test } from "vitest";
import { DrawSite, drawBelow, drawChance, drawWord } from "../../../sim/chance/draw.ts";

const COUNT = 100_000;

/** How often each of `n` answers came, of as many draws. */
function spread(n: number, draw: (ordinal: number) => number): number[] {
  const counts = new Array<number>(n).fill(0);
  for (let ordinal = 0; ordinal < COUNT; ordinal++) counts[draw(ordinal)]! += 1;
  return counts;
}

describe("a draw", () => {
  test("is told by seed, site, entity and ordinal, each of which makes another one", () => {
    const first = drawWord(1, 2, 3, 4);
    expect(drawWord(1, 2, 3, 4)).toBe(first);
    expect(new Set([first, drawWord(2, 2, 3, 4), drawWord(1, 3, 3, 4), drawWord(1, 2, 4, 4), drawWord(1, 2, 3, 5), drawWord(4, 3, 2, 1)]).size).toBe(6);
  });

  test("is a known word: another arithmetic is another world", () => {
    expect([drawWord(1, 1, 0, 0), drawWord(1, 1, 0, 1), drawWord(-1, 24, 7, 1_000_000)]).toEqual([-806_905_495, 1_489_783_267, -857_112_242]);
  });

  test.each([["ordinals", (i: number) => drawBelow(10, 1, 1, 0, i)], ["entities", (i: number) => drawBelow(10, 1, 1, i, 0)], ["sites", (i: number) => drawBelow(10, 1, i, 0, 0)], ["seeds", (i: number) => drawBelow(10, i, 1, 0, 0)]])("falls evenly over %s", (_name, draw) => {
    // Six standard deviations around a tenth.
    for (const count of spread(10, draw)) expect(Math.abs(count - COUNT / 10)).toBeLessThan(6 * Math.sqrt(COUNT * 0.09));
  });

  test("does not follow the draw before: pairs fall evenly too", () => {
    for (const count of spread(16, (i) => drawBelow(4, 1, 1, 0, 2 * i) * 4 + drawBelow(4, 1, 1, 0, 2 * i + 1))) expect(Math.abs(count - COUNT / 16)).toBeLessThan(6 * Math.sqrt(COUNT / 16));
  });

  test("stays below its bound, from 1 to the largest", () => {
    for (let ordinal = 0; ordinal < 1000; ordinal++) {
      expect(drawBelow(1, 9, 9, 9, ordinal)).toBe(0);
      const largest = drawBelow(0x7fff_ffff, 9, 9, 9, ordinal);
      expect(largest).toBeGreaterThanOrEqual(0);
      expect(largest).toBeLessThan(0x7fff_ffff);
    }
  });
});

describe("a chance", () => {
  test.each([0, 1000, 50_000, 500_000, 1_000_000])("of %i in a million", (parts) => {
    const [no, yes] = spread(2, (i) => (drawChance(parts, 1, 2, 3, i) ? 1 : 0));
    const expected = (COUNT * parts) / 1_000_000;
    expect(Math.abs(yes! - expected)).toBeLessThanOrEqual(6 * Math.sqrt((expected * (1_000_000 - parts)) / 1_000_000));
    expect(no! + yes!).toBe(COUNT);
  });
});

test("no two sites have the same number", () => {
  const numbers = Object.values(DrawSite);
  expect(new Set(numbers).size).toBe(numbers.length);
});
