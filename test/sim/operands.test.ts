import { expect, test } from "vitest";
import { OperandReader, OperandWriter } from "../../sim/operands.ts";

test("what is written reads back, little-endian", () => {
  const bytes = new OperandWriter().u8(255).u16(0xfffe).u32(0xfffffffd).u64(Number.MAX_SAFE_INTEGER).text("é").u8(7).bytes();
  expect([...bytes.slice(0, 7)]).toEqual([255, 0xfe, 0xff, 0xfd, 0xff, 0xff, 0xff]);
  const reader = new OperandReader(bytes);
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.text(), reader.done, reader.u8(), reader.done]).toEqual([255, 0xfffe, 0xfffffffd, Number.MAX_SAFE_INTEGER, "é", false, 7, true]);
});

test("a cut answer is a broken invariant", () => {
  const bytes = new OperandWriter().text("abc").bytes();
  expect(() => new OperandReader(bytes.subarray(0, 6)).text()).toThrow("a control answer holds what its operation says");
});
