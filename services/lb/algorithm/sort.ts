/** Sorting records in place, in the arena: no allocation, and never more than n log n steps, whatever the keys. */

import type { Address } from "../../../hal/field.ts";
import { i32, u32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

/** Ordered by key, unsigned, and among equal keys by value. */
export const SortPair = layout("SortPair", 8, { key: u32, value: i32 });
export type SortPairAddress = Address<"SortPair">;

export function pairAt(first: number, index: number): SortPairAddress {
  return (first + index * SortPair.size) as SortPairAddress;
}

/** Heapsort of `count` pairs from `first` on. */
export function sortPairs(memory: Memory, first: number, count: number): void {
  for (let root = (count >> 1) - 1; root >= 0; root--) sink(memory, first, root, count);
  for (let end = count - 1; end > 0; end--) {
    exchange(memory, pairAt(first, 0), pairAt(first, end));
    sink(memory, first, 0, end);
  }
}

/** Lets the pair at `root` sink until none below it comes after it. */
function sink(memory: Memory, first: number, root: number, count: number): void {
  let parent = root;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= count) return;
    if (child + 1 < count && isBefore(memory, pairAt(first, child), pairAt(first, child + 1))) child++;
    if (!isBefore(memory, pairAt(first, parent), pairAt(first, child))) return;
    exchange(memory, pairAt(first, parent), pairAt(first, child));
    parent = child;
  }
}

function isBefore(memory: Memory, one: SortPairAddress, other: SortPairAddress): boolean {
  const key = SortPair.key.get(memory, one);
  const otherKey = SortPair.key.get(memory, other);
  return key === otherKey ? SortPair.value.get(memory, one) < SortPair.value.get(memory, other) : key < otherKey;
}

function exchange(memory: Memory, one: SortPairAddress, other: SortPairAddress): void {
  const key = SortPair.key.get(memory, one);
  const value = SortPair.value.get(memory, one);
  SortPair.key.set(memory, one, SortPair.key.get(memory, other));
  SortPair.value.set(memory, one, SortPair.value.get(memory, other));
  SortPair.key.set(memory, other, key);
  SortPair.value.set(memory, other, value);
}
