/** Interrupts of a NIC that are lost, late, or for nothing, with either model. */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../../hal/chance.ts";
import { INTERRUPT_UNIT_CYCLES } from "../../../../hal/nic/out-of-order.ts";
import { KINDS, NicStage, onlyAnswer } from "./nic-stage.ts";

describe.each(KINDS)("$name", (kind) => {
  test("nic.lost-interrupt: the frame lies there until the driver looks by itself", () => {
    const stage = new NicStage(kind, [{ fault: "nic.lost-interrupt", parts: 1_000_000, most: 1 }]);
    const before = stage.bench.wakeUps;
    stage.run(20, 0).run(1, 1).run(20, 0);
    expect([stage.taken, stage.bench.wakeUps - before, stage.bench.account.received]).toEqual([[], 0, 1]);
    stage.run(kind.watchTicks);
    expect(stage.taken).toEqual([0]);
  });

  test("nic.late-interrupt: the frame lies there until the line rises", () => {
    const late = onlyAnswer(ChoiceSite.interruptLate, 1 + Math.ceil(5_000_000 / INTERRUPT_UNIT_CYCLES));
    const stage = new NicStage(kind, [], 1, late).run(1, 1).run(3);
    expect([stage.taken, stage.bench.account.received]).toEqual([[], 1]);
    expect(stage.run(3).taken).toEqual([0]);
  });

  test("nic.spurious-interrupt: the driver is woken for nothing, and the line goes low again", () => {
    const stage = new NicStage(kind, [{ fault: "nic.spurious-interrupt", parts: 1_000_000, fromTick: 1, most: 2 }]);
    const before = stage.bench.wakeUps;
    stage.run(6);
    expect(stage.bench.wakeUps - before).toBeGreaterThanOrEqual(2);
    expect([stage.taken, stage.bench.machine.board.interrupts.lines() & (1 << stage.bench.nic.line)]).toEqual([[], 0]);
    expect(stage.run(1, 2).taken).toEqual([0, 1]);
  });
});
