/** Goal: a distribution is what its text says, its parts add up, and what is none has its place. Method: one row a form, and one a fault. */

import { describe, expect, test } from "vitest";
import { heavyTail } from "../../../sim/scenario/read-distribution.ts";
import { planWith, readWith } from "./reading.ts";

const thinking = (thinkTicks: unknown) => ({ clients: [{ thinkTicks }] });
const stepsOf = (thinkTicks: unknown) => planWith(thinking(thinkTicks)).clients[0]!.thinkTicks.steps;
const MILLION = 1_000_000;

describe("forms", () => {
  test("a number, two of them, steps", () => {
    expect(stepsOf(5)).toEqual([{ parts: MILLION, from: 5, to: 5 }]);
    expect(stepsOf([2, 9])).toEqual([{ parts: MILLION, from: 2, to: 9 }]);
    expect(stepsOf({ steps: [{ parts: 900_000, value: 3 }, { parts: 100_000, from: 10, to: 20 }] })).toEqual([{ parts: 900_000, from: 3, to: 3 }, { parts: 100_000, from: 10, to: 20 }]);
  });

  test("a heavy tail: each octave has half of what is left", () => {
    expect(stepsOf({ heavyTailed: { median: 100, least: 10, most: 700 } })).toEqual([
      { parts: 500_000, from: 10, to: 100 },
      { parts: 250_000, from: 101, to: 200 },
      { parts: 125_000, from: 201, to: 400 },
      { parts: 125_000, from: 401, to: 700 },
    ]);
  });

  test("whatever median and end it has, its steps touch, and add up", () => {
    for (const [least, median, most] of [[0, 1, 1], [0, 1, 2], [5, 5, 5], [0, 2048, 1_048_576], [0, 3, 2 ** 40], [1, 1, 3_600_000]] as const) {
      const { steps } = heavyTail(least, median, most);
      expect(steps.reduce((sum, { parts }) => sum + parts, 0)).toBe(MILLION);
      expect([steps[0]!.from, steps[0]!.to]).toEqual([least, median]);
      steps.slice(1).forEach((step, i) => expect(step.from).toBe(steps[i]!.to + 1));
      for (const step of steps) expect(step.to).toBeGreaterThanOrEqual(step.from);
      expect(steps.at(-1)!.to).toBeLessThanOrEqual(most);
    }
    expect(heavyTail(0, 2048, 1_048_576).steps.at(-1)!.to).toBe(1_048_576);
  });
});

describe("what is none", () => {
  const BOUND = "a whole number of 0 to 3600000, [least, most], or an object with steps or heavyTailed";
  const rows: readonly (readonly [value: unknown, complaints: readonly string[]])[] = [
    [-1, [`clients[0].thinkTicks: this is -1; expected ${BOUND}`]],
    ["5", [`clients[0].thinkTicks: this is "5"; expected ${BOUND}`]],
    [[5], ["clients[0].thinkTicks: this is [5]; expected two whole numbers of 0 to 3600000, the smaller one first"]],
    [[5, 4], ["clients[0].thinkTicks: this is [5, 4]; expected two whole numbers of 0 to 3600000, the smaller one first"]],
    [[1, 2, 3, 4], ["clients[0].thinkTicks: this is [1, 2, 3, ...]; expected two whole numbers of 0 to 3600000, the smaller one first"]],
    [{}, ["clients[0].thinkTicks.steps: it is missing; expected a list of 1 to 64"]],
    [{ steps: [] }, ["clients[0].thinkTicks.steps: this is a list of 0; expected a list of 1 to 64"]],
    [{ steps: [{ parts: 999_999, value: 1 }] }, ["clients[0].thinkTicks.steps: the parts add up to 999999; expected 1000000"]],
    [{ steps: [{ parts: MILLION, value: 1, from: 1 }] }, ["clients[0].thinkTicks.steps[0].value: this is 1; expected either value, or from and to"]],
    [{ steps: [{ parts: MILLION, from: 1 }] }, ["clients[0].thinkTicks.steps[0].to: it is missing; expected the largest value, or value for a single one"]],
    [{ steps: [{ parts: MILLION, from: 5, to: 4 }] }, ["clients[0].thinkTicks.steps[0].to: this is 4; expected a whole number of 5 to 3600000"]],
    [{ heavyTailed: {} }, ["clients[0].thinkTicks.heavyTailed.median: it is missing; expected the value that half of them do not exceed"]],
    [{ heavyTailed: { median: 5, most: 4 } }, ["clients[0].thinkTicks.heavyTailed.most: this is 4; expected a whole number of 5 to 3600000"]],
    [{ heavyTailed: { median: 5 }, steps: [] }, ["clients[0].thinkTicks.steps: this member means nothing; expected one of heavyTailed"]],
  ];
  test.each(rows.map(([value, complaints]) => [JSON.stringify(value), value, complaints] as const))("%s", (_, value, complaints) => {
    expect(readWith(thinking(value)).problems).toEqual(complaints);
  });
});
