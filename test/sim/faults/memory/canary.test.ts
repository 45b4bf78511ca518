/** The canary: a planted bug is reported in every run in which it was planted, by whatever experiment, and in no other. */

import { expect, test } from "vitest";
import { wire } from "../../../../sim/experiments/wire.ts";
import { Theatre } from "../../../../sim/explore/theatre.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

test("runs with the canary fail by the pool's law, runs without do not", () => {
  const sound = new Theatre(wire);
  const planted = new Theatre({ ...wire, faults: [...wire.faults, { fault: "memory.canary", parts: 1_000_000, most: 1, fromTick: 3 }] });
  for (const seed of SEEDS) {
    expect(sound.play({ seed }).failures).toEqual([]);
    const { failures, deviations } = planted.play({ seed });
    expect(failures[0]).toMatchObject({ checker: "invariants" });
    expect(failures[0]!.text).toContain("frames-conserved");
    expect(deviations.filter(({ rule }) => rule === wire.faults.length)).toHaveLength(1);
  }
});
