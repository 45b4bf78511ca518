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

const ALL = Array.from({ length: 256 }, (_, byte) => byte);

/** A byte that is no hit. */
const fillerOf = (isHit: (byte: number) => boolean): number => [0x61, 0x20, 0x09].find((byte) => !isHit(byte))!;

describe.each(SEARCHES)("%s finds", (_, search, isHit) => {
  const filler = fillerOf(isHit);

  test("each byte of the class, and no other, at every place of a word", () => {
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

  test("the first of two, whatever stands between", () => {
    for (const other of ALL.filter((byte) => !isHit(byte))) {
      for (const hit of ALL.filter((byte) => isHit(byte)).slice(0, 8)) {
        memory.fill(0, 64, other);
        memory.u8[10] = hit;
        memory.u8[12] = hit;
        expect(search(memory, 8, 20)).toBe(10);
        expect(search(memory, 11, 20)).toBe(12);
      }
    }
  });
});

test.each(SEARCHES)("%s looks at nothing outside", (_, search, isHit) => {
  for (let length = 0; length < 12; length++) {
    for (const byte of ALL.filter((value) => isHit(value))) {
      memory.fill(0, 64, byte);
      memory.fill(9, length, fillerOf(isHit));
      expect(search(memory, 9, 9 + length)).toBe(9 + length);
    }
  }
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
