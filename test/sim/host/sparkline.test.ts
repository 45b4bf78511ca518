/** Goal: a line of bars says what its numbers say: nothing is drawn as nothing, something never is, and lines of one scale compare. */

import { expect, test } from "vitest";
import { condense, sparkline } from "../../../sim/host/sparkline.ts";

test("the highest bar stands for the most, each eighth has its own", () => {
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8)).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([8, 16], 16)).toBe("▄█");
  expect(sparkline([7, 9], 8)).toBe("▇█");
});

test("nothing is a dot, and something, however small, is not", () => {
  expect(sparkline([0, 0.001, 1], 1000)).toBe("·▁▁");
  expect(sparkline([0, 5], 0)).toBe("··");
  expect(sparkline([], 5)).toBe("");
});

test("values that do not fit become means of their neighbours", () => {
  expect(condense([1, 2, 3], 3)).toEqual([1, 2, 3]);
  expect(condense([1, 3, 5, 7], 2)).toEqual([2, 6]);
  expect(condense([1, 3, 5, 7, 9], 2)).toEqual([3, 8]);
  expect(condense([], 5)).toEqual([]);
  expect(condense([4], 0)).toEqual([4]);
  expect(condense(Array.from({ length: 1000 }, (_, i) => i), 24).length).toBeLessThanOrEqual(24);
});
