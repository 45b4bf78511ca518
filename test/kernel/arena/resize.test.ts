/** Where blocks go: alignment, poison, and what resize does before it gives up. */

import { describe, expect, test } from "vitest";
import {
  ARENA_POISON, arenaAccount, arenaAllocate, arenaCheck, arenaFree, arenaResize,
} from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import { BASE, make } from "./scene.ts";

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

  test("a block in used memory is given out without old links", () => {
    const memory = make(1024);
    const blocks = [0, 1, 2, 3, 4].map(() => arenaAllocate(memory, BASE, 40));
    arenaFree(memory, BASE, blocks[1]!);
    arenaFree(memory, BASE, blocks[3]!);
    const at = arenaAllocate(memory, BASE, 40);
    expect(at).toBe(blocks[3]);
    expect(memory.u8.subarray(at, at + 40).every((byte) => byte === ARENA_POISON)).toBe(true);
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

  test("slides also into a large free block that too many smaller ones hide; the old address is then a double free", () => {
    const memory = make(16384);
    const large = arenaAllocate(memory, BASE, 560);
    const at = arenaAllocate(memory, BASE, 40);
    memory.fill(at, 40, 0x77);
    arenaAllocate(memory, BASE, 8);
    const small: number[] = [];
    for (let i = 0; i < 8; i++) {
      small.push(arenaAllocate(memory, BASE, 504));
      arenaAllocate(memory, BASE, 8);
    }
    while (arenaAllocate(memory, BASE, 504) > 0 || arenaAllocate(memory, BASE, 8) > 0);
    arenaFree(memory, BASE, large);
    for (const one of small) arenaFree(memory, BASE, one);
    expect(arenaAllocate(memory, BASE, 552)).toBe(Errno.outOfMemory);
    expect(arenaResize(memory, BASE, at, 552)).toBe(large);
    expect(memory.u8.subarray(large, large + 40).every((byte) => byte === 0x77)).toBe(true);
    expect(arenaCheck(memory, BASE)).toBeNull();
    expect(arenaFree(memory, BASE, at)).toBe(Errno.doubleFree);
  });
});
