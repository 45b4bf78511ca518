import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Ring, ringAt, ringCount, ringCreate, ringFree, ringFront, ringPop, ringPush } from "../../../kernel/collections/ring.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap } from "./heap-with-failures.ts";

describe("ring", () => {
  test("behaves as a queue with a bound", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.boolean(), { maxLength: 120, size: "max" }), (capacity, pushes) => {
        const heap = new TestHeap(1024);
        const memory = heap.memory;
        const ring = ringCreate(heap, 12, capacity);
        const used = heap.used;
        const model: number[] = [];
        pushes.forEach((isPush, i) => {
          if (isPush) {
            const item = ringPush(memory, ring);
            if (model.length === capacity) expect(item).toBe(Errno.channelFull);
            else {
              expect([...memory.i32.subarray(item >> 2, (item >> 2) + 3)]).toEqual([0, 0, 0]);
              memory.i32.fill(i, item >> 2, (item >> 2) + 3);
              model.push(i);
            }
          } else {
            const front = ringFront(memory, ring);
            expect(front === 0 ? undefined : memory.i32[front >> 2]).toBe(model[0]);
            expect(ringPop(memory, ring)).toBe(model.length === 0 ? Errno.channelEmpty : 0);
            model.shift();
          }
          expect(ringCount(memory, ring)).toBe(model.length);
          model.forEach((value, index) => {
            const at = ringAt(memory, ring, index) >> 2;
            expect([...memory.i32.subarray(at, at + 3)]).toEqual([value, value, value]);
          });
        });
        heap.check();
        expect(heap.used).toBe(used);
        expect(ringFree(heap, ring)).toBe(0);
        expect(heap.used).toBe(0);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("reads the same through a window, and has no link inside", () => {
    const heap = new TestHeap(1024);
    const ring = ringCreate(heap, 8, 4);
    for (let i = 0; i < 4; i++) heap.memory.i32[ringPush(heap.memory, ring) >> 2] = i;
    const window = heap.memory.window(heap.base, heap.bytes);
    const inside = (ring - heap.base) as Address<"Ring">;
    for (let i = 0; i < 4; i++) {
      expect(window.i32[ringFront(window, inside) >> 2]).toBe(i);
      ringPop(window, inside);
    }
    expect(ringCount(heap.memory, ring)).toBe(0);
  });

  test("wrong sizes, a place outside, a full heap", () => {
    const heap = new TestHeap(512);
    for (const stride of [0, -4, 3, 4.5, NaN]) expect(ringCreate(heap, stride, 4)).toBe(Errno.invalidArgument);
    for (const capacity of [0, -1, 1.5, NaN, 2 ** 30]) expect(ringCreate(heap, 8, capacity)).toBe(Errno.invalidArgument);
    expect(ringCreate(heap, 8, 200)).toBe(Errno.outOfMemory);
    expect(heap.used).toBe(0);
    const ring = ringCreate(heap, 8, 4);
    ringPush(heap.memory, ring);
    for (const index of [-1, 1, NaN]) expect(() => ringAt(heap.memory, ring, index)).toThrow(/record/);
    expect(Ring.size).toBe(16);
  });
});
