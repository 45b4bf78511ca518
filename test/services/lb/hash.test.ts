import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { CRC32_BEGIN, crc32Byte, crc32Bytes, crc32Word, mixBegin, mixByte, mixBytes, mixWord, mixWords } from "../../../services/lb/hash.ts";

const memory = new Memory(new ArrayBuffer(256));
for (let i = 0; i < 256; i++) memory.u8[i] = (i * 151) ^ 0x5a;

describe("CRC-32", () => {
  test("has the check value of its standard", () => {
    let crc = CRC32_BEGIN;
    for (const character of "123456789") crc = crc32Byte(crc, character.charCodeAt(0));
    expect(~crc >>> 0).toBe(0xcbf43926);
  });

  test("is what others compute, in whatever pieces", () => {
    for (let bytes = 0; bytes < 250; bytes += 7) {
      const expected = crc32(memory.u8.slice(3, 3 + bytes));
      expect(~crc32Bytes(memory, 3, bytes, CRC32_BEGIN) >>> 0).toBe(expected);
      const half = bytes >> 1;
      expect(~crc32Bytes(memory, 3 + half, bytes - half, crc32Bytes(memory, 3, half, CRC32_BEGIN)) >>> 0).toBe(expected);
    }
    expect(crc32Word(CRC32_BEGIN, memory.view.getInt32(16, true))).toBe(crc32Bytes(memory, 16, 4, CRC32_BEGIN));
  });
});

describe("the mixers", () => {
  test("in steps come to the same as at once", () => {
    let hash = mixBegin(20, 9);
    for (let i = 0; i < 20; i++) hash = mixByte(hash, memory.u8[i + 5]!);
    expect(mixWord(hash)).toBe(mixBytes(memory, 5, 20, 9));
    expect(mixBytes(memory, 5, 20, 9)).not.toBe(mixBytes(memory, 5, 20, 10));
    expect(mixBytes(memory, 5, 20, 9)).not.toBe(mixBytes(memory, 5, 19, 9));
  });

  test("let every bit change about half of the answer's", () => {
    let changed = 0;
    for (let word = 0; word < 500; word++) {
      for (let bit = 0; bit < 32; bit++) {
        changed += ones(mixWords(word, 77) ^ mixWords(word ^ (1 << bit), 77)) + ones(mixWords(77, word) ^ mixWords(77, word ^ (1 << bit)));
      }
    }
    expect(Math.abs(changed / (500 * 32 * 2) - 16)).toBeLessThan(0.3);
  });
});

function ones(word: number): number {
  let count = 0;
  for (let left = word >>> 0; left !== 0; left = (left & (left - 1)) >>> 0) count++;
  return count;
}
