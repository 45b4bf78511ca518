import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { firstDifference, partAt } from "../../hal/difference.ts";
import { bytes, i32, u16, u32, u64, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { Memory } from "../../hal/memory.ts";
import { RamPlan } from "../../hal/ram-plan.ts";

const Pair = layout("Pair", 24, { first: u32, second: i32, third: u64, name: bytes(4), port: u16, kind: u8, more: u8 });
const State = layout("State", { served: u32, long: bytes(60) });

const plan = new RamPlan();
const pairs = plan.records("pairs", Pair, 5);
const arena = plan.bytes("arena.lb", 256);
plan.name("state.lb", State, arena + 64);
const gap = plan.end;
const last = plan.record("last", Pair);
const RAM_BYTES = (plan.end + 63) & ~63;

function twins() {
  return { a: new Memory(new ArrayBuffer(RAM_BYTES)), b: new Memory(new ArrayBuffer(RAM_BYTES)), parts: plan.parts };
}

describe("the first difference", () => {
  test("of equal machines is null", () => {
    const { a, b, parts } = twins();
    expect(firstDifference(a, b, parts)).toBeNull();
  });

  test("names part, record and field, with both values", () => {
    const { a, b, parts } = twins();
    Pair.second.set(b, pairs.at(3), -7);
    expect(firstDifference(a, b, parts)).toEqual({
      name: "pairs[3].second",
      part: "pairs",
      index: 3,
      field: "second",
      a: "0",
      b: "-7",
      address: pairs.base + 3 * Pair.size + Pair.second.offset,
    });
  });

  test("wherever one byte is planted, its part, record and field are named", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(Pair.size - 1), fc.integer({ min: 1, max: 255 }), (index, offset, value) => {
        const { a, b, parts } = twins();
        const address = pairs.base + index * Pair.size + offset;
        a.u8[address] = value;
        Pair.first.set(b, last, 1);
        const field = Pair.fields.filter((one) => one.offset <= offset).at(-1);
        expect(firstDifference(a, b, parts)).toMatchObject({ name: `pairs[${index}].${field?.name}`, address });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("plain bytes are named by their offset; a record inside them is the closer name", () => {
    const { a, b, parts } = twins();
    a.u8[arena + 200] = 9;
    expect(firstDifference(a, b, parts)).toMatchObject({ name: "arena.lb+200", part: "arena.lb", index: 200, field: "byte", a: "9", b: "0" });
    State.served.set(b, (arena + 64) as never, 3);
    expect(firstDifference(a, b, parts)).toMatchObject({ name: "state.lb[0].served", a: "0", b: "3" });
    expect(partAt(parts, arena + 63).name).toBe("arena.lb");
  });

  test("a byte deep in a long run of bytes is shown by itself", () => {
    const { a, b, parts } = twins();
    a.u8[arena + 64 + 4 + 50] = 0x41;
    expect(firstDifference(a, b, parts)).toMatchObject({ name: "state.lb[0].long", a: "byte 50 is 65", b: "byte 50 is 0" });
  });

  test("padding between parts has a name too", () => {
    const { a, b, parts } = twins();
    const hole = pairs.base + 5 * Pair.size;
    expect(hole).toBeLessThan(arena);
    b.u8[hole] = 1;
    expect(firstDifference(a, b, parts)).toMatchObject({ part: "(between parts)", address: hole });
    expect(gap).toBeGreaterThan(hole);
  });

  test("the search can go on behind a difference", () => {
    const { a, b, parts } = twins();
    a.u8[1] = 1;
    a.u8[2] = 1;
    a.u8[30] = 1;
    const found: number[] = [];
    for (let one = firstDifference(a, b, parts); one !== null; one = firstDifference(a, b, parts, one.address + 1)) found.push(one.address);
    expect(found).toEqual([1, 2, 30]);
  });

  test("machines of different size are not compared", () => {
    expect(() => firstDifference(new Memory(new ArrayBuffer(64)), new Memory(new ArrayBuffer(128)), [])).toThrow(Panic);
  });
});
