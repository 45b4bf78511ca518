import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bytes, u16, u16be, u32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { UPDATE } from "./golden.ts";
import type { LayoutGolden } from "./layouts.ts";
import {
  checkNamesAreUnique, checkPacked, checkStatedAreFound, compareLayouts, describeLayouts, exportedLayouts, loadModules, machineModules, statedLayouts,
} from "./layouts.ts";
import { parse, sources } from "./source.ts";

const GOLDEN = new URL("../golden/layouts.json", import.meta.url);
const all = sources();
const found = exportedLayouts(await loadModules(machineModules(all)));
const stated = new Set(all.filter((source) => !source.path.startsWith("test/")).flatMap(statedLayouts).map((one) => one.name));

test("the layouts that others rely on are as recorded (UPDATE_GOLDEN=1 records them anew)", () => {
  const actual = describeLayouts(found.map((one) => one.info).filter((info) => stated.has(info.layoutName)));
  if (UPDATE) {
    mkdirSync(new URL(".", GOLDEN), { recursive: true });
    writeFileSync(GOLDEN, `${JSON.stringify(actual, null, 2)}\n`);
  }
  const recorded = existsSync(GOLDEN) ? (JSON.parse(readFileSync(GOLDEN, "utf8")) as LayoutGolden) : {};
  expect(compareLayouts(recorded, actual)).toEqual([]);
});

test("every layout that states its size is exported, under its own name or the end of it", () => {
  const machine = all.filter((source) => /^(hal|kernel|services)\//.test(source.path));
  expect(machine.flatMap((source) => checkStatedAreFound(source, found))).toEqual([]);
});

test("no two layouts share a name", () => {
  expect(checkNamesAreUnique(found)).toEqual([]);
});

test("records that state their size have no gap", () => {
  expect(found.map((one) => one.info).filter((info) => stated.has(info.layoutName)).flatMap(checkPacked)).toEqual([]);
});

describe("the rules catch", () => {
  const before = layout("Planted", 16, { address: u64, frameBytes: u16, mark: u16be("scratch"), tail: bytes(4) });

  test("every change of a layout", () => {
    const recorded = describeLayouts([before]);
    expect(recorded).toEqual({
      Planted: { size: 16, fields: ["address: u64 at 0, state", "frameBytes: u16 at 8, state", "mark: u16be at 10, scratch", "tail: bytes(4) at 12, state"] },
    });
    expect(compareLayouts(recorded, recorded)).toEqual([]);
    const renamed = layout("Planted", 16, { address: u64, frameLength: u16, mark: u16be("scratch"), tail: bytes(4) });
    expect(compareLayouts(recorded, describeLayouts([renamed]))).toEqual(["Planted: - frameBytes: u16 at 8, state", "Planted: + frameLength: u16 at 8, state"]);
    const grown = layout("Planted", 24, { address: u64, frameBytes: u16, mark: u16be("scratch"), tail: bytes(4), more: u64 });
    expect(compareLayouts(recorded, describeLayouts([grown]))).toEqual(["Planted: 16 bytes recorded, 24 now", "Planted: + more: u64 at 16, state"]);
    const otherKind = layout("Planted", 16, { address: u64("identity"), frameBytes: u16, mark: u16be("scratch"), tail: bytes(4) });
    expect(compareLayouts(recorded, describeLayouts([otherKind]))).toHaveLength(2);
    expect(compareLayouts(recorded, {})).toEqual(["Planted is gone"]);
    expect(compareLayouts({}, recorded)).toEqual(["Planted is new, 16 bytes"]);
  });

  test("a stated layout that is not exported, or under another name", () => {
    const source = parse("hal/x.ts", `const A = layout("Planted", 16, {}); const B = layout("Own", { a: u32 }); const C = layout("Hidden", SIZE, {}); const D = layout("Types", types); const E = layout("Trailing", { a: f(1, 2) },);`);
    expect(statedLayouts(source).map((one) => one.name)).toEqual(["Planted", "Hidden"]);
    const here = exportedLayouts(new Map([["hal/x.ts", { Planted: before, again: before, other: 1 }]]));
    expect(here).toHaveLength(1);
    expect(checkStatedAreFound(source, here)).toEqual(["hal/x.ts:1: layout Hidden states its size and is not exported: nobody can check it"]);
    expect(checkStatedAreFound(source, exportedLayouts(new Map([["hal/x.ts", { Wrong: before }]])))[0]).toContain("exported as Wrong");
  });

  test("two layouts of one name, and a record with a gap", () => {
    const twin = layout("Planted", { a: u32 });
    expect(checkNamesAreUnique(exportedLayouts(new Map([["hal/x.ts", { before, twin }]])))).toHaveLength(1);
    expect(checkPacked(before)).toEqual([]);
    expect(checkPacked({ ...before, size: 24 })).toEqual(["Planted: fields end at 16, the record at 24"]);
    expect(checkPacked({ layoutName: "Gap", size: 16, fields: before.fields.slice(1) })).toHaveLength(1);
  });

  test("a size that is stated wrongly: the machine does not start", () => {
    expect(() => layout("Wrong", 12, { address: u64, frameBytes: u16 })).toThrow("Wrong");
    expect(() => layout("Wrong", 12, { a: u16, b: u32 })).toThrow("not aligned");
  });
});
