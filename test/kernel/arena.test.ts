import { describe, expect, test } from "vitest";
import { Memory } from "../../hal/memory.ts";
import {
  ARENA_OVERHEAD_BYTES, ArenaBlock, ArenaHeader, arenaAccount, arenaAllocate, arenaCheck, arenaFirstAddress, arenaFormat, arenaFree, arenaHeap,
  arenaOverheadBytes, arenaResize,
} from "../../kernel/arena.ts";
import { Errno } from "../../kernel/errno.ts";

const BASE = 64;

/** An arena between two stretches of guard bytes. */
function make(bytes: number): Memory {
  const memory = new Memory(new ArrayBuffer((BASE + bytes + 64) & ~7));
  memory.u8.fill(0xa5);
  arenaFormat(memory, BASE, bytes);
  return memory;
}

function guardsHold(memory: Memory, bytes: number): boolean {
  return memory.u8.subarray(0, BASE).every((byte) => byte === 0xa5) && memory.u8.subarray(BASE + bytes).every((byte) => byte === 0xa5);
}

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

describe("alignment", () => {
  test("every power of two up to a page, in any order", () => {
    for (const bytes of [1, 8, 24, 100]) {
      const memory = make(65536);
      for (const alignment of [8, 4096, 16, 2048, 32, 1024, 64, 512, 128, 256]) {
        const at = arenaAllocate(memory, BASE, bytes, alignment);
        expect(at % alignment).toBe(0);
        memory.fill(at, bytes, 0xff);
        expect(arenaCheck(memory, BASE)).toBeNull();
      }
    }
  });

  test("a block that moves keeps its alignment", () => {
    const memory = make(65536);
    const at = arenaAllocate(memory, BASE, 100, 512);
    while (arenaAllocate(memory, BASE, 8) < at);
    const moved = arenaResize(memory, BASE, at, 5000);
    expect(moved).not.toBe(at);
    expect(moved % 512).toBe(0);
  });

  test("an aligned request takes a free block that is just large enough by its place", () => {
    const memory = make(1024);
    const first = arenaAllocate(memory, BASE, 48);
    const rest = arenaAccount(memory, BASE).largestFreeBytes;
    const at = (first + 56 + 255) & -256;
    const gap = at - (first + 56);
    expect(gap).toBeGreaterThanOrEqual(16);
    expect(arenaAllocate(memory, BASE, rest - gap, 256)).toBe(at);
    expect(arenaCheck(memory, BASE)).toBeNull();
  });
});

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
});

describe("poison", () => {
  test("freed memory is 0xDB but for links", () => {
    const memory = make(4096);
    const [a, b, c] = [arenaAllocate(memory, BASE, 200), arenaAllocate(memory, BASE, 200), arenaAllocate(memory, BASE, 200)];
    for (const at of [a, b, c]) memory.fill(at, 200, 0x33);
    arenaFree(memory, BASE, b);
    expect(memory.u8.subarray(b + 8, b + 200).every((byte) => byte === 0xdb)).toBe(true);
    arenaFree(memory, BASE, a);
    expect(memory.u8.subarray(a + 8, a + 200).every((byte) => byte === 0xdb)).toBe(true);
    expect(memory.u8.subarray(b, b + 200).every((byte) => byte === 0xdb)).toBe(true);
    expect(memory.u8.subarray(c, c + 200).every((byte) => byte === 0x33)).toBe(true);
  });

  test("what shrinking gives back is poisoned", () => {
    const memory = make(4096);
    const at = arenaAllocate(memory, BASE, 400);
    memory.fill(at, 400, 0x33);
    arenaAllocate(memory, BASE, 8);
    expect(arenaResize(memory, BASE, at, 104)).toBe(at);
    expect(memory.u8.subarray(at, at + 104).every((byte) => byte === 0x33)).toBe(true);
    expect(memory.u8.subarray(at + 104 + 16, at + 400).every((byte) => byte === 0xdb)).toBe(true);
    expect(arenaCheck(memory, BASE)).toBeNull();
  });
});

describe("resize", () => {
  test("grows in place into a free neighbour", () => {
    const memory = make(4096);
    const at = arenaAllocate(memory, BASE, 40);
    const next = arenaAllocate(memory, BASE, 400);
    arenaAllocate(memory, BASE, 8);
    arenaFree(memory, BASE, next);
    expect(arenaResize(memory, BASE, at, 300)).toBe(at);
    expect(arenaCheck(memory, BASE)).toBeNull();
  });

  test("slides towards the start where nothing else is left, and keeps its content", () => {
    const memory = make(1024);
    const before = arenaAllocate(memory, BASE, 160);
    const at = arenaAllocate(memory, BASE, 200);
    for (let i = 0; i < 200; i++) memory.u8[at + i] = i;
    const rest = arenaAllocate(memory, BASE, arenaAccount(memory, BASE).largestFreeBytes);
    arenaFree(memory, BASE, before);
    expect(arenaAccount(memory, BASE).largestFreeBytes).toBe(160);
    expect(arenaResize(memory, BASE, at, 340)).toBe(before);
    for (let i = 0; i < 200; i++) expect(memory.u8[before + i]).toBe(i);
    expect(arenaCheck(memory, BASE)).toBeNull();
    expect(arenaFree(memory, BASE, at)).toBeLessThan(0);
    expect(arenaFree(memory, BASE, before)).toBe(0);
    expect(arenaFree(memory, BASE, rest)).toBe(0);
    expect(arenaAccount(memory, BASE)).toMatchObject({ usedBytes: 0, failures: 0 });
  });

  test("a shrunk block gives back even 8 bytes, if what follows is free", () => {
    const memory = make(1024);
    const at = arenaAllocate(memory, BASE, 40);
    const free = arenaAccount(memory, BASE).freeBytes;
    expect(arenaResize(memory, BASE, at, 32)).toBe(at);
    expect(arenaAccount(memory, BASE).freeBytes).toBe(free + 8);
    expect(arenaCheck(memory, BASE)).toBeNull();
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
});
