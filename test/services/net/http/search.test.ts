import { describe, expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { blankOrControlAt, blanksEnd, byteAt, controlAt, controlOrHashAt, lineFeedAt, nameIs, tokenEnd, trimmedEnd } from "../../../../services/net/http/search.ts";
import { isTokenByte } from "../../../../services/net/http/characters.ts";

const memory = new Memory(new ArrayBuffer(64));

const SEARCHES = [
  ["lineFeedAt", lineFeedAt, (byte: number) => byte === 0x0a],
  ["blankOrControlAt", blankOrControlAt, (byte: number) => byte <= 0x20],
  ["controlAt", controlAt, (byte: number) => byte < 0x20 || byte === 0x7f],
  ["controlOrHashAt", controlOrHashAt, (byte: number) => byte < 0x20 || byte === 0x7f || byte === 0x23],
  ["byteAt", (source: Memory, from: number, end: number) => byteAt(source, from, end, 0x23), (byte: number) => byte === 0x23],
  ["tokenEnd", tokenEnd, (byte: number) => !isTokenByte(byte)],
  ["blanksEnd", blanksEnd, (byte: number) => byte !== 0x20 && byte !== 0x09],
] as const;

describe.each(SEARCHES)("%s", (_, search, isHit) => {
  /** A byte that is no hit. */
  const filler = [0x61, 0x20, 0x09].find((byte) => !isHit(byte))!;

  test("finds each byte of the class, and no other, at every place of a word", () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let from = 8; from < 12; from++) {
        for (let at = from; at < from + 9; at++) {
          memory.fill(0, 64, filler);
          memory.u8[at] = byte;
          expect(search(memory, from, from + 9)).toBe(isHit(byte) ? at : from + 9);
        }
      }
    }
  });

  test("takes the first of two, whatever stands between", () => {
    const others = Array.from({ length: 256 }, (__, byte) => byte).filter((byte) => !isHit(byte));
    const hits = Array.from({ length: 256 }, (__, byte) => byte).filter((byte) => isHit(byte));
    for (const other of others) {
      for (const hit of hits.slice(0, 8)) {
        memory.fill(0, 64, other);
        memory.u8[10] = hit;
        memory.u8[12] = hit;
        expect(search(memory, 8, 20)).toBe(10);
        expect(search(memory, 11, 20)).toBe(12);
      }
    }
  });

  test("looks at nothing outside", () => {
    for (let length = 0; length < 12; length++) {
      for (let byte = 0; byte < 256; byte++) {
        if (!isHit(byte)) continue;
        memory.fill(0, 64, byte);
        memory.fill(9, length, filler);
        expect(search(memory, 9, 9 + length)).toBe(9 + length);
      }
    }
  });
});

test("trimmedEnd", () => {
  memory.u8.set(Buffer.from("  a b\t "), 8);
  expect(trimmedEnd(memory, 8, 15)).toBe(13);
  expect(trimmedEnd(memory, 8, 10)).toBe(8);
  expect(trimmedEnd(memory, 10, 11)).toBe(11);
});

test("nameIs has no regard to case", () => {
  for (const [text, expected] of [["host", true], ["HOST", true], ["HoSt", true], ["hos-", false], ["hosu", false]] as const) {
    memory.u8.set(Buffer.from(text), 8);
    expect(nameIs(memory, 8, "host")).toBe(expected);
  }
});
