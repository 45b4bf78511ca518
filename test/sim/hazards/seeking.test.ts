/**
 * Goal: exploring finds upstream's hazards without being told of them, and leaves few deviations of what it found. Method:
 * general experiments, played with upstream's part; the budget is 20 seeds, and 400 runs to make a run smaller. With our
 * parts the same seeds find nothing.
 */

import { describe, expect, test } from "vitest";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import { crowd } from "../../../sim/experiments/crowd.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { HAZARDS, hazardNamed } from "../../../sim/hazards/catalogue.ts";
import { seekHazard } from "../../../sim/hazards/seek-hazard.ts";
import { withVariant } from "../../../sim/hazards/variant.ts";

const SEEDS = 20;
const BUDGET = Object.freeze({ seedsMax: SEEDS, minimiserRunsMax: 400 });
const DEVIATIONS_MAX = 10;
/** Of the 28, so many must be found. */
const WANTED = 22;

/** In which experiment, and who says so. */
const FOUND = [
  ["H1", "crowd", "invariants"],
  ["H2", "crowd", "authority"],
  ["H3", "balancer", "routes"],
  ["H4", "balancer", "shares"],
  ["H5", "balancer", "connections"],
  ["H7", "balancer", "rates"],
  ["H9", "crowd", "timers-fire"],
  ["H10", "nic", "liveness"],
  ["H11", "virtio", "frames-out"],
  ["H12", "virtio", "liveness"],
  ["H13", "crowd", "loopback-order"],
  ["H14", "crowd", "given-once"],
  ["H15", "crowd", "first-come"],
  ["H16", "crowd", "messages"],
  ["H17", "crowd", "invariants"],
  ["H18", "crowd", "invariants"],
  ["H19", "crowd", "send-rates"],
  ["H22", "balancer", "routes"],
  ["H23", "crowd", "authority"],
  ["H24", "crowd", "invariants"],
  ["H25", "crowd", "invariants"],
  ["H26", "nic", "no-fault"],
  ["H27", "nic", "liveness"],
  ["H28", "crowd", "invariants"],
] as const;
/** Those that no general experiment shows, and why. */
const NOT_FOUND = Object.freeze({
  H6: "tables without a bound are only memory, of which those worlds have enough",
  H8: "nobody in those worlds asks virtual IPs",
  H20: "nobody in those worlds uses the operations of upstream's balancer",
  H21: "those worlds configure no virtual IP",
});

test(`at least ${WANTED} of ${HAZARDS.length} are found, and each is accounted for`, () => {
  expect(FOUND.length).toBeGreaterThanOrEqual(WANTED);
  expect([...FOUND.map(([id]) => id), ...Object.keys(NOT_FOUND)].sort()).toEqual(HAZARDS.map(({ id }) => id).sort());
});

describe.each(FOUND)("%s, in %s", (id, name, checker) => {
  test(`is found by ${checker} within ${SEEDS} seeds, in at most ${DEVIATIONS_MAX} deviations`, () => {
    const sought = seekHazard(hazardNamed(id)!, experimentNamed(name)!, BUDGET);
    expect(sought).toMatchObject({ hazard: id, experiment: name, checker });
    expect(sought!.left.length).toBeLessThanOrEqual(Math.min(DEVIATIONS_MAX, sought!.found));
  });
});

test.each(["crowd", "balancer", "nic"])("with our parts the same seeds of %s find nothing", (name) => {
  const theatre = new Theatre(experimentNamed(name)!);
  for (let seed = 1; seed <= SEEDS; seed++) expect(theatre.play({ seed }).failures).toEqual([]);
});

test("a variant without parts is no variant: the same runs, byte for byte", () => {
  const own = new Theatre(crowd).play({ seed: 3 });
  const varied = withVariant(crowd, { name: "nothing" });
  expect(varied.name).toBe("crowd with nothing");
  expect(new Theatre(varied).play({ seed: 3 })).toEqual(own);
});
