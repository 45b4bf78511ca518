import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { checksumAdd, checksumAddNumber, checksumHolds, checksumPseudoHeader, checksumValue } from "../../../services/net/checksum.ts";

const memory = new Memory(new ArrayBuffer(70_000));

/** RFC 1071, 1: big-endian words, in arithmetic that cannot overflow. */
function reference(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

function ours(bytes: readonly number[], at: number, parts: readonly number[] = []): number {
  memory.fill(0, bytes.length + 32, 0xff);
  memory.u8.set(bytes, at);
  let sum = 0;
  let from = 0;
  for (const end of [...parts, bytes.length]) {
    sum = checksumAdd(memory, at + from, end - from, sum);
    from = end;
  }
  return checksumValue(sum);
}

describe("the Internet checksum", () => {
  test("the example of RFC 1071, 3", () => {
    expect(ours([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 8)).toBe(0xffff - 0xddf2);
  });

  test("a known IPv4 header", () => {
    const header = [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0, 0, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7];
    expect(ours(header, 8)).toBe(0xb861);
    header.splice(10, 2, 0xb8, 0x61);
    memory.u8.set(header, 3);
    expect(checksumHolds(checksumAdd(memory, 3, 20, 0))).toBe(true);
    memory.u8[9] = memory.u8[9]! ^ 1;
    expect(checksumHolds(checksumAdd(memory, 3, 20, 0))).toBe(false);
  });

  test("every length at every alignment", () => {
    const bytes = Array.from({ length: 64 }, (_, i) => (i * 89 + 200) & 0xff);
    for (let at = 8; at < 16; at++) for (let length = 0; length <= 64; length++) expect(ours(bytes.slice(0, length), at)).toBe(reference(bytes.slice(0, length)));
  });

  test("any bytes, in parts that begin at even offsets", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 200 }), fc.integer({ min: 8, max: 15 }), fc.nat(), (bytes, at, cut) => {
        const even = (cut % (bytes.length + 1)) & ~1;
        expect(ours(bytes, at, [even])).toBe(reference(bytes));
      }),
      { seed: 1, numRuns: 3000 },
    );
  });

  test("no sum overflows: 65,535 bytes of ones", () => {
    const bytes = Array<number>(65_535).fill(0xff);
    expect(ours(bytes, 8)).toBe(reference(bytes));
    expect(ours([...bytes.slice(1), 0x01], 9)).toBe(reference([...bytes.slice(1), 0x01]));
  });

  test("zero bytes", () => {
    expect(ours([], 8)).toBe(0xffff);
    expect(ours([0, 0], 8)).toBe(0xffff);
  });

  test("numbers count as they would stand in a header", () => {
    for (const value of [0, 1, 6, 0x1234, 0xff00, 0xffff]) expect(checksumValue(checksumAddNumber(0, value))).toBe(reference([value >> 8, value & 0xff]));
  });

  test.each([8, 32])("the pseudo header with %i bytes of addresses", (addresses) => {
    const bytes = Array.from({ length: addresses }, (_, i) => (i * 37 + 11) & 0xff);
    memory.u8.set(bytes, 10);
    expect(checksumValue(checksumPseudoHeader(memory, 10, addresses, 6, 0x0405))).toBe(reference([...bytes, 0, 6, 4, 5]));
  });
});
