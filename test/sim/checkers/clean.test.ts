/** Checkers are silent where nothing is wrong: on a day without faults, and on days with many. */

import { describe, expect, test } from "vitest";
import { calm, Listed } from "../../../sim/chance/decider.ts";
import { SimSite } from "../../../sim/chance/site.ts";
import { CHECKERS } from "../../../sim/checkers/catalogue.ts";
import { EXPERIMENTS } from "../../../sim/experiments/catalogue.ts";
import { theatreOf } from "./planting.ts";

const SEEDS = 3;

describe.each(EXPERIMENTS.map(({ name }) => name))("experiment %s", (name) => {
  test("nothing is wrong on a good day", () => {
    expect(theatreOf(name).play({ seed: 1, decider: calm })).toMatchObject({ failures: [], deviations: [] });
  });

  test(`nothing is wrong in seeds 1 to ${SEEDS}, and trouble there is`, () => {
    let deviations = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = theatreOf(name).play({ seed });
      deviations += outcome.deviations.length;
      expect(outcome.failures).toEqual([]);
    }
    expect(deviations).toBeGreaterThan(0);
  });
});

test("a run goes on from its middle as its checkers left it", () => {
  const theatre = theatreOf("process");
  const stops: { readonly standing: ReturnType<typeof theatre.standing>; readonly copy: ReturnType<typeof theatre.world.snapshot> }[] = [];
  theatre.play({ seed: 2 }, { haltAt: 120, watches: [{ between: () => theatre.position() === 119 && stops.push({ standing: theatre.standing(), copy: theatre.world.snapshot() }) }] });
  expect(stops).toHaveLength(1);
  expect(stops[0].standing?.kept).toHaveLength(CHECKERS.filter((checker) => checker.fits(theatre.world)).length);
});

test("a session whose backend was removed and added again may be bound anew", () => {
  const theatre = theatreOf("operator");
  const rule = theatre.experiment.faults.findIndex(({ fault }) => fault === "operator.drain");
  const drained = { site: SimSite.memberDrained, entity: 1, ordinal: 89, answer: 27, rule, tick: 90 };
  // Trouble ends when it has just gone, so that it is back at once.
  expect(theatre.play({ seed: 1, decider: new Listed([drained]) }, { troubleTicks: 91 })).toMatchObject({ failures: [], deviations: [drained] });
});

test("names are unique, and laws are sentences", () => {
  expect(new Set(CHECKERS.map(({ name }) => name)).size).toBe(CHECKERS.length);
  for (const { law } of CHECKERS) expect(law.length).toBeGreaterThan(20);
});
