/**
 * Goal: exploring finds the kernel's hazards without being told of them, and leaves few deviations of what it found. Method:
 * the crowd with upstream's part; the budget is 20 seeds, and 400 runs to make a run smaller. With our parts the same seeds
 * find nothing.
 */

import { describe, expect, test } from "vitest";
import { crowd } from "../../../sim/experiments/crowd.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { hazardNamed } from "../../../sim/hazards/catalogue.ts";
import { seekHazard } from "../../../sim/hazards/seek-hazard.ts";
import { withVariant } from "../../../sim/hazards/variant.ts";

const SEEDS = 20;
const BUDGET = Object.freeze({ seedsMax: SEEDS, minimiserRunsMax: 400 });
const DEVIATIONS_MAX = 10;

/** Who says so. */
const FOUND = [
  ["H1", "invariants"],
  ["H2", "authority"],
  ["H9", "timers-fire"],
  ["H14", "given-once"],
  ["H15", "first-come"],
  ["H16", "messages"],
  ["H17", "invariants"],
  ["H18", "invariants"],
  ["H19", "send-rates"],
  ["H23", "authority"],
  ["H24", "invariants"],
  ["H25", "invariants"],
  ["H28", "invariants"],
] as const;

describe.each(FOUND)("%s", (id, checker) => {
  test(`is found by ${checker} within ${SEEDS} seeds, in at most ${DEVIATIONS_MAX} deviations`, () => {
    const sought = seekHazard(hazardNamed(id)!, crowd, BUDGET);
    expect(sought).toMatchObject({ hazard: id, experiment: "crowd", checker });
    expect(sought!.left.length).toBeGreaterThanOrEqual(1);
    expect(sought!.left.length).toBeLessThanOrEqual(DEVIATIONS_MAX);
    expect(sought!.left.length).toBeLessThanOrEqual(sought!.found);
  });
});

test("with our parts the same seeds find nothing", () => {
  const theatre = new Theatre(crowd);
  for (let seed = 1; seed <= SEEDS; seed++) expect(theatre.play({ seed }).failures).toEqual([]);
});

test("a variant without parts is no variant: the same runs, byte for byte", () => {
  const own = new Theatre(crowd).play({ seed: 3 });
  const varied = withVariant(crowd, { name: "nothing" });
  expect(varied.name).toBe("crowd with nothing");
  expect(new Theatre(varied).play({ seed: 3 })).toEqual(own);
});
