import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { bytes, i32, i32be, nested, u16, u16be, u32, u64, u8 } from "../../hal/field.ts";
import { inspectPart, inspectRecord } from "../../hal/inspect.ts";
import { layout } from "../../hal/layout.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";

const Inner = layout("Inner", 8, { x: u32, y: u32 });
const Every = layout("Every", { a: u8, b: u8, c: u16, d: u32, e: i32, f: i32, g: u64, h: u64, inner: nested(Inner), wire: u16be, mac: bytes(6), net: i32be });

describe("inspection", () => {
  test("reads every kind of field by name, in order", () => {
    const memory = new Memory(new ArrayBuffer(64));
    const plan = new RamPlan();
    const at = plan.record("every", Every);
    Every.a.set(memory, at, 255);
    Every.b.set(memory, at, 1);
    Every.c.set(memory, at, 65535);
    Every.d.set(memory, at, 0xffff_ffff);
    Every.e.set(memory, at, -1);
    Every.g.set(memory, at, Number.MAX_SAFE_INTEGER);
    Every.h.setWords(memory, at, 0x0000_00ab, 0x4000_0000);
    Inner.y.set(memory, Every.inner.at(at), 0x0403_0201);
    Every.wire.set(memory, at, 0x0800);
    memory.u8.set([2, 0, 0, 0, 0, 0x0f], Every.mac.at(at));
    Every.net.set(memory, at, -2);
    const seen = inspectPart(memory, plan.parts[0]);
    expect(seen).toEqual({
      a: 255,
      b: 1,
      c: 65535,
      d: 0xffff_ffff,
      e: -1,
      f: 0,
      g: Number.MAX_SAFE_INTEGER,
      h: "0x40000000000000ab",
      inner: "0000000001020304",
      wire: 0x0800,
      mac: "02000000000f",
      net: -2,
    });
    expect(Object.keys(seen)).toEqual(Every.fields.map((field) => field.name));
  });

  test("only records that exist are read", () => {
    const memory = new Memory(new ArrayBuffer(256));
    const plan = new RamPlan();
    plan.records("pairs", Inner, 2);
    plan.bytes("plain", 8);
    const [pairs, plain] = plan.parts;
    expect(inspectPart(memory, pairs, 1)).toEqual({ x: 0, y: 0 });
    expect(() => inspectPart(memory, pairs, 2)).toThrow("pairs holds 2 records, there is no number 2");
    expect(() => inspectPart(memory, plain)).toThrow("plain holds plain bytes");
    expect(() => inspectRecord(memory, Inner, 252)).toThrow(Panic);
  });
});
