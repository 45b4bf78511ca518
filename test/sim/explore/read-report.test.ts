import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readReport } from "../../../sim/explore/read-report.ts";
import type { Report } from "../../../sim/explore/report.ts";
import { emptyReport } from "../../../sim/explore/report.ts";
import { reproOf } from "../../../sim/explore/repro-file.ts";
import type { Problem } from "../../../sim/problem.ts";
import { ownExperiment } from "./own-experiment.ts";

const failure = { checker: "panic", place: "the machine", text: "it broke", tick: 7 };
const first = reproOf({ experiment: "own", build: "1", seed: 3, rules: [{ fault: "wire.drop", parts: 5 }], sites: [64], troubleTicks: 60, outcome: { deviations: [{ site: 64, entity: 2, ordinal: 1, answer: 1, rule: 0, tick: 4 }], failures: [failure], hash: "0".repeat(32), ticks: 9 } });
const REPORT: Report = { ...emptyReport(ownExperiment(), "own", "pct", 3), seeds: [[1, 4], [9, 9]], runs: 5, ticks: 60, failedSeeds: [[3, 3]], failures: [{ checker: "panic", runs: 1, first }], marks: { "wire.drop": 2 }, repeated: 1, digest: "00000000deadbeef" };

function read(value: unknown): { readonly report: Report | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { report: readReport(JSON.stringify(value), problems), problems };
}

test("what was written is read", () => expect(read(REPORT)).toEqual({ report: REPORT, problems: [] }));

describe("what is wrong is said", () => {
  const WRONG: readonly (readonly [string, object, RegExp])[] = [
    ["schema", { schema: 2 }, /schema is 2/],
    ["strategy", { strategy: "luck" }, /one of random, swarm/],
    ["depth", { depth: 17 }, /0 to 16/],
    ["ranges that touch", { seeds: [[1, 2], [3, 4]] }, /in order/],
    ["ranges out of order", { seeds: [[5, 6], [1, 2]] }, /in order/],
    ["seed 0", { seeds: [[0, 2]] }, /from 1/],
    ["a range that ends before it begins", { differed: [[4, 2]] }, /in order/],
    ["a count below 0", { marks: { a: -1 } }, /counts by name/],
    ["a list of counts", { faults: [1] }, /counts by name/],
    ["half a run", { runs: 0.5 }, /whole number/],
    ["digest", { digest: "xyz" }, /16 digits/],
    ["tree", { tree: { pruned: 0 } }, /contradicted is missing/],
    ["a failure without its run", { failures: [{ checker: "a", runs: 1 }] }, /a run that failed/],
    ["failures", { failures: 7 }, /failures is 7/],
  ];
  test.each(WRONG)("%s", (_, own, expected) => {
    const { report, problems } = read({ ...REPORT, ...own });
    expect(report).toBeNull();
    expect(problems.map(({ place, found, expected: wanted }) => `${place} ${found} ${wanted}`).join("\n")).toMatch(expected);
  });

  test.each([["", /no JSON/], ["[]", /this is a list/], ["null", /this is null/]] as const)("no report at all: %s", (text, expected) => {
    const problems: Problem[] = [];
    expect(readReport(text, problems)).toBeNull();
    expect(problems[0]!.found).toMatch(expected);
  });

  test("whatever a member is", () => {
    fc.assert(fc.property(fc.constantFrom(...Object.keys(REPORT)), fc.jsonValue(), (name, value) => {
      const { report, problems } = read({ ...REPORT, [name]: value });
      expect(report === null).toBe(problems.length > 0);
    }), { seed: 5, numRuns: 500 });
  });
});
