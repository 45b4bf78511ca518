/** What tests of the map share: keys as texts, and a walk over all entries. */

import { expect } from "vitest";
import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapFind, mapFirst, mapInsert, mapKeyAt, mapKeyBytes, mapNext, mapRemove, mapValueAt } from "../../../kernel/collections/map.ts";
import type { TestHeap } from "./heap-with-failures.ts";
import { bytesOf, textAt } from "./heap-with-failures.ts";

export type MapAddress = Address<"HashMap">;

export const VALUE_BYTES = 12;

export function insert(heap: TestHeap, map: MapAddress, text: string): number {
  const key = bytesOf(text);
  return mapInsert(heap, map, key.memory, key.at, key.length);
}

export function find(memory: Memory, map: MapAddress, text: string): number {
  const key = bytesOf(text, 1);
  return mapFind(memory, map, key.memory, key.at, key.length);
}

export function remove(heap: TestHeap, map: MapAddress, text: string): number {
  const key = bytesOf(text, 2);
  return mapRemove(heap, map, key.memory, key.at, key.length);
}

/** All entries by walking the slots. */
export function entries(memory: Memory, map: MapAddress): Map<string, number> {
  const found = new Map<string, number>();
  let last = -1;
  for (let slot = mapFirst(memory, map); slot >= 0; slot = mapNext(memory, map, slot)) {
    expect(slot).toBeGreaterThan(last);
    last = slot;
    const text = textAt(memory, mapKeyAt(memory, map, slot), mapKeyBytes(memory, map, slot));
    expect(found.has(text)).toBe(false);
    found.set(text, memory.i32[mapValueAt(memory, map, slot) >> 2]!);
  }
  return found;
}

/** Few keys, so that they meet again; short, just inline, just not inline, long, and prefixes of each other. */
export const KEYS = ["", "a", "b", "ab", "10.0.0.1", "10.0.0.10", "x".repeat(19), "x".repeat(20), "x".repeat(21), "y".repeat(21), "x".repeat(60),
  `${"x".repeat(59)}z`, "\0", "\0\0", "\xff\xfe", ...Array.from({ length: 30 }, (_, i) => `k${i}`)];
