import { describe, expect, test } from "vitest";
import { FAULTS, faultNamed } from "../../../../sim/faults/catalogue.ts";
import type { FaultRule } from "../../../../sim/faults/fault.ts";
import { swarm, swarmRules } from "../../../../sim/explore/strategies/swarm.ts";
import { Theatre } from "../../../../sim/explore/theatre.ts";
import { ownExperiment } from "../own-experiment.ts";

/** A rule for each fault that there is. */
const faults: readonly FaultRule[] = FAULTS.map(({ name }) => ({ fault: name, parts: 1000, most: 4 }));
const experiment = ownExperiment({ faults, troubleTicks: 80 });
const drawn = Array.from({ length: 300 }, (_, i) => swarmRules(experiment, i + 1));

describe("what a seed draws", () => {
  test("is a subset of the rules, each at its place, never none", () => {
    for (const rules of drawn) {
      expect(rules.map(({ fault }) => fault)).toEqual(faults.map(({ fault }) => fault));
      expect(rules.some(({ parts }) => parts > 0)).toBe(true);
    }
    for (const [i] of faults.entries()) {
      const times = drawn.filter((rules) => rules[i]!.parts > 0).length;
      expect(times).toBeGreaterThan(90);
      expect(times).toBeLessThan(240);
    }
  });

  test("strikes a quarter to four times as often, and at most as many times", () => {
    const parts = drawn.flatMap((rules) => rules.filter((rule) => rule.parts > 0).map((rule) => rule.parts));
    expect([...new Set(parts)].sort((a, b) => a - b)).toEqual([250, 500, 1000, 2000, 4000]);
    expect([...new Set(drawn.flatMap((rules) => rules.map(({ most }) => most)))].sort()).toEqual([1, 2, 4]);
  });

  test("lasts for a part of the trouble", () => {
    const windows = drawn.flat().filter(({ fromTick }) => fromTick !== undefined);
    expect(windows.length).toBeGreaterThan(100);
    for (const { fromTick, toTick } of windows) expect([fromTick! >= 0, toTick! - fromTick! >= 10, toTick! <= 80]).toEqual([true, true, true]);
  });

  test("has values that the fault allows", () => {
    const values = drawn.flat().flatMap(({ fault, parameters = {} }) => Object.entries(parameters).map(([name, value]) => ({ parameter: faultNamed(fault)!.parameters[name]!, value })));
    expect(values.length).toBeGreaterThan(100);
    for (const { parameter, value } of values) {
      expect(value).toBeGreaterThanOrEqual(Math.max(parameter.least, parameter.value >> 1));
      expect(value).toBeLessThanOrEqual(Math.min(parameter.most, Math.max(parameter.least, parameter.value * 2)));
    }
  });

  test("is the seed's own", () => {
    expect(swarmRules(experiment, 5)).toEqual(drawn[4]);
    expect(new Set(drawn.map((rules) => JSON.stringify(rules))).size).toBe(drawn.length);
  });

  test("keeps to the rule where that says when, and what strikes each time does so", () => {
    const scripted: FaultRule = { fault: "wire.drop", parts: 1_000_000, most: 2, fromTick: 20, toTick: 30 };
    for (let seed = 1; seed < 20; seed++) expect(swarmRules(ownExperiment({ faults: [scripted] }), seed)[0]).toMatchObject({ parts: 1_000_000, fromTick: 20, toTick: 30 });
    expect(swarmRules(ownExperiment({ faults: [] }), 1)).toEqual([]);
  });
});

test("a rule that is left out does not strike", () => {
  const theatre = new Theatre(ownExperiment({ faults: [{ fault: "wire.drop", parts: 200_000 }, { fault: "wire.duplicate", parts: 200_000 }] }));
  const seen = new Set<string>();
  for (let seed = 1; seed <= 12; seed++) {
    const { rules, outcome } = swarm.play(theatre, seed);
    for (const { rule } of outcome.deviations) expect(rules[rule]!.parts).toBeGreaterThan(0);
    seen.add(rules.map(({ parts }) => (parts > 0 ? 1 : 0)).join(""));
  }
  expect([...seen].sort()).toEqual(["01", "10", "11"]);
});
