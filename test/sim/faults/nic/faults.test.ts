/** What all faults of a NIC have in common, with either model. */

import { describe, expect, test } from "vitest";
import { NIC_FAULTS } from "../../../../sim/faults/nic/faults.ts";
import { KINDS, NicStage } from "./nic-stage.ts";

describe.each(KINDS)("$name", (kind) => {
  test.each(NIC_FAULTS)("$name says what it did in words", (fault) => {
    const stage = new NicStage(kind, [{ fault: fault.name, parts: 1_000_000 }]).run(5, 2);
    expect(stage.deviations.length).toBeGreaterThan(0);
    expect(stage.deviations.every(({ answer }) => fault.words(answer).length > 10)).toBe(true);
  });

  test.each(NIC_FAULTS)("$name leaves no trace in the machine where it does not strike", (fault) => {
    const later = new NicStage(kind, [{ fault: fault.name, parts: 1_000_000, fromTick: 1000 }]).run(20, 3);
    const never = new NicStage(kind, [{ fault: fault.name, parts: 0 }]).run(20, 3);
    const plain = new NicStage(kind, []).run(20, 3);
    expect([later.bench.machine.hash(), never.bench.machine.hash()]).toEqual([plain.bench.machine.hash(), plain.bench.machine.hash()]);
    expect(Buffer.compare(never.memory.u8, plain.memory.u8)).toBe(0);
  });
});
