import fc from "fast-check";
import { expect, test } from "vitest";
import { Memory } from "../../../../hal/memory.ts";
import { SortPair, pairAt, sortPairs } from "../../../../services/lb/algorithm/sort.ts";

test("sorts pairs by key, unsigned, and then by value", () => {
  const pairs = fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 2 ** 31 - 3, max: 2 ** 32 - 1 })), fc.integer({ min: 0, max: 3 })), { maxLength: 60 });
  fc.assert(
    fc.property(pairs, (list) => {
      const memory = new Memory(new ArrayBuffer(16 + list.length * SortPair.size));
      list.forEach(([key, value], i) => {
        SortPair.key.set(memory, pairAt(8, i), key);
        SortPair.value.set(memory, pairAt(8, i), value);
      });
      sortPairs(memory, 8, list.length);
      const sorted = list.map((_, i) => [SortPair.key.get(memory, pairAt(8, i)), SortPair.value.get(memory, pairAt(8, i))]);
      expect(sorted).toEqual([...list].sort((one, other) => one[0] - other[0] || one[1] - other[1]));
      expect(memory.u8.slice(0, 8).join() + memory.u8.slice(-8).join()).toMatch(/^[0,]+$/);
    }),
    { seed: 3, numRuns: 300 },
  );
});
