/** Faults of a NIC that keep frames from going on, with either model. */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../../hal/chance.ts";
import { TRANSFER_UNIT_CYCLES } from "../../../../hal/nic/out-of-order.ts";
import { KINDS, NicStage, onlyAnswer } from "./nic-stage.ts";

const FIVE_TICKS = Math.ceil(5_000_000 / TRANSFER_UNIT_CYCLES);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe.each(KINDS)("$name", (kind) => {
  test("nic.starve: a frame finds no descriptor, and the next one does", () => {
    const stage = new NicStage(kind, [{ fault: "nic.starve", parts: 1_000_000, fromTick: 2, most: 3 }]).run(8, 1);
    expect([stage.taken, stage.bench.account.noDescriptor]).toEqual([[0, 1, 5, 6, 7], 3]);
  });

  test("nic.stall: a frame comes later, those behind it wait, none is lost", () => {
    const stage = new NicStage(kind, [], 1, onlyAnswer(ChoiceSite.transferLate, FIVE_TICKS)).run(4, 1);
    expect(stage.taken).toEqual([]);
    stage.run(3);
    expect(stage.taken).toEqual([0, 1, 2, 3]);
  });

  test("nic.stuck-queue: nothing comes for its time, then all that found room", () => {
    const stage = new NicStage(kind, [{ fault: "nic.stuck-queue", parts: 1_000_000, most: 1, parameters: { ticksMost: 40 } }]).run(1, 3);
    const [{ answer }] = stage.deviations;
    const ticks = Math.floor((answer * TRANSFER_UNIT_CYCLES) / 1_000_000);
    expect(ticks).toBeGreaterThan(1);
    stage.run(ticks - 2);
    expect(stage.taken).toEqual([]);
    expect(stage.run(3).taken).toEqual([0, 1, 2]);
  });

  test("nic.lost-doorbell: nothing is sent as long as the NIC does not hear of it", () => {
    const stage = new NicStage(kind, [{ fault: "nic.lost-doorbell", parts: 1_000_000 }]).run(4, 1);
    expect([stage.bench.sent, stage.taken, stage.bench.figures.sending]).toEqual([[], upTo(4), 4]);
    expect(new NicStage(kind, []).run(4, 1).bench.sent.length).toBe(4);
  });

  test("nic.reset: nothing comes until the driver has found out, and set it to work anew", () => {
    const stage = new NicStage(kind, [{ fault: "nic.reset", parts: 1_000_000, fromTick: 2, most: 1 }]).run(4, 1);
    const { resets, linkDown } = stage.bench.account;
    expect([stage.taken, linkDown, resets]).toEqual([upTo(2), 2, new NicStage(kind, []).run(4, 1).bench.account.resets + 1]);
    stage.run(kind.recoveryTicks);
    expect(stage.bench.figures.recoveries).toBe(1);
    expect(stage.run(1, 1).taken).toEqual([0, 1, 4]);
  });
});
