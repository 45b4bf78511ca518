import { describe, expect, test } from "vitest";
import { addCounts, addDigests, mergeProblem, mergeReports } from "../../../sim/explore/merge.ts";
import { emptyReport } from "../../../sim/explore/report.ts";
import type { Report } from "../../../sim/explore/report.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { ownExperiment } from "./own-experiment.ts";

const empty = emptyReport(ownExperiment(), "own", "random", 0);
const failure = (checker: string, runs: number, seed: number) => ({ checker, runs, first: { seed } as Repro });
const report = (own: Partial<Report>): Report => ({ ...empty, ...own });

describe("two reports", () => {
  test("of one campaign join", () => {
    const left = report({ seeds: [[1, 2]], runs: 2, ticks: 10, failedSeeds: [[2, 2]], failures: [failure("b", 1, 2)], marks: { x: 1, "wire.drop": 0 }, digest: "ffffffff00000001" });
    const right = report({ seeds: [[3, 4]], runs: 3, ticks: 7, failedSeeds: [[3, 4]], failures: [failure("a", 1, 4), failure("b", 1, 3)], marks: { "wire.drop": 2 }, differed: [[4, 4]], repeated: 1, digest: "0000000200000003" });
    const joined = mergeReports(right, left);
    expect(joined).toMatchObject({ seeds: [[1, 4]], runs: 5, ticks: 17, failedSeeds: [[2, 4]], repeated: 1, differed: [[4, 4]], digest: "0000000100000004" });
    expect(joined.failures.map(({ checker, runs, first }) => [checker, runs, first.seed])).toEqual([["a", 1, 4], ["b", 2, 2]]);
    expect(Object.entries(joined.marks)).toEqual([["wire.drop", 2], ["x", 1]]);
    expect(mergeReports(left, right)).toEqual(joined);
    expect(mergeReports(empty, joined)).toEqual(joined);
  });

  const OTHERS: readonly (readonly [string, Partial<Report>, string])[] = [
    ["experiment", { experiment: "other" }, "they are about different experiments"],
    ["strategy", { strategy: "pct", depth: 3 }, "one is by random of depth 0, the other by pct of depth 3"],
    ["seed in both", { seeds: [[5, 9]] }, "both have played seed 5"],
  ];
  test.each(OTHERS)("that do not go together: %s", (_, other, text) => {
    const [left, right] = [report({ seeds: [[1, 5]] }), report({ seeds: [[6, 9]], ...other })];
    expect(mergeProblem(left, right)).toBe(text);
    expect(() => mergeReports(left, right)).toThrow(text);
  });

  test("names of one that the other inherits", () => expect(addCounts({ toString: 1 }, { valueOf: 2 })).toEqual({ toString: 1, valueOf: 2 }));
  test("digests are sums of words", () => expect(addDigests("80000000ffffffff", "8000000000000002")).toBe("0000000000000001"));
});
