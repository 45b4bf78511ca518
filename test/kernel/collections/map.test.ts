import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { bytesHash } from "../../../kernel/collections/byte-string.ts";
import {
  HashMap, MAP_INLINE_KEY_BYTES, MapEntry, mapCount, mapCreate, mapFind, mapFirst, mapFree, mapInsert, mapKeyAt, mapKeyBytes, mapNext,
  mapRemove, mapValueAt,
} from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap, bytesOf, textAt } from "./heap-with-failures.ts";
import type { MapAddress } from "./map-tools.ts";
import { KEYS, VALUE_BYTES, entries, find, insert, remove } from "./map-tools.ts";

describe("map", () => {
  test("reaches its bound exactly, and not one more", () => {
    for (const entriesMax of [1, 2, 7, 8, 9, 16, 17, 100, 500]) {
      const heap = new TestHeap(65536);
      const map = mapCreate(heap, VALUE_BYTES, entriesMax);
      for (let i = 0; i < entriesMax; i++) expect(insert(heap, map, `client ${i}`)).toBeGreaterThan(0);
      const used = heap.used;
      expect(insert(heap, map, "one more")).toBe(Errno.resourceExhausted);
      expect(insert(heap, map, "one more whose key has to be stored elsewhere")).toBe(Errno.resourceExhausted);
      expect(insert(heap, map, "client 0")).toBeGreaterThan(0);
      expect(heap.used).toBe(used);
      expect(HashMap.capacity.get(heap.memory, map)).toBe(entriesMax);
      expect(remove(heap, map, "client 0")).toBe(0);
      expect(insert(heap, map, "one more")).toBeGreaterThan(0);
      expect(heap.used).toBe(used);
      heap.check();
    }
  });

  test("where doubling is too much it grows by one, to the arena's end", () => {
    const heap = new TestHeap(2048);
    const map = mapCreate(heap, 32, 1000);
    let count = 0;
    while (insert(heap, map, `k${count}`) > 0) count += 1;
    expect(insert(heap, map, `k${count}`)).toBe(Errno.outOfMemory);
    expect(count * (MapEntry.size + 32)).toBeGreaterThan(0.85 * (2048 - 240));
    for (let i = 0; i < count; i++) expect(find(heap.memory, map, `k${i}`)).toBeGreaterThan(0);
    heap.check();
  });

  test("a slot keeps its entry while the map grows and others leave", () => {
    const heap = new TestHeap(65536);
    const map = mapCreate(heap, 4, 300);
    heap.memory.i32[insert(heap, map, "stays") >> 2] = 42;
    const slot = mapFirst(heap.memory, map);
    for (let i = 0; i < 200; i++) insert(heap, map, `k${i}`);
    for (let i = 0; i < 200; i += 2) remove(heap, map, `k${i}`);
    expect(heap.memory.i32[mapValueAt(heap.memory, map, slot) >> 2]).toBe(42);
    expect(textAt(heap.memory, mapKeyAt(heap.memory, map, slot), mapKeyBytes(heap.memory, map, slot))).toBe("stays");
  });

  test("removing what one walks over visits every entry once", () => {
    const heap = new TestHeap(65536);
    const map = mapCreate(heap, 4, 300);
    for (let i = 0; i < 100; i++) insert(heap, map, `key ${i} ${"l".repeat(i % 40)}`);
    let visited = 0;
    for (let slot = mapFirst(heap.memory, map); slot >= 0; slot = mapNext(heap.memory, map, slot)) {
      visited += 1;
      expect(mapRemove(heap, map, heap.memory, mapKeyAt(heap.memory, map, slot), mapKeyBytes(heap.memory, map, slot))).toBe(0);
    }
    expect([visited, mapCount(heap.memory, map)]).toEqual([100, 0]);
    heap.check();
  });

  test("keys of one chain: found, and removed from its head, middle and end", () => {
    const heap = new TestHeap(65536);
    const map = mapCreate(heap, 4, 64);
    const texts = Array.from({ length: 2000 }, (_, i) => `k${i}`).filter((text) => (bytesHash(bytesOf(text).memory, 3, text.length) & 63) === 5);
    expect(texts.length).toBeGreaterThan(15);
    for (const order of [[0, 5, 11], [11, 0, 5], [5, 11, 0], [...texts.keys()]]) {
      for (const text of texts) expect(insert(heap, map, text)).toBeGreaterThan(0);
      for (const index of order) {
        expect(remove(heap, map, texts[index]!)).toBe(0);
        expect(find(heap.memory, map, texts[index]!)).toBe(0);
      }
      for (const [index, text] of texts.entries()) expect(find(heap.memory, map, text) > 0).toBe(!order.includes(index));
    }
  });

  test("two keys with the very same hash are two keys", () => {
    const seen = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let i = 0; pair === undefined; i++) {
      const text = `client-${i}`;
      const hash = bytesHash(bytesOf(text).memory, 3, text.length);
      const other = seen.get(hash);
      if (other !== undefined && other.length === text.length) pair = [other, text];
      seen.set(hash, text);
    }
    const heap = new TestHeap(4096);
    const map = mapCreate(heap, 4, 8);
    heap.memory.i32[insert(heap, map, pair[0]) >> 2] = 1;
    expect(find(heap.memory, map, pair[1])).toBe(0);
    heap.memory.i32[insert(heap, map, pair[1]) >> 2] = 2;
    expect(heap.memory.i32[find(heap.memory, map, pair[0]) >> 2]).toBe(1);
    expect(remove(heap, map, pair[0])).toBe(0);
    expect(heap.memory.i32[find(heap.memory, map, pair[1]) >> 2]).toBe(2);
  });

  test("one chain for all: with a single head the map is a list, and still right", () => {
    // Starved of memory for more heads, a map goes on with the chains it has.
    const heap = new TestHeap(1024);
    const map = mapCreate(heap, 4, 100);
    while (heap.allocate(440) > 0);
    const model = new Map<string, number>();
    for (let i = 0; i < 100; i++) {
      const at = insert(heap, map, `k${i}`);
      if (at < 0) break;
      heap.memory.i32[at >> 2] = i;
      model.set(`k${i}`, i);
    }
    expect(model.size).toBeGreaterThan(3);
    for (const [text, value] of model) expect(heap.memory.i32[find(heap.memory, map, text) >> 2]).toBe(value);
    for (const text of [...model.keys()].reverse()) expect(remove(heap, map, text)).toBe(0);
    expect(mapCount(heap.memory, map)).toBe(0);
    heap.check();
  });

  test("a chain that was made to run in a ring ends the search", () => {
    const heap = new TestHeap(8192);
    const map = mapCreate(heap, 4, 8);
    for (let i = 0; i < 8; i++) insert(heap, map, `k${i}`);
    const first = map + HashMap.entriesOffset.get(heap.memory, map);
    for (let i = 0; i < 8; i++) MapEntry.next.set(heap.memory, (first + i * (MapEntry.size + 4)) as Address<"MapEntry">, i + 1);
    expect(find(heap.memory, map, "no such key")).toBe(0);
  });

  test("reads the same through a window on the arena", () => {
    const heap = new TestHeap(16384);
    const map = mapCreate(heap, VALUE_BYTES, 100);
    for (const text of KEYS) heap.memory.i32[insert(heap, map, text) >> 2] = text.length;
    const window = heap.memory.window(heap.base, heap.bytes);
    const inside = (map - heap.base) as MapAddress;
    for (const text of KEYS) expect(window.i32[find(window, inside, text) >> 2]).toBe(text.length);
    expect(entries(window, inside)).toEqual(entries(heap.memory, map));
  });

  test("the seed changes chains, not answers", () => {
    const heap = new TestHeap(65536);
    for (const seed of [0, 1, -1, 0x7fffffff]) {
      const map = mapCreate(heap, 4, 64, seed);
      for (const text of KEYS) insert(heap, map, text);
      expect([...entries(heap.memory, map).keys()].sort()).toEqual([...KEYS].sort());
      for (const text of KEYS) expect(find(heap.memory, map, text)).toBeGreaterThan(0);
      mapFree(heap, map);
    }
    expect(heap.used).toBe(0);
  });

  test("wrong sizes and keys outside are refused", () => {
    const heap = new TestHeap(2048);
    for (const bytes of [0, -4, 2, 4.5, NaN]) expect(mapCreate(heap, bytes, 10)).toBe(Errno.invalidArgument);
    for (const count of [0, -1, 1.5, NaN, 2 ** 30]) expect(mapCreate(heap, 4, count)).toBe(Errno.invalidArgument);
    const map = mapCreate(heap, 4, 10);
    const key = bytesOf("key");
    for (const [at, length] of [[-1, 2], [0, key.memory.bytes + 1], [0, -1], [NaN, 1]]) {
      expect(mapInsert(heap, map, key.memory, at!, length!)).toBe(Errno.invalidArgument);
    }
    expect(mapRemove(heap, map, key.memory, key.at, 3)).toBe(Errno.notFound);
    expect(mapFind(heap.memory, map, key.memory, key.at, 3)).toBe(0);
    expect([mapFirst(heap.memory, map), mapCount(heap.memory, map)]).toEqual([-1, 0]);
    expect(mapFree(heap, map)).toBe(0);
    expect(heap.used).toBe(0);
    expect([HashMap.size, MapEntry.size, MAP_INLINE_KEY_BYTES]).toEqual([40, 32, 20]);
  });
});
