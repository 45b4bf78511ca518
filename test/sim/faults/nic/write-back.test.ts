/** Faults of what a NIC writes back, with either model: its driver must judge it before it believes it. */

import { describe, expect, test } from "vitest";
import { ChoiceSite } from "../../../../hal/chance.ts";
import { LENGTH_ANSWERS, Torn } from "../../../../hal/nic/out-of-order.ts";
import { Ask } from "../../../services/driver/station.ts";
import { KINDS, NicStage, onlyAnswer } from "./nic-stage.ts";

describe.each(KINDS)("$name", (kind) => {
  test.each([Torn.length, Torn.done, Torn.length | Torn.done])("nic.torn-write-back: of the first write-back parts are missing (%i)", (parts) => {
    const stage = new NicStage(kind, [], 1, onlyAnswer(ChoiceSite.writeBackTorn, parts)).run(1, 1, Ask.nothing);
    expect([stage.taken, stage.deviations.length, stage.bench.account.received]).toEqual([[], 1, 1]);
    expect(new NicStage(kind, []).run(1, 1, Ask.nothing).taken).toEqual([0]);
    expect(stage.end().lasting()).toEqual([]);
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
});
