/** The promise of O(1): how often an operation touches memory has one bound, whatever the arena's size and history. */

import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import { arenaAllocate, arenaCheck, arenaFormat, arenaFree, arenaResize } from "../../../kernel/arena.ts";
import { counting } from "./counting.ts";

function draw(state: Int32Array): number {
  state[0] = Math.imul(state[0]!, 1664525) + 1013904223;
  return state[0]! >>> 8;
}

/** The largest number of words touched by one operation, in a long trace with many sizes and much cutting up. */
function worst(bytes: number, operations: number): number {
  const plain = new Memory(new ArrayBuffer(bytes));
  arenaFormat(plain, 0, bytes);
  const { memory, count } = counting(plain);
  const random = new Int32Array([bytes]);
  const live: number[] = [];
  let most = 0;
  for (let i = 0; i < operations; i++) {
    const kind = draw(random) % 8;
    const size = 1 + (draw(random) % (kind === 0 ? bytes >> 4 : 120));
    const before = count();
    if (kind < 4 || live.length === 0) {
      const at = arenaAllocate(memory, 0, size, kind === 1 ? 64 : 8);
      if (at > 0) live.push(at);
    } else {
      const index = draw(random) % live.length;
      if (kind < 7) {
        expect(arenaFree(memory, 0, live[index]!)).toBe(0);
        live[index] = live[live.length - 1]!;
        live.pop();
      } else {
        const at = arenaResize(memory, 0, live[index]!, size);
        if (at > 0) live[index] = at;
      }
    }
    most = Math.max(most, count() - before);
  }
  expect(arenaCheck(plain, 0)).toBeNull();
  return most;
}

describe("steps", () => {
  test("an operation touches at most 400 words, in small and large arenas, after short and long histories", () => {
    for (const [bytes, operations] of [[1024, 2000], [16384, 4000], [262144, 8000], [4194304, 12000]] as const) {
      expect(worst(bytes, operations)).toBeLessThan(400);
    }
  });

  test("ten thousand free blocks of one size class that does not fit cost no more than eight", () => {
    const bytes = 4 * 1024 * 1024;
    const plain = new Memory(new ArrayBuffer(bytes));
    arenaFormat(plain, 0, bytes);
    const small: number[] = [];
    for (let i = 0; i < 6000; i++) {
      small.push(arenaAllocate(plain, 0, 520));
      arenaAllocate(plain, 0, 8);
    }
    while (arenaAllocate(plain, 0, 1000) > 0 || arenaAllocate(plain, 0, 8) > 0);
    for (const at of small) expect(arenaFree(plain, 0, at)).toBe(0);
    const { memory, count } = counting(plain);
    expect(arenaAllocate(memory, 0, 528)).toBe(-5);
    expect(count()).toBeLessThan(200);
  });
});
