/**
 * Goal: whatever a NIC does, its driver lives, loses no buffer, and works again when the NIC does. Method: each fault, rare,
 * frequent and always, for some seeds, under traffic in both directions; then the trouble ends.
 */

import { describe, expect, test } from "vitest";
import { NIC_FAULTS } from "../../../../sim/faults/nic/faults.ts";
import { brokenTraffic } from "../../../services/driver/trouble-cases.ts";
import { KINDS, NicStage } from "./nic-stage.ts";

const PARTS: readonly number[] = Object.freeze([20_000, 200_000, 1_000_000]);
const SEEDS: readonly number[] = Object.freeze([1, 2]);

describe.each(KINDS)("$name", (kind) => {
  test.each(NIC_FAULTS)("$name: the driver survives, and works again", (fault) => {
    for (const parts of PARTS) {
      for (const seed of SEEDS) {
        const stage = new NicStage(kind, [{ fault: fault.name, parts }], seed).run(60, 3).end();
        expect([parts, seed, stage.lasting()]).toEqual([parts, seed, []]);
      }
    }
  });

  // A device that named what it had not used is found out by more traffic only: until then a chain is with it twice.
  test.each(NIC_FAULTS.filter(({ excuses }) => excuses === undefined))("$name: after a silence the very first frame passes", (fault) => {
    for (const [parts, seed] of [[100_000, 1], [1_000_000, 2]] as const) {
      const stage = new NicStage(kind, [{ fault: fault.name, parts }], seed).run(40, 3).end();
      stage.bench.runTicks(2 * kind.recoveryTicks);
      expect([parts, seed, brokenTraffic(stage.bench, 5_000)]).toEqual([parts, seed, []]);
    }
  });

  test("all of them at once: the driver survives, and works again", () => {
    const struck = new Set<number>();
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      // After a reset nothing more happens until the driver finds out.
      const rules = NIC_FAULTS.map(({ name }) => ({ fault: name, parts: name === "nic.reset" ? 2_000 : 30_000 }));
      const stage = new NicStage(kind, rules, seed).run(100, 4).end();
      for (const { rule } of stage.deviations) struck.add(rule);
      expect([seed, stage.lasting()]).toEqual([seed, []]);
    }
    expect(struck.size).toBeGreaterThan(8);
  });
});
