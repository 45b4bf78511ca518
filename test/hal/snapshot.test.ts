import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Panic } from "../../hal/assert.ts";
import { Memory } from "../../hal/memory.ts";
import { hashBytes, hashText, restore, snapshot, snapshotInto } from "../../hal/snapshot.ts";

function memoryOf(bytes: ArrayLike<number>): Memory {
  const memory = new Memory(new ArrayBuffer((bytes.length + 7) & ~7));
  memory.u8.set(bytes);
  return memory;
}

describe("snapshots", () => {
  test("give every byte back, and are copies", () => {
    const memory = memoryOf(Array.from({ length: 4096 }, (_, i) => (i * 37) & 255));
    const kept = snapshot(memory);
    const hash = hashBytes(memory);
    memory.fill(0, 4096, 0xaa);
    expect(kept[1]).toBe(37);
    expect(hashBytes(memory)).not.toBe(hash);
    restore(memory, kept);
    expect(hashBytes(memory)).toBe(hash);
    expect(memory.u8).toEqual(kept);
  });

  test("a window's snapshot is the window's alone", () => {
    const memory = memoryOf(Array.from({ length: 64 }, (_, i) => i));
    const window = memory.window(16, 8);
    expect([...snapshot(window)]).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
    restore(window, new Uint8Array(8));
    expect([memory.u8[15], memory.u8[16], memory.u8[24]]).toEqual([15, 0, 24]);
  });

  test("another size is refused", () => {
    const memory = memoryOf(new Uint8Array(64));
    expect(() => restore(memory, new Uint8Array(63))).toThrow(Panic);
    expect(() => snapshotInto(memory, new Uint8Array(65))).toThrow(Panic);
  });
});

describe("the hash", () => {
  test("is 16 hex digits, the same for the same bytes wherever they lie", () => {
    const memory = memoryOf(new Uint8Array(128));
    memory.u8.set([1, 2, 3], 0);
    memory.u8.set([1, 2, 3], 64);
    expect(hashBytes(memory.window(0, 64))).toBe(hashBytes(memory.window(64, 64)));
    expect(hashBytes(memory)).toMatch(/^[0-9a-f]{16}$/);
  });

  test("is fixed: recorded runs compare by it", () => {
    const memory = memoryOf(Array.from({ length: 1000 }, (_, i) => (i * i) & 255));
    expect([hashBytes(memory), hashBytes(memory.window(0, 4)), hashText("veridian")]).toEqual(["a9628af1e9f135b1", "06866cadab54456b", "abe2f8fa1523f344"]);
  });

  test("differs for any two memories that differ in one word, and for zeros of different length", () => {
    const seen = new Set<string>();
    for (let bytes = 4; bytes <= 256; bytes += 4) seen.add(hashBytes(new Memory(new ArrayBuffer(bytes))));
    expect(seen.size).toBe(64);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, where, flip) => {
        const memory = memoryOf(bytes);
        const before = hashBytes(memory);
        memory.u8[where % bytes.length] ^= flip;
        expect(hashBytes(memory)).not.toBe(before);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  test("one bit, anywhere, changes about half of the hash's bits", () => {
    const memory = new Memory(new ArrayBuffer(2048));
    const base = BigInt(`0x${hashBytes(memory)}`);
    const flips = new Array<number>(64).fill(0);
    let least = 64;
    for (let bit = 0; bit < 2048 * 8; bit++) {
      memory.u8[bit >> 3] ^= 1 << (bit & 7);
      let changed = BigInt(`0x${hashBytes(memory)}`) ^ base;
      memory.u8[bit >> 3] ^= 1 << (bit & 7);
      let count = 0;
      for (let i = 0; i < 64; i++, changed >>= 1n) {
        if ((changed & 1n) === 0n) continue;
        count += 1;
        flips[i] += 1;
      }
      least = Math.min(least, count);
    }
    expect(least).toBeGreaterThan(10);
    for (const count of flips) expect(count / (2048 * 8)).toBeCloseTo(0.5, 1);
  });

  test("words that change places change it", () => {
    const memory = memoryOf(new Uint8Array(64));
    memory.i32.set([5, 9], 3);
    const before = hashBytes(memory);
    memory.i32.set([9, 5], 3);
    expect(hashBytes(memory)).not.toBe(before);
  });

  test("two hundred thousand small memories have two hundred thousand hashes", () => {
    const memory = new Memory(new ArrayBuffer(16));
    const seen = new Set<string>();
    for (let i = 0; i < 200_000; i++) {
      memory.i32[i & 3] = i;
      memory.i32[(i + 1) & 3] = i;
      seen.add(hashBytes(memory));
    }
    expect(seen.size).toBe(200_000);
  });

  test("tells texts apart", () => {
    const seen = new Set(["", "a", "b", "aa", "ab", "ba", "a\u0000", "\u0000", "\u0000\u0000", "ä", "\u0100"].map(hashText));
    expect(seen.size).toBe(11);
  });
});
