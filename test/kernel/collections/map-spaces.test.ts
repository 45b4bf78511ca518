import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesHash } from "../../../kernel/collections/byte-string.ts";
import { mapCount, mapCreate, mapFind, mapInsert, mapRemove, mapRemoveAt, mapSlotOf, mapValueAt } from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap, bytesOf } from "./heap-with-failures.ts";

describe("a map of several spaces", () => {
  test("the same bytes in two spaces are two keys, short or long", () => {
    const heap = new TestHeap(65536);
    const map = mapCreate(heap, 4, 100, 77);
    const spaces = [0, 1, 2, -1, 0x7fff_ffff, -0x8000_0000];
    for (const text of ["", "k", "four", "a key that is too long to lie in the table"]) {
      const { memory: key, at, length } = bytesOf(text);
      const find = (space: number): number => mapFind(heap.memory, map, key, at, length, space);
      for (const space of spaces) {
        expect(find(space)).toBe(0);
        heap.memory.i32[mapInsert(heap, map, key, at, length, space) >> 2] = space;
      }
      for (const space of spaces) expect(heap.memory.i32[find(space) >> 2]).toBe(space);
      expect(mapFind(heap.memory, map, key, at, length)).toBe(find(0));
      expect(mapRemove(heap, map, key, at, length, 1)).toBe(0);
      expect(mapRemove(heap, map, key, at, length, 1)).toBe(Errno.notFound);
      for (const space of spaces) expect(find(space) !== 0).toBe(space !== 1);
    }
    expect(mapCount(heap.memory, map)).toBe(4 * (spaces.length - 1));
    heap.check();
  });

  test("for given bytes no two seeds have one hash: 100,000 seeds, and any two", () => {
    for (const text of ["", "abc", "10.20.30.40", "x".repeat(37)]) {
      const { memory, at, length } = bytesOf(text);
      const hashes = new Set<number>();
      for (let seed = 0; seed < 100_000; seed++) hashes.add(bytesHash(memory, at, length, seed));
      expect(hashes.size).toBe(100_000);
    }
    const word = fc.integer();
    fc.assert(
      fc.property(word, word, fc.string({ maxLength: 40 }), (one, other, text) => {
        const { memory, at, length } = bytesOf(text);
        expect(bytesHash(memory, at, length, one) === bytesHash(memory, at, length, other)).toBe(one === other);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

test("a value knows its slot, which stays its own while the map grows, and by which it is taken out", () => {
  const heap = new TestHeap(65536);
  const map = mapCreate(heap, 12, 300);
  const slots: number[] = [];
  for (let i = 0; i < 200; i++) {
    const { memory: key, at, length } = bytesOf(`key ${i}${" and more of it".repeat(i % 3)}`);
    const value = mapInsert(heap, map, key, at, length);
    heap.memory.i32[value >> 2] = i;
    slots.push(mapSlotOf(heap.memory, map, value));
    expect(mapValueAt(heap.memory, map, slots[i]!)).toBe(value);
  }
  expect(new Set(slots).size).toBe(200);
  for (let i = 0; i < 200; i++) expect(heap.memory.i32[mapValueAt(heap.memory, map, slots[i]!) >> 2]).toBe(i);
  for (let i = 0; i < 200; i += 2) expect(mapRemoveAt(heap, map, slots[i]!)).toBe(0);
  for (let i = 0; i < 200; i++) {
    const { memory: key, at, length } = bytesOf(`key ${i}${" and more of it".repeat(i % 3)}`);
    expect(mapFind(heap.memory, map, key, at, length) !== 0).toBe(i % 2 === 1);
  }
  heap.check();
});
