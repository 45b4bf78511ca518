import { describe, expect, test } from "vitest";
import type { Deviation } from "../../../../sim/chance/deviation.ts";
import { deviationKey } from "../../../../sim/chance/deviation.ts";
import { Listed } from "../../../../sim/chance/decider.ts";
import type { Experiment } from "../../../../sim/explore/experiment.ts";
import { withFrames } from "../../../../sim/explore/replay.ts";
import { dfs } from "../../../../sim/explore/strategies/dfs.ts";
import type { Played } from "../../../../sim/explore/strategy.ts";
import { Theatre } from "../../../../sim/explore/theatre.ts";
import { ownExperiment } from "../own-experiment.ts";

/** The first frames of the small traffic, each of which may be lost: so many branches, and those that the machine sends. */
const FRAMES = 6;
const few = (own: Partial<Experiment> = {}): Experiment => withFrames(ownExperiment({ faults: [{ fault: "wire.drop", parts: 1000 }], ...own }), Array.from({ length: FRAMES }, (_, i) => i + 1));

const keyOf = (deviations: readonly Deviation[]): string => deviations.map((deviation) => `${deviationKey(deviation)}=${deviation.answer}`).join(" ");

/** Plays seeds until one has no branch of its own; each with the sets of deviations that were played to see what comes of them. */
function playTree(experiment: Experiment, depth: number): { readonly seeds: readonly Played[]; readonly sets: readonly string[]; readonly theatre: Theatre } {
  const theatre = new Theatre(experiment);
  const sets: string[] = [];
  const play = theatre.play.bind(theatre);
  theatre.play = (run, staging) => {
    const outcome = play(run, staging);
    if (staging?.haltAt === undefined) sets.push(keyOf(outcome.deviations));
    return outcome;
  };
  const strategy = dfs(depth);
  const seeds: Played[] = [];
  for (let seed = 1; ; seed++) {
    const played = strategy.play(theatre, seed);
    if (played.outcome.deviations.length === 0) return { seeds, sets, theatre };
    seeds.push(played);
  }
}

describe("a tree", () => {
  test("of depth 1 has a seed for each question of the calm run", () => {
    const { seeds, sets } = playTree(few(), 1);
    expect(seeds.length).toBeGreaterThanOrEqual(FRAMES);
    expect(seeds.every(({ runs, outcome }) => runs === 1 && outcome.deviations.length === 1)).toBe(true);
    // The calm run, and one for each seed.
    expect(sets).toEqual(["", ...seeds.map(({ outcome }) => keyOf(outcome.deviations))]);
    expect(new Set(sets).size).toBe(sets.length);
  });

  test("of depth 2 plays no set twice, and each that a seed begins with", () => {
    const one = playTree(few(), 1);
    const { seeds, sets } = playTree(few(), 2);
    expect(seeds.map(({ outcome }) => keyOf(outcome.deviations))).toEqual(one.seeds.map(({ outcome }) => keyOf(outcome.deviations)));
    expect(new Set(sets).size).toBe(sets.length);
    expect(seeds.some(({ runs }) => runs > 2)).toBe(true);
    // Nothing is seen twice: that a frame is lost leaves its mark in counts and times.
    const pairs = (one.seeds.length * (one.seeds.length - 1)) / 2;
    expect(sets.length).toBeGreaterThan(pairs);
  });

  test("leaves what it has seen, and what it plays on all the same comes out as it did", () => {
    const experiment = few({ faults: [{ fault: "timer.jump", parts: 1000, toTick: 12 }, { fault: "process.order", parts: 1000 }] });
    const { seeds, sets } = playTree(experiment, 2);
    expect(new Set(sets).size).toBe(sets.length);
    const { pruned, contradicted, cut } = seeds.reduce((sum, { tree }) => ({ pruned: sum.pruned + tree.pruned, contradicted: sum.contradicted + tree.contradicted, cut: sum.cut + tree.cut }), { pruned: 0, contradicted: 0, cut: 0 });
    expect([pruned > seeds.length, contradicted, cut]).toEqual([true, 0, 0]);
  });

  test("a seed's run is the run of its deviations, forked or not", () => {
    const { seeds, theatre } = playTree(few({ checks: ["invariants"] }), 2);
    const other = new Theatre(few());
    for (const { outcome, sites } of seeds) expect(other.play({ seed: 1, decider: new Listed(outcome.deviations, sites) })).toEqual(outcome);
    expect(theatre.play({ seed: 1, rules: [] }).hash).toBe(other.play({ seed: 1, rules: [] }).hash);
  });

  test("keeps to what rules allow: whom, when, how often", () => {
    const { seeds } = playTree(few({ faults: [{ fault: "wire.drop", parts: 1, entities: [2], toTick: 8, most: 1 }] }), 3);
    expect(seeds.length).toBeGreaterThan(1);
    for (const { outcome, runs } of seeds) {
      expect(runs).toBe(1);
      expect(outcome.deviations.map(({ entity, tick }) => [entity, tick < 8])).toEqual([[2, true]]);
    }
  });

  test("a seed beyond all branches plays the calm run", () => {
    const theatre = new Theatre(few());
    const { outcome, runs } = dfs(2).play(theatre, 1_000_000);
    expect([outcome.deviations, runs]).toEqual([[], 1]);
  });
});
