import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../../hal/field.ts";
import { Memory } from "../../../../hal/memory.ts";
import { OperandReader, readText, readU16, readU32, readU64, readU8, readerDone, readerFail, readerFailed, readerOpen } from "../../../../services/lb/codec/operand-reader.ts";
import { OperandWriter } from "../../../../sim/operands.ts";

const memory = new Memory(new ArrayBuffer(64));
const reader = 8 as Address<"OperandReader">;
const AT = 13;

/** Puts the bytes at an odd place, other bytes before and behind, and opens the reader on them. */
function open(bytes: Uint8Array): Memory {
  const source = new Memory(new ArrayBuffer((bytes.length + 64) & ~3));
  source.u8.fill(0xff);
  source.u8.set(bytes, AT);
  readerOpen(memory, reader, AT, bytes.length);
  return source;
}

describe("the operand reader", () => {
  test("reads what was written, at any alignment, and is done exactly at the end", () => {
    const source = open(new OperandWriter().u8(200).u16(0xfedc).u32(0xfedc_ba98).u64(2 ** 53 - 1).text("é").text("").bytes());
    expect(readU8(memory, reader, source)).toBe(200);
    expect(readU16(memory, reader, source)).toBe(0xfedc);
    expect(readU32(memory, reader, source)).toBe(0xfedc_ba98);
    expect(readU64(memory, reader, source)).toBe(2 ** 53 - 1);
    const text = readText(memory, reader, source);
    expect([...source.u8.slice(text, text + OperandReader.textBytes.get(memory, reader))]).toEqual([0xc3, 0xa9]);
    expect(readerDone(memory, reader)).toBe(false);
    readText(memory, reader, source);
    expect(OperandReader.textBytes.get(memory, reader)).toBe(0);
    expect(readerDone(memory, reader)).toBe(true);
  });

  test.each([
    ["u8", 1, readU8],
    ["u16", 2, readU16],
    ["u32", 4, readU32],
    ["u64", 8, readU64],
    ["text", 4, readText],
  ] as const)("a %s that is cut reads as 0 and fails for good", (_name, bytes, read) => {
    for (let there = 0; there < bytes; there++) {
      const source = open(new Uint8Array(there));
      expect(read(memory, reader, source)).toBe(0);
      expect(readerFailed(memory, reader)).toBe(true);
      expect(readU8(memory, reader, source)).toBe(0);
      expect(readerDone(memory, reader)).toBe(false);
    }
  });

  test("a u64 of 2^53 and more fails; the largest below does not", () => {
    const source = open(Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0));
    expect(readU64(memory, reader, source)).toBe(0);
    expect(readerFailed(memory, reader)).toBe(true);
  });

  test.each([1, 4, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])("a text of %i bytes where three follow fails and has no length", (claimed) => {
    const bytes = new OperandWriter().u32(claimed).u8(1).u8(2).u8(3).bytes();
    const source = open(bytes);
    readText(memory, reader, source);
    expect(readerFailed(memory, reader)).toBe(claimed > 3);
    expect(OperandReader.textBytes.get(memory, reader)).toBe(claimed > 3 ? 0 : claimed);
  });

  test("can be told that the operation makes no sense", () => {
    open(new Uint8Array(0));
    expect(readerDone(memory, reader)).toBe(true);
    readerFail(memory, reader);
    expect(readerDone(memory, reader)).toBe(false);
  });

  test("never hands out a place outside the operation, whatever is read in whatever order", () => {
    const reads = fc.array(fc.constantFrom(readU8, readU16, readU32, readU64, readText), { maxLength: 12 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 24 }), reads, (bytes, order) => {
        const source = open(bytes);
        for (const read of order) {
          const value = read(memory, reader, source);
          const at = OperandReader.at.get(memory, reader);
          expect(at >= AT && at <= AT + bytes.length).toBe(true);
          if (read !== readText || readerFailed(memory, reader)) continue;
          const length = OperandReader.textBytes.get(memory, reader);
          expect(value >= AT + 4 && value + length <= AT + bytes.length).toBe(true);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
