import { describe, expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import {
  ARENA_OVERHEAD_BYTES, ArenaBlock, ArenaHeader, arenaAccount, arenaAllocate, arenaCheck, arenaFirstAddress, arenaFormat, arenaFree, arenaHeap, arenaOverheadBytes, arenaResize,
} from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";
import { BASE, guardsHold, make } from "./arena/scene.ts";

describe("format", () => {
  test.each([ARENA_OVERHEAD_BYTES, 121, 127, 128, 256, 1000, 1024, 2047, 2048, 4096, 65536, 131072, 262144, 1048576, 3_000_000])(
    "an arena of %i bytes gives out its last byte",
    (bytes) => {
      const memory = make(bytes);
      expect(arenaCheck(memory, BASE)).toBeNull();
      const fresh = arenaAccount(memory, BASE);
      expect(fresh.sizeBytes).toBe(bytes & ~7);
      expect(fresh.overheadBytes + fresh.freeBytes).toBe(fresh.sizeBytes);
      expect(arenaAllocate(memory, BASE, fresh.largestFreeBytes + 1)).toBe(Errno.outOfMemory);
      const at = arenaAllocate(memory, BASE, fresh.largestFreeBytes);
      expect(at).toBe(BASE + arenaFirstAddress(bytes));
      memory.fill(at, fresh.largestFreeBytes, 0x11);
      expect(arenaCheck(memory, BASE)).toBeNull();
      expect(arenaAccount(memory, BASE).freeBytes).toBe(0);
      expect(arenaAllocate(memory, BASE, 1)).toBe(Errno.outOfMemory);
      expect(arenaFree(memory, BASE, at)).toBe(0);
      expect(arenaCheck(memory, BASE)).toBeNull();
      expect(arenaAccount(memory, BASE)).toMatchObject({ largestFreeBytes: fresh.largestFreeBytes, usedBytes: 0, blocks: 0, failures: 2 });
      expect(guardsHold(memory, bytes)).toBe(true);
    },
  );

  test("the stated smallest arena is the smallest", () => {
    const memory = new Memory(new ArrayBuffer(256));
    expect(() => arenaFormat(memory, 0, ARENA_OVERHEAD_BYTES - 1)).toThrow(/at least/);
    expect(arenaOverheadBytes(ARENA_OVERHEAD_BYTES) + 16).toBe(ARENA_OVERHEAD_BYTES);
  });

  test("what an arena keeps for itself shrinks with its size", () => {
    const share = (bytes: number): number => arenaOverheadBytes(bytes) / bytes;
    expect(share(1024)).toBeLessThan(0.16);
    expect(share(4096)).toBeLessThan(0.08);
    expect(share(65536)).toBeLessThan(0.025);
    expect(share(2 ** 30)).toBeLessThan(0.016);
  });

  test("a wrong place or size is a panic", () => {
    const memory = new Memory(new ArrayBuffer(4096));
    expect(() => arenaFormat(memory, 4, 1024)).toThrow(/multiple of 8/);
    expect(() => arenaFormat(memory, 3584, 1024)).toThrow(/within its memory/);
    expect(() => arenaFormat(memory, -8, 1024)).toThrow();
  });

  test("one gibibyte works at its far end", () => {
    const bytes = 2 ** 30;
    const memory = new Memory(new ArrayBuffer(bytes));
    arenaFormat(memory, 0, bytes);
    const most = bytes - arenaOverheadBytes(bytes) - 8;
    const head = arenaAllocate(memory, 0, most - 4096);
    const tail = arenaAllocate(memory, 0, 4000, 64);
    expect(head).toBe(arenaFirstAddress(bytes));
    expect(tail % 64).toBe(0);
    expect(tail).toBeGreaterThan(bytes - 4200);
    memory.fill(tail, 4000, 1);
    expect(arenaFree(memory, 0, tail)).toBe(0);
    expect(memory.u8[tail + 3999]).toBe(0xdb);
    expect(arenaResize(memory, 0, head, most)).toBe(head);
    expect(arenaAllocate(memory, 0, 1)).toBe(Errno.outOfMemory);
    expect(arenaAllocate(memory, 0, 1, 2 ** 30)).toBe(Errno.outOfMemory);
    expect(ArenaHeader.usedBytes.get(memory, 0 as never)).toBe(bytes - arenaOverheadBytes(bytes));
  });

  test("the records have their stated sizes", () => {
    expect(ArenaHeader.size).toBe(48);
    expect(ArenaBlock.size).toBe(16);
  });
});

describe("refusals", () => {
  test.each([0, -1, 1.5, NaN, Infinity, -Infinity])("a size of %d is invalid", (bytes) => {
    const memory = make(4096);
    const before = memory.u8.slice();
    expect(arenaAllocate(memory, BASE, bytes)).toBe(Errno.invalidArgument);
    const at = arenaAllocate(make(4096), BASE, 8);
    expect(arenaResize(memory, BASE, at, bytes)).toBe(Errno.invalidArgument);
    expect(memory.u8).toEqual(before);
  });

  test.each([0, 1, 2, 4, 7, 12, 24, -8, NaN, 8.5, 2 ** 31, 2 ** 32, 2 ** 40])("an alignment of %d is invalid", (alignment) => {
    const memory = make(4096);
    expect(arenaAllocate(memory, BASE, 8, alignment)).toBe(Errno.invalidArgument);
    expect(arenaAccount(memory, BASE).failures).toBe(0);
  });

  test.each([4096, 2 ** 30, 2 ** 31, 2 ** 32 + 8, 2 ** 40, Number.MAX_SAFE_INTEGER])("%d bytes are too many", (bytes) => {
    const memory = make(4096);
    expect(arenaAllocate(memory, BASE, bytes)).toBe(Errno.outOfMemory);
    const at = arenaAllocate(memory, BASE, 8);
    expect(arenaResize(memory, BASE, at, bytes)).toBe(Errno.outOfMemory);
    expect(arenaAccount(memory, BASE).failures).toBe(2);
    expect(arenaCheck(memory, BASE)).toBeNull();
  });

  test("memory that was never formatted is no arena", () => {
    const memory = new Memory(new ArrayBuffer(4096));
    expect(arenaAllocate(memory, 0, 8)).toBe(Errno.notInitialized);
    expect(arenaFree(memory, 0, 200)).toBe(Errno.notInitialized);
    expect(arenaResize(memory, 0, 200, 8)).toBe(Errno.notInitialized);
    expect(arenaAllocate(memory, 4090, 8)).toBe(Errno.notInitialized);
    expect(arenaAllocate(memory, -64, 8)).toBe(Errno.notInitialized);
    expect(arenaCheck(memory, 0)).toMatch(/no arena/);
  });

  test("a refused resize leaves the block, its content and the books as they were", () => {
    const memory = make(1024);
    const at = arenaAllocate(memory, BASE, 100);
    memory.fill(at, 100, 0x42);
    const used = arenaAccount(memory, BASE).usedBytes;
    expect(arenaResize(memory, BASE, at, 2000)).toBe(Errno.outOfMemory);
    expect(memory.u8.subarray(at, at + 100).every((byte) => byte === 0x42)).toBe(true);
    expect(arenaAccount(memory, BASE)).toMatchObject({ usedBytes: used, failures: 1, blocks: 1 });
  });
});

describe("views", () => {
  test("one arena through two memories: what one allocates the other frees", () => {
    const ram = make(4096);
    const window = ram.window(BASE, 4096);
    const at = arenaAllocate(ram, BASE, 100);
    expect(arenaCheck(window, 0)).toBeNull();
    expect(arenaAccount(window, 0)).toEqual(arenaAccount(ram, BASE));
    const moved = arenaResize(window, 0, at - BASE, 1000);
    expect(arenaFree(ram, BASE, moved + BASE)).toBe(0);
    expect(arenaFree(window, 0, at - BASE)).toBe(Errno.doubleFree);
  });

  test("the heap is a thin, frozen door", () => {
    const memory = make(4096);
    const heap = arenaHeap(memory, BASE);
    const at = heap.allocate(10, 64);
    expect(at % 64).toBe(0);
    const moved = heap.resize(at, 1000);
    expect(heap.free(moved)).toBe(0);
    expect(heap.free(moved)).toBe(Errno.doubleFree);
    expect(heap.memory).toBe(memory);
    expect(Object.isFrozen(heap)).toBe(true);
  });

  test("a window that does not hold the whole arena is no arena", () => {
    const ram = make(4096);
    const window = ram.window(BASE, 4088);
    expect(arenaAllocate(window, 0, 8)).toBe(Errno.notInitialized);
    expect(arenaFree(window, 0, arenaAllocate(ram, BASE, 8) - BASE)).toBe(Errno.notInitialized);
  });
});
