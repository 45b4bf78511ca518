/** What is left of a failing run is all needed, and fails as the whole did. */

import { describe, expect, test } from "vitest";
import { Listed } from "../../../sim/chance/decider.ts";
import { KernelChoice } from "../../../kernel/crossing.ts";
import { offeredOf, withoutClient } from "../../../sim/explore/fewer-frames.ts";
import { minimise } from "../../../sim/explore/minimise.ts";
import { replay, runOf, sameFailure, stageOf } from "../../../sim/explore/replay.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { Theatre } from "../../../sim/explore/theatre.ts";
import { planted, plantedRepro } from "./planted.ts";

/** Whether the repro fails still with these deviations only. */
function fails(repro: Repro, deviations: Repro["deviations"]): boolean {
  const { theatre, troubleTicks } = stageOf(repro, planted);
  const { failures } = theatre.play({ ...runOf(repro), decider: new Listed(deviations, repro.sites) }, { troubleTicks });
  return failures.length > 0 && sameFailure(failures[0], repro.failure);
}

describe("a run that fails by two crashes, among many other deviations", () => {
  const theatre = new Theatre(planted);
  const repro = plantedRepro(theatre);
  const small = minimise(planted, repro, { theatre })!;

  test("is left with a few of its deviations, and with fewer frames and less time", () => {
    expect(repro.deviations.length).toBeGreaterThan(2);
    expect(small.repro.deviations.length).toBeGreaterThanOrEqual(2);
    expect(small.repro.deviations.length).toBeLessThanOrEqual(3);
    expect(small.repro.deviations.filter(({ site }) => site === KernelChoice.processDies).map(({ entity }) => entity)).toEqual([2, 1]);
    expect(small.repro.troubleTicks).toBeLessThan(repro.troubleTicks);
    expect(small.repro.frames!.length).toBeLessThan(37);
  });

  test("fails as it did, byte for byte each time", () => {
    const replayed = replay(stageOf(small.repro, planted), small.repro, small.repro.build);
    expect(replayed).toMatchObject({ sameHash: true, sameFailure: true, repeats: true, sameBuild: true });
    expect(replayed.outcome.failures[0]).toEqual(small.repro.failure);
    expect(replayed.outcome.deviations).toEqual(small.repro.deviations);
  });

  test("fails no more without any one of what is left", () => {
    expect(fails(small.repro, small.repro.deviations)).toBe(true);
    for (const left of small.repro.deviations) expect(fails(small.repro, small.repro.deviations.filter((one) => one !== left))).toBe(false);
  });

  test("fails no more with one frame less, or a tick less of trouble", () => {
    const { frames, troubleTicks } = small.repro;
    const earlier = { ...small.repro, frames: frames!.slice(0, -1) };
    expect(fails(earlier, earlier.deviations)).toBe(false);
    const shorter = { ...small.repro, troubleTicks: troubleTicks - 1 };
    expect(fails(shorter, shorter.deviations)).toBe(false);
  });

  test("is played from its middle where that is the same, and no oftener than allowed", () => {
    expect(small.resumed).toBeGreaterThan(0);
    expect(small.misled).toBe(0);
    expect(small.runs).toBeLessThanOrEqual(500);
    for (const runsMax of [1, 2, 5]) {
      const few = minimise(planted, repro, { theatre, runsMax })!;
      expect(few.runs).toBe(runsMax);
      expect(fails(few.repro, few.repro.deviations)).toBe(true);
    }
  });
});

describe("a run", () => {
  const theatre = new Theatre(planted);

  test("that does not fail as its file says cannot be made smaller", () => {
    const repro = plantedRepro(theatre);
    expect(minimise(planted, { ...repro, deviations: [] }, { theatre })).toBeNull();
    expect(minimise(planted, { ...repro, failure: { ...repro.failure!, checker: "liveness" } }, { theatre })).toBeNull();
  });

  test("that fails whatever chance does is left with no deviation", () => {
    const always = { ...planted, recoveryTicks: 0, troubleTicks: 3, checks: ["invariants"] };
    const stage = new Theatre(always);
    const outcome = stage.play({ seed: 1 });
    expect(outcome.failures[0]?.checker).toBe("liveness");
    const repro: Repro = { ...plantedRepro(theatre), troubleTicks: 3, deviations: outcome.deviations, failure: outcome.failures[0], hash: outcome.hash };
    expect(minimise(always, repro, { theatre: stage })!.repro.deviations).toEqual([]);
  });
});

describe("two failures", () => {
  const failure = { checker: "invariants", place: "endpoint 0", text: "queue-links: endpoint 0 leads to 9", tick: 4 };

  test("are one where checker and law are, whatever place and moment", () => {
    expect(sameFailure(failure, { ...failure, place: "endpoint 3", text: "queue-links: another", tick: 9 })).toBe(true);
    expect(sameFailure(failure, { ...failure, text: "queue-capacity: endpoint 0: 5 of 4" })).toBe(false);
    expect(sameFailure(failure, { ...failure, checker: "messages" })).toBe(false);
    expect(sameFailure({ ...failure, text: "it is not at rest" }, { ...failure, text: "it asks in vain" })).toBe(true);
    expect(sameFailure(null, null)).toBe(true);
    expect(sameFailure(failure, null)).toBe(false);
  });
});

describe("a capture without one client", () => {
  const { capture, mac } = planted.surroundings();
  const frames = offeredOf(capture!, mac);
  const bytes = (number: number): readonly number[] => [...capture!.frame(number).subarray(26, 30)];
  const sources = [...new Set(frames.filter((number) => capture!.frame(number)[12] === 8 && capture!.frame(number)[13] === 0).map((number) => bytes(number).join(".")))];
  const clients = sources.map((source) => [0, 0, 0, source.split(".").reduce((word, part) => (word << 8) | Number(part), 0)]);
  const base = { ...plantedRepro(new Theatre(planted)), frames };

  test("has none of its frames, and numbers those behind it anew", () => {
    const about = (client: number) => ({ site: 64, entity: 2 * client + 1, ordinal: 0, answer: 1, rule: 0, tick: 1 });
    const repro = { ...base, deviations: [about(1), about(3)] };
    const without = withoutClient(repro, capture!, clients, 2)!;
    expect(without.frames!.some((number) => bytes(number).join(".") === sources[1])).toBe(false);
    expect(without.frames!.length).toBe(frames.filter((number) => bytes(number).join(".") !== sources[1]).length);
    expect(without.deviations.map(({ entity }) => entity)).toEqual([3, 5]);
  });

  test("is none where deviations are about that client, or there is no such client", () => {
    const about = { site: 64, entity: 5, ordinal: 0, answer: 1, rule: 0, tick: 1 };
    expect(withoutClient({ ...base, deviations: [about] }, capture!, clients, 2)).toBeNull();
    expect(withoutClient({ ...base, deviations: [{ ...about, site: 16 }] }, capture!, clients, 2)).not.toBeNull();
    expect(withoutClient(base, capture!, clients, clients.length + 1)).toBeNull();
    expect(withoutClient({ ...base, frames: null }, capture!, clients, 1)).toBeNull();
  });

  test("keeps its first frame", () => {
    expect(withoutClient({ ...base, deviations: [] }, capture!, clients, 1)!.frames![0]).toBe(1);
  });
});
