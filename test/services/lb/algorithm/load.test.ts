/** Which weights algorithms go by: those that count now, and, where load is bounded, those of all that are in service. */

import { describe, expect, test } from "vitest";
import { ALGORITHM_TABLE } from "../../../../services/lb/algorithm/algorithms.ts";
import { ALGORITHMS } from "../../../../services/lb/control.ts";
import { Backend } from "../../../../services/lb/group/backend.ts";
import { Group } from "../../../../services/lb/group/group.ts";
import { Draws } from "./draws.ts";
import { Pool, endpoints } from "./pool.ts";

for (const name of ALGORITHMS) describe(name, () => {
  const algorithm = ALGORITHM_TABLE[ALGORITHMS.indexOf(name)]!;

  test(algorithm.gradual ? "gives a backend that starts slowly less" : "knows no slow start", () => {
    const pool = new Pool(name, endpoints([4, 4, 4]));
    pool.policy("slowStartTicks", 1000);
    Backend.slowStarting.set(pool.memory, pool.backend(0), 1);
    Backend.slowStartTick.set(pool.memory, pool.backend(0), pool.tick);
    const draws = new Draws(5);
    const picks = Array.from({ length: 10_000 }, () => pool.pick(draws.word())).filter((index) => index === 0).length;
    const share = algorithm.gradual ? 10_000 / 21 : 10_000 / 3;
    expect(Math.abs(picks - share)).toBeLessThan(share / 5);
  });

  test.skipIf(!algorithm.bounded)(`takes the mean load of those in service${algorithm.bounded ? "" : ": it spreads requests by itself"}`, () => {
    const pool = new Pool(name, endpoints([1, 1, 1, 1]));
    pool.policy("boundedPercent", 125);
    for (const index of [0, 1]) pool.setAvailable(index, false);
    for (let open = 1; open <= 100; open++) {
      const chosen = pool.pick(7);
      pool.setConnections(chosen, pool.connections(chosen) + 1);
      expect(pool.connections(chosen)).toBeLessThanOrEqual(Math.ceil((open * 1.25) / 2));
    }
    // In panic all serve that do not drain.
    Group.panicking.set(pool.memory, pool.group, 1);
    for (let open = 101; open <= 200; open++) {
      const chosen = pool.pick(7);
      pool.setConnections(chosen, pool.connections(chosen) + 1);
      expect(pool.connections(chosen)).toBeLessThanOrEqual(Math.max(63, Math.ceil((open * 1.25) / 4)));
    }
    expect(pool.connections(0) + pool.connections(1)).toBeGreaterThan(40);
  });
});
