import { describe, expect, test } from "vitest";
import { KINDS, NicStage } from "../nic/nic-stage.ts";

describe.each(KINDS)("the link of a NIC ($name)", (kind) => {
  const down = (ticksMost: number) => ({ fault: "wire.link-down", parts: 1_000_000, fromTick: 3, most: 1, parameters: { ticksMost } });

  test("is down for its time: frames are dropped, and traffic passes when it is up again", () => {
    const stage = new NicStage(kind, [down(10)]).run(20, 1);
    const [{ answer }] = stage.deviations;
    const { linkDown } = stage.bench.account;
    expect(answer).toBeGreaterThan(1);
    expect(linkDown).toBeGreaterThanOrEqual(answer - 1);
    if (kind.linkTicks < 10) expect(stage.taken.length + linkDown).toBe(20);
    stage.run(kind.linkTicks);
    expect(stage.end().lasting()).toEqual([]);
  });

  test("is up again when the trouble ends", () => {
    const stage = new NicStage(kind, [down(10_000)]).run(10, 1);
    expect([stage.taken, stage.bench.nic.wire.isPlugged()]).toEqual([[0, 1, 2], false]);
    stage.end();
    expect(stage.bench.nic.wire.isPlugged()).toBe(true);
    stage.run(kind.linkTicks);
    expect(stage.run(1, 1).taken.at(-1)).toBe(10);
  });

  test("is not asked about while it is down", () => {
    const stage = new NicStage(kind, [{ fault: "wire.link-down", parts: 1_000_000, parameters: { ticksMost: 10_000 } }]).run(50);
    expect(stage.deviations.length).toBe(1);
  });
});
