import { describe, expect, test } from "vitest";
import { Panic } from "../../../hal/assert.ts";
import type { NumberField } from "../../../hal/field.ts";
import { processes } from "../../../sim/experiments/process.ts";
import { drawFlips, flipReport } from "../../../sim/explore/bit-flips.ts";
import type { FlipClass, Flipped } from "../../../sim/explore/flip-stage.ts";
import { FlipStage } from "../../../sim/explore/flip-stage.ts";
import { structureAt, structureNumber, structureNumbers } from "../../../sim/faults/memory/structures.ts";

const stage = new FlipStage(processes);
const { machine } = stage.theatre.world;

/** The flip of a bit of a field of record `index`. */
function flipOf(structure: string, index: number, field: string, bit: number, tick: number): Flipped {
  const number = structureNumber(machine, structure);
  const { layout } = structureAt(machine, number);
  const found = layout?.fields.find((one) => one.name === field) as NumberField | undefined;
  if (layout == null || found === undefined) throw new Panic(`there is no ${structure}.${field}`);
  return stage.play({ structure: number, bit: (index * layout.size + found.offset) * 8 + bit, tick });
}

describe("what becomes of a flip", () => {
  test.each<[FlipClass, string, string, number, string, number, number]>([
    ["masked", "", "kernel", 0, "replies", 3, 5],
    ["masked", "", "trace", 4, "cycle", 3, 5],
    ["detected", "invariants", "endpoints", 0, "count", 0, 9],
    ["detected", "invariants", "timers.state", 0, "armed", 2, 3],
    ["fault", "", "regions", 1, "kind", 2, 20],
    ["fault", "", "processes", 1, "exits", 2, 43],
    ["wrong", "", "nic0.wire", 0, "lastArrivalCycle", 24, 8],
  ])("%s %s: %s[%i].%s bit %i at tick %i", (became, by, structure, index, field, bit, tick) => {
    const flipped = flipOf(structure, index, field, bit, tick);
    expect([flipped.became, flipped.by, flipped.structure, flipped.field]).toEqual([became, by, structure, `${structure}.${field}`]);
  });

  test("the same flip becomes the same, whatever was played before", () => {
    const flip = drawFlips(machine, stage.lastTick, 1, 3, ["capabilities"])[0];
    const first = stage.play(flip);
    flipOf("endpoints", 0, "count", 0, 9);
    expect(stage.play(flip)).toEqual(first);
  });
});

test("flips are drawn in each structure, as many, within its bits and the run", () => {
  const flips = drawFlips(machine, stage.lastTick, 5, 7);
  expect(flips.length).toBe(5 * structureNumbers(machine).length);
  expect(flips.every(({ structure, bit, tick }) => bit >= 0 && bit < structureAt(machine, structure).bytes * 8 && tick >= 1 && tick <= stage.lastTick)).toBe(true);
  expect(drawFlips(machine, stage.lastTick, 5, 7)).toEqual(flips);
  expect(drawFlips(machine, stage.lastTick, 5, 8)).not.toEqual(flips);
  expect(drawFlips(machine, stage.lastTick, 2, 7, ["pool"]).map(({ structure }) => structureAt(machine, structure).name)).toEqual(["pool", "pool"]);
});

test("the report counts by structure, by detector, and wrong results by field", () => {
  const one = (structure: string, field: string, became: FlipClass, by = ""): Flipped => ({ flip: { structure: 0, bit: 0, tick: 1 }, structure, field: `${structure}.${field}`, became, by });
  const report = flipReport([one("a", "x", "wrong"), one("a", "x", "wrong"), one("a", "y", "masked"), one("b", "z", "detected", "panic"), one("b", "z", "fault"), one("b", "w", "wrong")]);
  expect(report.rows).toEqual([
    { structure: "a", flips: 3, counts: { masked: 1, detected: 0, fault: 0, wrong: 2 } },
    { structure: "b", flips: 3, counts: { masked: 0, detected: 1, fault: 1, wrong: 1 } },
  ]);
  expect([report.total.flips, report.total.counts]).toEqual([6, { masked: 1, detected: 1, fault: 1, wrong: 3 }]);
  expect([report.detectors, report.wrong]).toEqual([[["panic", 1]], [["a.x", 2], ["b.w", 1]]]);
});

test("an experiment that fails without a flip is refused", () => {
  const late = { ...processes, name: "hopeless", checks: ["liveness"], troubleTicks: 1, recoveryTicks: 0 };
  expect(() => new FlipStage(late)).toThrow(/without a flip hopeless fails already/);
});
