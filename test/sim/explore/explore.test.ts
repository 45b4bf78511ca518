import { describe, expect, test } from "vitest";
import { experimentNamed } from "../../../sim/experiments/catalogue.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import { ExplorationError, explore } from "../../../sim/explore/explore.ts";

const wire = experimentNamed("wire")!;
/** Nobody plugs the cable in again within so short a time. */
const broken: Experiment = { ...wire, name: "broken", faults: [{ fault: "wire.link-down", parts: 100_000, parameters: {} }], recoveryTicks: 1 };

function errorOf(play: () => unknown): ExplorationError {
  try {
    play();
  } catch (thrown) {
    if (thrown instanceof ExplorationError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("explore()", () => {
  test("answers a report where all is well", () => expect(explore(wire, { seeds: 3 })).toMatchObject({ seeds: [[1, 3]], runs: 3, failedSeeds: [], failures: [] }));

  test("throws what does not hold, with the line to see it again", () => {
    const error = errorOf(() => explore(broken, { seeds: [2, 5] }));
    expect(error.message).toMatch(/^broken, seed 2: liveness: [^]*\(tick \d+\), and 3 other seeds fail\nSee it again: explore\(experiment, \{ seeds: \[2, 2\], strategy: "random" \}\)$/);
    expect(JSON.parse(error.repro)).toMatchObject({ schema: 1, seed: 2, failure: { checker: "liveness" } });
  });

  test("says in that line how deep it went, if it was told", () => {
    const error = errorOf(() => explore(broken, { seeds: [2, 3], strategy: "pct", depth: 5 }));
    expect(error.message).toMatch(/, and 1 other seed fails\n/);
    expect(error.line).toBe('explore(experiment, { seeds: [2, 2], strategy: "pct", depth: 5 })');
  });

  test("keeps a failed run where it is told to", () => {
    const saved: string[] = [];
    const error = errorOf(() => explore(broken, { seeds: [2, 2], save: (name, text) => `out/${name}${saved.push(text) === 1 ? "" : "?"}` }));
    expect(error.line).toBe("veridian replay out/broken-2.repro.json");
    expect(saved).toEqual([error.repro]);
  });

  test("says which marks were not reached, if it is asked to", () => {
    const error = errorOf(() => explore({ ...wire, faults: [] }, { seeds: 1, marks: true }));
    expect(error.message).toMatch(/^wire: none of the seeds 1 to 1 reached wire\.drop, /);
    expect(explore({ ...wire, faults: [], marks: [] }, { seeds: 1, marks: true }).runs).toBe(1);
  });

  test.each([0, [0, 1], [3, 2], 1.5])("takes no seeds such as %j", (seeds) => expect(() => explore(wire, { seeds: seeds as number })).toThrow(RangeError));
});
