/** Each fault of a NIC bites, with either model: what is seen of it by its driver, and by net's stand-in behind it. */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../../hal/chance.ts";
import { INTERRUPT_UNIT_CYCLES, LENGTH_ANSWERS, TRANSFER_UNIT_CYCLES, Torn } from "../../../../hal/nic/out-of-order.ts";
import { NIC_FAULTS } from "../../../../sim/faults/nic/faults.ts";
import { Ask } from "../../../services/driver/station.ts";
import { KINDS, NicStage, onlyAnswer } from "./nic-stage.ts";

const FIVE_TICKS = Math.ceil(5_000_000 / TRANSFER_UNIT_CYCLES);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

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

  test.each([Torn.length, Torn.done, Torn.length | Torn.done])("nic.torn-write-back: of the first write-back parts are missing (%i)", (parts) => {
    const stage = new NicStage(kind, [], 1, onlyAnswer(ChoiceSite.writeBackTorn, parts)).run(1, 1, Ask.nothing);
    expect([stage.taken, stage.deviations.length, stage.bench.account.received]).toEqual([[], 1, 1]);
    expect(new NicStage(kind, []).run(1, 1, Ask.nothing).taken).toEqual([0]);
    expect(stage.end().lasting()).toEqual([]);
  });

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

  test("nic.lost-doorbell: nothing is sent as long as the NIC does not hear of it", () => {
    const stage = new NicStage(kind, [{ fault: "nic.lost-doorbell", parts: 1_000_000 }]).run(4, 1);
    expect([stage.bench.sent, stage.taken, stage.bench.figures.sending]).toEqual([[], upTo(4), 4]);
    expect(new NicStage(kind, []).run(4, 1).bench.sent.length).toBe(4);
  });

  test("nic.wrong-length: a frame has a few bytes more or less than it had, the others do not", () => {
    const stage = new NicStage(kind, [{ fault: "nic.wrong-length", parts: 1_000_000, fromTick: 1, most: 1, parameters: { bytesMost: 3 } }]).run(4, 1, Ask.nothing);
    const [{ answer }] = stage.deviations;
    const more = answer < LENGTH_ANSWERS / 2 ? answer : answer - LENGTH_ANSWERS;
    expect(Math.abs(more)).toBeLessThanOrEqual(3);
    expect(stage.bench.taken.map(({ frameBytes }) => frameBytes)).toEqual([60, 60 + more, 60, 60]);
  });

  test("nic.wrong-length: no length leads out of a buffer", () => {
    const stage = new NicStage(kind, [{ fault: "nic.wrong-length", parts: 1_000_000 }]).run(40, 2, Ask.nothing);
    expect(stage.bench.figures.bad).toBeGreaterThan(0);
    expect(stage.bench.taken.every(({ frameBytes }) => frameBytes > 0 && frameBytes <= 2048)).toBe(true);
  });

  test("nic.wrong-index: the driver does not see the frame where it looks", () => {
    const stage = new NicStage(kind, [{ fault: "nic.wrong-index", parts: 1_000_000, fromTick: 2, most: 1 }]).run(3, 1, Ask.nothing);
    expect([stage.taken.slice(0, 2), stage.taken[2] === 2, stage.bench.account.received]).toEqual([[0, 1], false, 3]);
    expect(stage.end().lasting()).toEqual([]);
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
