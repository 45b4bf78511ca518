import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { List, listAt, listCount, listCreate, listFree, listPush, listRemove } from "../../../kernel/collections/list.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap } from "./heap-with-failures.ts";

const Item = layout("Item", 12, { value: i32, twice: i32, zero: i32 });

function values(heap: TestHeap, list: Address<"List">): number[] {
  const found: number[] = [];
  for (let i = 0; i < listCount(heap.memory, list); i++) {
    const item: Address<"Item"> = listAt(heap.memory, list, i);
    expect(Item.twice.get(heap.memory, item)).toBe(2 * Item.value.get(heap.memory, item));
    expect(Item.zero.get(heap.memory, item)).toBe(0);
    found.push(Item.value.get(heap.memory, item));
  }
  return found;
}

function push(heap: TestHeap, list: Address<"List">, value: number): number {
  const item: Address<"Item"> = listPush(heap, list);
  if (item < 0) return item;
  expect([Item.value.get(heap.memory, item), Item.twice.get(heap.memory, item), Item.zero.get(heap.memory, item)]).toEqual([0, 0, 0]);
  Item.value.set(heap.memory, item, value);
  Item.twice.set(heap.memory, item, 2 * value);
  return item;
}

type Step = { kind: "push"; value: number } | { kind: "remove"; index: number } | { kind: "refuse" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("push" as const), value: fc.integer({ min: -1000, max: 1000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), index: fc.integer({ min: -1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("refuse" as const) }) },
);

describe("list", () => {
  test("behaves as an array with a bound, also when memory is refused in between", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 150, size: "max" }), (countMax, trace) => {
        const heap = new TestHeap(4096);
        const list = listCreate(heap, Item.size, countMax);
        const model: number[] = [];
        for (const one of trace) {
          if (one.kind === "remove") {
            const inside = one.index >= 0 && one.index < model.length;
            expect(listRemove(heap, list, one.index)).toBe(inside ? 0 : Errno.invalidArgument);
            if (inside) model.splice(one.index, 1);
          } else {
            heap.allowed = one.kind === "refuse" ? 0 : Infinity;
            const value = one.kind === "push" ? one.value : 7;
            const item = push(heap, list, value);
            if (item > 0) model.push(value);
            else if (one.kind === "push") expect([item, model.length]).toEqual([Errno.resourceExhausted, countMax]);
            else expect([Errno.resourceExhausted, Errno.outOfMemory]).toContain(item);
          }
          expect(values(heap, list)).toEqual(model);
        }
        heap.check();
        expect(listFree(heap, list)).toBe(0);
        expect(heap.used).toBe(0);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("reaches its bound exactly, and not one more", () => {
    for (const countMax of [1, 2, 3, 4, 5, 8, 9, 31, 100]) {
      const heap = new TestHeap(8192);
      const list = listCreate(heap, Item.size, countMax);
      for (let i = 0; i < countMax; i++) expect(push(heap, list, i)).toBeGreaterThan(0);
      const calls = heap.calls;
      expect(push(heap, list, 1)).toBe(Errno.resourceExhausted);
      expect(heap.calls).toBe(calls);
      expect(List.capacity.get(heap.memory, list)).toBe(countMax);
      expect(values(heap, list)).toEqual([...Array(countMax).keys()]);
    }
  });

  test("where doubling is too much it grows by one, to the arena's end", () => {
    const heap = new TestHeap(1024);
    const list = listCreate(heap, 64, 1000);
    let count = 0;
    while (listPush(heap, list) > 0) count += 1;
    expect(listPush(heap, list)).toBe(Errno.outOfMemory);
    expect(count).toBe(12);
    expect(listCount(heap.memory, list)).toBe(12);
    heap.check();
  });

  test("an item outside is a panic", () => {
    const heap = new TestHeap(1024);
    const list = listCreate(heap, 8, 10);
    listPush(heap, list);
    for (const index of [-1, 1, NaN]) expect(() => listAt(heap.memory, list, index)).toThrow(/item/);
  });

  test("wrong sizes are refused", () => {
    const heap = new TestHeap(1024);
    for (const stride of [0, -4, 2, 6, 4.5, NaN, 2 ** 31]) expect(listCreate(heap, stride, 10)).toBe(Errno.invalidArgument);
    for (const count of [0, -1, 1.5, NaN, 2 ** 30]) expect(listCreate(heap, 8, count)).toBe(Errno.invalidArgument);
    heap.allowed = 0;
    expect(listCreate(heap, 8, 8)).toBe(Errno.outOfMemory);
    expect(heap.used).toBe(0);
  });

  test("reads the same through a window on the arena", () => {
    const heap = new TestHeap(1024);
    const list = listCreate(heap, Item.size, 10);
    for (let i = 0; i < 5; i++) push(heap, list, i);
    const window = heap.memory.window(heap.base, heap.bytes);
    const inside = (list - heap.base) as Address<"List">;
    for (let i = 0; i < 5; i++) expect(Item.value.get(window, listAt(window, inside, i))).toBe(i);
  });

  test("a list that was never pushed to is given back too", () => {
    const heap = new TestHeap(256);
    expect(listFree(heap, listCreate(heap, 8, 10))).toBe(0);
    expect(heap.used).toBe(0);
    expect(List.size).toBe(24);
  });
});
