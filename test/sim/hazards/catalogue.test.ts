/** Goal: all 28 hazards are there, once, each with what people want to know; every one breaks with upstream's part and holds with ours. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { HAZARDS, hazardNamed } from "../../../sim/hazards/catalogue.ts";
import { runHazard } from "../../../sim/hazards/run-hazard.ts";

test("ids are H1 to H28, in order", () => {
  expect(HAZARDS.map(({ id }) => id)).toEqual(Array.from({ length: 28 }, (_, index) => `H${index + 1}`));
});

test("the page has them all, as they are", () => {
  const rows = readFileSync("sim/hazards/README.md", "utf8").split("\n").filter((line) => line.startsWith("| [H"));
  expect(rows).toEqual(HAZARDS.map(({ id, reach, ran, place, invariant, breaks }) => `| [${id}](${id.toLowerCase()}.ts) | ${reach}${ran ? ", ran" : ""} | ${place} | ${invariant} | ${breaks} |`));
});

test("each is found by its id, in either case; others are not", () => {
  for (const hazard of HAZARDS) {
    expect(hazardNamed(hazard.id)).toBe(hazard);
    expect(hazardNamed(hazard.id.toLowerCase())).toBe(hazard);
  }
  expect(hazardNamed("H29")).toBeUndefined();
  expect(hazardNamed("")).toBeUndefined();
});

describe.each(HAZARDS.map((hazard) => [hazard.id, hazard] as const))("%s", (_id, hazard) => {
  test("says what it is", () => {
    for (const text of [hazard.place, hazard.does, hazard.seen, hazard.invariant, hazard.chosenBy, hazard.breaks, hazard.scenario.text]) expect(text.length).toBeGreaterThan(3);
    expect(["live", "module", "latent"]).toContain(hazard.reach);
    expect(Object.isFrozen(hazard)).toBe(true);
    expect(hazard.variant.name).toBe(hazard.id);
  });

  test("breaks with upstream's part, holds with ours, and does so each time", () => {
    const first = runHazard(hazard);
    expect([first.broken, first.holding]).toEqual([true, true]);
    const again = runHazard(hazard);
    expect([again.upstream, again.ours]).toEqual([first.upstream, first.ours]);
  });
});
