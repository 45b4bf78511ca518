/** Wrong addresses and damaged records: what free and resize promise. */

import { describe, expect, test } from "vitest";
import {
  ArenaBlock, ArenaHeader, arenaAccount, arenaAllocate, arenaCheck, arenaFree, arenaOverheadBytes, arenaResize,
} from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { BASE, guardsHold, make } from "./scene.ts";

describe("wrong addresses", () => {
  test("a second free is told, also when the block has melted into its neighbour", () => {
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0], [0, 2, 1], [2, 0, 1]]) {
      const memory = make(4096);
      const blocks = [0, 1, 2].map(() => arenaAllocate(memory, BASE, 40));
      const keep = arenaAllocate(memory, BASE, 40);
      for (const index of order) expect(arenaFree(memory, BASE, blocks[index]!)).toBe(0);
      const before = memory.u8.slice();
      for (const block of blocks) {
        expect(arenaFree(memory, BASE, block)).toBe(Errno.doubleFree);
        expect(arenaResize(memory, BASE, block, 10)).toBe(Errno.doubleFree);
      }
      expect(arenaAccount(memory, BASE).misuses).toBe(6);
      ArenaHeader.misuses.set(memory, BASE as never, 0);
      expect(memory.u8).toEqual(before);
      expect(arenaFree(memory, BASE, keep)).toBe(0);
      for (const block of [...blocks, keep]) expect(arenaFree(memory, BASE, block)).toBe(Errno.doubleFree);
      expect(arenaCheck(memory, BASE)).toBeNull();
    }
  });

  test("a block that was moved by resize is a double free at its old address", () => {
    const memory = make(4096);
    const at = arenaAllocate(memory, BASE, 40);
    arenaAllocate(memory, BASE, 40);
    const moved = arenaResize(memory, BASE, at, 400);
    expect(moved).not.toBe(at);
    expect(arenaFree(memory, BASE, at)).toBe(Errno.doubleFree);
  });

  test("every other address of the memory and around it is foreign", () => {
    const memory = make(2048);
    const live = new Set([arenaAllocate(memory, BASE, 100), arenaAllocate(memory, BASE, 200, 64), arenaAllocate(memory, BASE, 8)]);
    for (const at of live) memory.fill(at, 8, 0);
    const before = memory.u8.slice();
    for (let at = -100; at < memory.bytes + 100; at++) {
      if (!live.has(at)) expect([at, arenaFree(memory, BASE, at)]).toEqual([at, Errno.foreignPointer]);
    }
    for (const at of [NaN, Infinity, -Infinity, 200.5, 2 ** 31, 2 ** 32 + [...live][0]!, -0]) {
      expect(arenaFree(memory, BASE, at)).toBe(Errno.foreignPointer);
    }
    ArenaHeader.misuses.set(memory, BASE as never, 0);
    expect(memory.u8).toEqual(before);
  });

  test("no header forged inside a block makes it be freed there", () => {
    const memory = make(2048);
    const at = arenaAllocate(memory, BASE, 256);
    const real = memory.i32.slice((at - 8) >> 2, at >> 2);
    for (let inside = at + 8; inside < at + 256; inside += 8) {
      // The block's own header, one of a smaller block, a free one, and everything that a freed block leaves behind.
      for (const shape of [real[0]!, (64 << 2) | 3, 64 << 2, (64 << 2) | 1, 0, -1, 0xdbdbdbdb | 0]) {
        for (const previous of [real[1]!, inside - at, 0, -8, 0x7fffffff]) {
          memory.i32[(inside - 8) >> 2] = shape;
          memory.i32[(inside - 4) >> 2] = previous;
          expect([Errno.foreignPointer, Errno.doubleFree]).toContain(arenaFree(memory, BASE, inside));
          memory.i32[(at - 8) >> 2] = real[0]!;
          memory.i32[(at - 4) >> 2] = real[1]!;
        }
      }
    }
    expect(arenaCheck(memory, BASE)).toBeNull();
    expect(arenaFree(memory, BASE, at)).toBe(0);
  });

  test("who writes past his block is told when it or its neighbour is freed, and nothing is written elsewhere", () => {
    for (const garbage of [0, -1, 0x7fffffff, -0x80000000, 0x41414141, 8, 64 << 2, (64 << 2) | 3, (4096 << 2) | 31]) {
      const memory = make(1024);
      const blocks = [0, 1, 2].map(() => arenaAllocate(memory, BASE, 24));
      memory.i32[(blocks[1]! - 8) >> 2] = garbage;
      memory.i32[(blocks[1]! - 4) >> 2] = garbage;
      const before = memory.u8.slice();
      expect(arenaFree(memory, BASE, blocks[0]!)).toBe(Errno.invalidMemoryRegion);
      expect(arenaFree(memory, BASE, blocks[1]!)).toBe(Errno.invalidMemoryRegion);
      expect(arenaResize(memory, BASE, blocks[1]!, 400)).toBe(Errno.invalidMemoryRegion);
      expect(memory.u8).toEqual(before);
      expect(arenaCheck(memory, BASE)).not.toBeNull();
    }
  });

  test("links overwritten after a free are never followed", () => {
    for (const garbage of [-1, 0x7ffffff8, -0x80000000, 12, 200, 4096]) {
      const memory = make(1024);
      const blocks = [0, 1, 2, 3].map(() => arenaAllocate(memory, BASE, 24));
      arenaFree(memory, BASE, blocks[1]!);
      memory.i32[blocks[1]! >> 2] = garbage;
      memory.i32[(blocks[1]! + 4) >> 2] = garbage;
      expect(arenaAllocate(memory, BASE, 24)).toBe(Errno.invalidMemoryRegion);
      expect(arenaFree(memory, BASE, blocks[0]!)).toBe(Errno.invalidMemoryRegion);
      expect(arenaFree(memory, BASE, blocks[2]!)).toBe(Errno.invalidMemoryRegion);
      expect(arenaResize(memory, BASE, blocks[0]!, 40)).toBe(Errno.invalidMemoryRegion);
      expect(guardsHold(memory, 1024)).toBe(true);
    }
  });

  test("a damaged word about the block before is seen by who frees or resizes", () => {
    for (const garbage of [0, 8, 12, 24, 48, 1 << 20, -8, -1]) {
      const memory = make(1024);
      const blocks = [0, 1, 2].map(() => arenaAllocate(memory, BASE, 24));
      expect(ArenaBlock.previousBytes.get(memory, (blocks[1]! - 8) as never)).toBe(32);
      ArenaBlock.previousBytes.set(memory, (blocks[2]! - 8) as never, garbage);
      expect(arenaFree(memory, BASE, blocks[2]!)).toBe(Errno.invalidMemoryRegion);
      expect(arenaResize(memory, BASE, blocks[2]!, 8)).toBe(Errno.invalidMemoryRegion);
    }
  });

  test("a free block whose size was damaged within its size class is not given out", () => {
    const memory = make(1024);
    const blocks = [200, 200, 200].map((bytes) => arenaAllocate(memory, BASE, bytes));
    arenaFree(memory, BASE, blocks[1]!);
    ArenaBlock.shape.add(memory, (blocks[1]! - 8) as never, 8 << 2);
    const before = memory.u8.slice();
    expect(arenaAllocate(memory, BASE, 150)).toBe(Errno.invalidMemoryRegion);
    expect(memory.u8).toEqual(before);
  });

  test("a list's head that was made to lead outside is not written to", () => {
    const memory = make(1024);
    const at = arenaAllocate(memory, BASE, 40);
    arenaAllocate(memory, BASE, 40);
    const first = BASE + arenaOverheadBytes(1024);
    const heads = (BASE + ArenaHeader.size) >> 2;
    for (let word = heads; word < (BASE + ArenaHeader.liveBitsOffset.get(memory, BASE as never)) >> 2; word++) memory.i32[word] = 1024 + 8;
    expect(first).toBe(at - 8);
    expect(arenaFree(memory, BASE, at)).toBe(0);
    expect(guardsHold(memory, 1024)).toBe(true);
  });
});
