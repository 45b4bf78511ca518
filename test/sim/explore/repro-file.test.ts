/** A repro file comes back as it was written; whatever else it holds is a problem with a place. */

import { describe, expect, test } from "vitest";
import { u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { Cost } from "../../../kernel/costs.ts";
import { CHANCE_RULES_MAX } from "../../../sim/chance/chance-state.ts";
import { SimSite } from "../../../sim/chance/site.ts";
import { buildDigests, costsDigest, layoutsDigest } from "../../../sim/explore/build-digests.ts";
import { readRepro } from "../../../sim/explore/read-repro.ts";
import type { Repro } from "../../../sim/explore/repro-file.ts";
import { deviationWords, reproOf, reproText } from "../../../sim/explore/repro-file.ts";
import type { Problem } from "../../../sim/problem.ts";

const deviation = Object.freeze({ site: SimSite.frameLost, entity: 7, ordinal: 3, answer: 1, rule: 0, tick: 12 });

function repro(changes: Partial<Repro> = {}): Repro {
  const outcome = { deviations: [deviation], failures: [{ checker: "invariants", place: "endpoint 0", text: "queue-links: wrong", tick: 14 }], hash: "0123456789abcdef".repeat(2), ticks: 40 };
  const made = reproOf({ experiment: "wire", build: "1.2.3", seed: 4_294_967_295, rules: [{ fault: "wire.drop", parts: 5000, entities: [7], fromTick: 1, toTick: 90, most: 3 }], sites: [90, SimSite.frameLost], troubleTicks: 100, frames: [1, 2, 5], configuration: "semantics=strict", outcome });
  return { ...made, ...changes };
}

function read(text: string): { readonly repro: Repro | null; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  return { repro: readRepro(text, problems), problems };
}

/** The file with some members changed; undefined takes one away. */
function changed(members: Record<string, unknown>): string {
  return JSON.stringify({ ...(JSON.parse(reproText(repro())) as object), ...members });
}

describe("a repro file", () => {
  test("comes back as it was written, words for people aside", () => {
    const { repro: back, problems } = read(reproText(repro()));
    expect(problems).toEqual([]);
    expect(back).toEqual(repro());
    expect(back?.sites).toEqual([SimSite.frameLost, 90]);
    expect(reproText(back!)).toBe(reproText(repro()));
  });

  test("may have no failure, no deviations, and all frames", () => {
    const bare = repro({ failure: null, deviations: [], frames: null, configuration: "" });
    expect(read(reproText(bare)).repro).toEqual(bare);
  });

  test("says each deviation in words", () => {
    expect(JSON.parse(reproText(repro())) as object).toMatchObject({ deviations: [{ words: "12 ticks in, client 3, from the machine, question 3 of frameLost: the frame is lost (wire.drop)" }] });
    expect(deviationWords({ ...deviation, site: 9999 }, [])).toBe("12 ticks in, entity 7, question 3 of site 9999: answer 1");
    expect(deviationWords(deviation, repro().rules, () => "somebody")).toContain("somebody");
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["another schema", { schema: 2 }, "schema is 2"],
    ["no seed", { seed: undefined }, "seed is missing"],
    ["a seed above 2^32", { seed: 4_294_967_296 }, "seed is 4294967296"],
    ["a digest of 15 digits", { layouts: "0".repeat(15) }, "layouts is"],
    ["a hash in capitals", { hash: "A".repeat(32) }, "hash is"],
    ["a fault that there is not", { rules: [{ fault: "wire.melt", parts: 1 }] }, "fault is \"wire.melt\""],
    ["parts above a million", { rules: [{ fault: "wire.drop", parts: 1_000_001 }] }, "parts is 1000001"],
    ["a parameter that the fault has not", { rules: [{ fault: "wire.drop", parts: 1, parameters: { depth: 1 } }] }, "depth is 1"],
    ["more rules than chance counts", { rules: Array.from({ length: CHANCE_RULES_MAX + 1 }, () => ({ fault: "wire.drop", parts: 1 })) }, "rules is a list"],
    ["a deviation that is a number", { deviations: [7] }, "this is 7"],
    ["a benign answer", { deviations: [{ ...deviation, answer: 0 }] }, "answer is 0"],
    ["two answers to one question", { deviations: [deviation, { ...deviation, answer: 2 }] }, "has two answers"],
    ["frames without the first", { frames: [2, 3] }, "frames is a list"],
    ["frames out of order", { frames: [1, 3, 3] }, "frames is a list"],
    ["sites that are no numbers", { sites: ["64"] }, "sites is a list"],
    ["a failure that is a text", { failure: "it broke" }, "failure is"],
    ["a failure without a tick", { failure: { checker: "a", place: "b", text: "c" } }, "tick is missing"],
  ])("with %s is none", (_name, members, found) => {
    const { repro: back, problems } = read(changed(members));
    expect(back).toBeNull();
    expect(problems.map((problem) => problem.found).join("\n")).toContain(found);
  });

  test("may have as many rules as chance counts", () => {
    expect(read(changed({ rules: Array.from({ length: CHANCE_RULES_MAX }, () => ({ fault: "wire.drop", parts: 1 })) })).problems).toEqual([]);
  });

  test.each(["", "[]", "7", "null", "{", "{\"schema\":1}"])("that says %j is none", (text) => {
    const { repro: back, problems } = read(text);
    expect(back).toBeNull();
    expect(problems.length).toBeGreaterThan(0);
  });
});

describe("digests", () => {
  const before = layout("DigestProbe", 16, { a: u64, b: u32, c: u32 });

  test("are those of the program that runs, 16 digits each", () => {
    expect(buildDigests()).toEqual(buildDigests());
    for (const digest of Object.values(buildDigests())) expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });

  test("tell every change of a record", () => {
    const others = [layout("DigestProbe", 16, { a: u64, c: u32, b: u32 }), layout("DigestProbe", 16, { a: u64, b: u32, d: u32 }), layout("DigestProbe", 16, { a: u64, b: u32("time"), c: u32 }), layout("DigestOther", 16, { a: u64, b: u32, c: u32 })];
    const digests = [before, ...others].map((one) => layoutsDigest([one]));
    expect(new Set(digests).size).toBe(digests.length);
    expect(layoutsDigest([before, others[3], before])).toBe(layoutsDigest([others[3], before]));
  });

  test("tell every change of a cost", () => {
    expect(costsDigest({ ...Cost, reply: Cost.reply + 1 })).not.toBe(costsDigest(Cost));
    expect(costsDigest({ ...Cost, other: 0 })).not.toBe(costsDigest(Cost));
    expect(costsDigest(Object.fromEntries(Object.entries(Cost).reverse()))).toBe(costsDigest(Cost));
  });
});
