/**
 * Hot paths make no JavaScript objects. In a file of its own: a counting memory in the same process would change what
 * the compiler makes of the code.
 */

import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { arenaAllocate, arenaFormat, arenaFree, arenaHeap, arenaResize } from "../../../kernel/arena.ts";
import { listCreate, listPush, listRemove } from "../../../kernel/collections/list.ts";
import { mapCreate, mapFind, mapInsert, mapRemove } from "../../../kernel/collections/map.ts";
import { ringCreate, ringPop, ringPush } from "../../../kernel/collections/ring.ts";

describe("no JavaScript heap", () => {
  /** Bytes of JavaScript heap that a call of `work` takes, after warming up: the median, so that a collection in between does no harm. */
  function growth(work: () => void): number {
    for (let i = 0; i < 20; i++) work();
    const samples: number[] = [];
    for (let i = 0; i < 15; i++) {
      const before = process.memoryUsage().heapUsed;
      work();
      samples.push(process.memoryUsage().heapUsed - before);
    }
    return samples.sort((a, b) => a - b)[7]!;
  }

  const CALLS = 5_000;
  /** A hidden object of the smallest size in each call would take 16 bytes a call. */
  const BOUND = 4 * CALLS;

  test("the measure sees one small object a call", () => {
    let kept: object = {};
    expect(
      growth(() => {
        for (let i = 0; i < CALLS; i++) kept = { i, kept: i };
      }),
    ).toBeGreaterThan(BOUND);
    expect(kept).toEqual({ i: CALLS - 1, kept: CALLS - 1 });
  });

  test("allocate, resize and free make no objects", () => {
    const memory = new Memory(new ArrayBuffer(65536));
    arenaFormat(memory, 0, 65536);
    expect(
      growth(() => {
        for (let i = 0; i < CALLS; i++) {
          const a = arenaAllocate(memory, 0, 40 + (i & 255));
          const b = arenaAllocate(memory, 0, 200, 64);
          const c = arenaResize(memory, 0, a, 400);
          arenaFree(memory, 0, b);
          arenaFree(memory, 0, b);
          arenaFree(memory, 0, c);
        }
      }),
    ).toBeLessThan(BOUND);
  });

  test("collections make no objects", () => {
    const memory = new Memory(new ArrayBuffer(65536));
    arenaFormat(memory, 0, 65536);
    const heap = arenaHeap(memory, 0);
    const map = mapCreate(heap, 16, 64);
    const list = listCreate(heap, 16, 64);
    const ring = ringCreate(heap, 16, 8);
    const key = new Memory(new ArrayBuffer(64));
    expect(
      growth(() => {
        for (let i = 0; i < CALLS; i++) {
          key.i32[0] = i & 31;
          mapInsert(heap, map, key, 0, 8 + (i & 31));
          mapFind(memory, map, key, 0, 8);
          if ((i & 3) === 3) mapRemove(heap, map, key, 0, 8 + (i & 31));
          ringPush(memory, ring);
          ringPop(memory, ring);
          listPush(heap, list);
          listRemove(heap, list, 0);
        }
      }),
    ).toBeLessThan(BOUND);
  });
});
