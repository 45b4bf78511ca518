import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import * as writing from "../../../../services/lb/codec/operand-writer.ts";
import { OperandReader } from "../../../../sim/operands.ts";

const memory = new Memory(new ArrayBuffer(64));
const writer = 8 as Address<"OperandWriter">;
const AT = 13;

function open(bytes: number): Memory {
  const target = new Memory(new ArrayBuffer(256));
  target.u8.fill(0xee);
  writing.writerOpen(memory, writer, AT, bytes);
  return target;
}

const written = (target: Memory): Uint8Array => target.u8.slice(AT, AT + writing.writerBytes(memory, writer));

describe("the operand writer", () => {
  test("writes what the outside's reader reads", () => {
    const target = open(200);
    const source = new Memory(new ArrayBuffer(8));
    source.u8.set([0xc3, 0xa9], 3);
    writing.writeU8(memory, writer, target, 200);
    const count = writing.writeU16(memory, writer, target, 0);
    writing.writeU32(memory, writer, target, 0xfedc_ba98);
    writing.writeU64(memory, writer, target, 2 ** 53 - 1);
    writing.writeWords(memory, writer, target, -1, 0x7fff_ffff);
    writing.writeText(memory, writer, target, source, 3, 2);
    writing.writeAscii(memory, writer, target, "abc");
    writing.patchU16(target, count, 0xfedc);
    const reader = new OperandReader(written(target));
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.u32(), reader.u32(), reader.text(), reader.text()]).toEqual([200, 0xfedc, 0xfedc_ba98, 2 ** 53 - 1, 0xffff_ffff, 0x7fff_ffff, "é", "abc"]);
    expect(reader.done).toBe(true);
    expect(writing.writerFailed(memory, writer)).toBe(false);
    expect(writing.writerRoom(memory, writer)).toBe(200 - writing.writerBytes(memory, writer));
  });

  const source = new Memory(new ArrayBuffer(16));
  test.each([
    ["u8", 1, (target: Memory) => writing.writeU8(memory, writer, target, 1)],
    ["u16", 2, (target: Memory) => writing.writeU16(memory, writer, target, 1)],
    ["u32", 4, (target: Memory) => writing.writeU32(memory, writer, target, 1)],
    ["u64", 8, (target: Memory) => writing.writeU64(memory, writer, target, 1)],
    ["text", 9, (target: Memory) => writing.writeText(memory, writer, target, source, 0, 5)],
    ["ASCII text", 7, (target: Memory) => writing.writeAscii(memory, writer, target, "abc")],
  ])("a %s for which there is no room leaves no byte behind, and nor does what follows", (_name, bytes, write) => {
    const exact = open(bytes);
    write(exact);
    expect(writing.writerFailed(memory, writer)).toBe(false);
    expect(exact.u8[AT + bytes]).toBe(0xee);
    const short = open(bytes - 1);
    write(short);
    writing.writeU8(memory, writer, short, 1);
    expect(writing.writerFailed(memory, writer)).toBe(true);
    expect(writing.writerBytes(memory, writer)).toBe(0);
    expect(short.u8.every((byte) => byte === 0xee)).toBe(true);
    writing.patchU16(short, -1, 5);
    expect(short.u8.every((byte) => byte === 0xee)).toBe(true);
  });

  test("forgets everything when rewound", () => {
    const target = open(2);
    writing.writeU32(memory, writer, target, 1);
    writing.writerRewind(memory, writer);
    writing.writeU16(memory, writer, target, 0x0201);
    expect([...written(target)]).toEqual([1, 2]);
    writing.writerFail(memory, writer);
    expect(writing.writerFailed(memory, writer)).toBe(true);
  });
});
