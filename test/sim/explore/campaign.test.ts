import { describe, expect, test } from "vitest";
import { Delivery } from "../../../kernel/service.ts";
import { Listed } from "../../../sim/chance/decider.ts";
import { Campaign, REPEATED_IN } from "../../../sim/explore/campaign.ts";
import type { Experiment } from "../../../sim/explore/experiment.ts";
import { mergeReports } from "../../../sim/explore/merge.ts";
import type { Report } from "../../../sim/explore/report.ts";
import { missedFaults, missedMarks, seedsFailed, seedsPlayed } from "../../../sim/explore/report.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { countSeeds, shardOf } from "../../../sim/explore/seeds.ts";
import { STRATEGY_NAMES } from "../../../sim/explore/strategy.ts";
import type { StrategyName } from "../../../sim/explore/strategy.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { ownExperiment, spoiled } from "./own-experiment.ts";

const campaignOf = (experiment: Experiment, strategy: StrategyName = "random"): Campaign => new Campaign({ experiment, text: experiment.name, build: "test", strategy, ...(strategy === "dfs" ? { depth: 1 } : {}) });

describe("a report does not depend on who played what", () => {
  test.each(STRATEGY_NAMES)("%s: the whole, and its parts in any order", (strategy) => {
    const whole = campaignOf(ownExperiment(), strategy).play([1, 16]);
    expect([seedsPlayed(whole), whole.differed]).toEqual([16, []]);
    const parts = [3, 1, 2].map((shard) => campaignOf(ownExperiment(), strategy).play(shardOf([1, 16], shard, 3)!));
    const joined = parts.reduce(mergeReports);
    expect(joined).toEqual(whole);
    expect(JSON.stringify(joined)).toBe(JSON.stringify(whole));
  });

  test("strategies play different things", () => {
    const digests = STRATEGY_NAMES.map((strategy) => campaignOf(ownExperiment(), strategy).play([1, 3]).digest);
    expect(new Set(digests).size).toBe(STRATEGY_NAMES.length);
  });
});

/** A machine that panics in a run whose seed is among these, as a rare fault of ours would. */
function canary(seeds: readonly number[]): Campaign {
  const at = { seed: 0 };
  const campaign = campaignOf(ownExperiment({ surroundings: spoiled("net", () => seeds.includes(at.seed)) }));
  const playSeed = campaign.playSeed.bind(campaign);
  campaign.playSeed = (seed, failed) => {
    at.seed = seed;
    return playSeed(seed, failed);
  };
  return campaign;
}

describe("what fails", () => {
  test("is reported, seed by seed, and nothing else", () => {
    const failed: Repro[] = [];
    const report = canary([5, 6, 7, 31, 40]).play([1, 40], (run) => failed.push(run));
    expect(failed.map(({ seed }) => seed)).toEqual([5, 6, 7, 31, 40]);
    expect(report.failedSeeds).toEqual([[5, 7], [31, 31], [40, 40]]);
    expect(report.failures.map(({ checker, runs, first }) => [checker, runs, first.seed])).toEqual([["panic", 5, 5]]);
    expect(seedsFailed(report)).toBe(5);
    expect(report.failures[0]!.first).toEqual(failed[0]);
  });

  test("is played again from its file", () => {
    // Whoever hears that a peer is back panics: only where a process was killed.
    const surroundings = spoiled("net", ({ delivery }) => delivery === Delivery.reopened);
    const experiment = ownExperiment({ surroundings, faults: [{ fault: "process.crash", parts: 500 }] });
    const failed: Repro[] = [];
    const report = campaignOf(experiment).play([1, 30], (run) => failed.push(run));
    expect(failed.length).toBeGreaterThan(3);
    expect(failed.length).toBeLessThan(30);
    expect(report.differed).toEqual([]);
    const theatre = new Theatre(experiment);
    for (const { seed, rules, sites, deviations, hash, failure } of failed) {
      const again = theatre.play({ seed, rules, decider: new Listed(deviations, sites) });
      expect([again.hash, again.failures[0]]).toEqual([hash, failure]);
    }
  });
});

describe("one seed in twenty", () => {
  test("is played again, on a machine of its own", () => {
    const report = campaignOf(ownExperiment()).play([1, 100]);
    expect(report.repeated).toBeGreaterThan(100 / REPEATED_IN / 3);
    expect(report.repeated).toBeLessThan((100 / REPEATED_IN) * 3);
    expect(report.differed).toEqual([]);
  });

  test("shows what is no input of a run", () => {
    // The service remembers something outside of the machine.
    const seen = { messages: 0 };
    const surroundings = spoiled("net", () => ++seen.messages % 301 === 0);
    const report = campaignOf(ownExperiment({ surroundings })).play([1, 60]);
    expect(report.repeated).toBeGreaterThan(0);
    expect(countSeeds(report.differed)).toBeGreaterThan(0);
  });
});

test("marks and faults that were not reached are there with 0", () => {
  const report: Report = campaignOf(ownExperiment({ faults: [{ fault: "wire.drop", parts: 50_000 }, { fault: "process.crash", parts: 1, fromTick: 50, toTick: 50 }], marks: ["wire.drop", "process.crash"] })).play([1, 10]);
  expect(missedMarks(report)).toEqual(["process.crash"]);
  expect(missedFaults(report)).toEqual(["process.crash"]);
  expect(report.marks["wire.drop"]).toBeGreaterThan(0);
  expect(report.faults["wire.drop"]).toBeGreaterThanOrEqual(report.marks["wire.drop"]!);
});
