import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Memory } from "../../../hal/memory.ts";
import {
  ByteString, byteStringBytes, byteStringCreate, byteStringEquals, byteStringLength, bytesEqual, bytesHash, copyBytes,
} from "../../../kernel/collections/byte-string.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap, bytesOf, textAt } from "./heap-with-failures.ts";

const anyBytes = fc.uint8Array({ maxLength: 90 });
const SEEDED = { seed: 1, numRuns: 500 };

/** The bytes at some place in a memory filled with noise. */
function placed(bytes: Uint8Array, at: number): Memory {
  const memory = new Memory(new ArrayBuffer(128));
  memory.u8.fill(0x5a);
  memory.u8.set(bytes, at);
  return memory;
}

describe("byte strings", () => {
  test("hold what they were made of, from any place", () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(20), (bytes, at) => {
        const heap = new TestHeap(1024);
        const string = byteStringCreate(heap, placed(bytes, at), at, bytes.length);
        expect(string).toBeGreaterThan(0);
        expect(byteStringLength(heap.memory, string)).toBe(bytes.length);
        const first = byteStringBytes(heap.memory, string);
        expect(heap.memory.u8.slice(first, first + bytes.length)).toEqual(bytes);
        expect(byteStringEquals(heap.memory, string, placed(bytes, 7), 7, bytes.length)).toBe(true);
        heap.check();
        expect(heap.free(string)).toBe(0);
        expect(heap.used).toBe(0);
      }),
      SEEDED,
    );
  });

  test("are copied within one memory too, long and short", () => {
    const heap = new TestHeap(4096);
    for (const length of [0, 1, 5, 63, 64, 65, 300]) {
      const from = bytesOf("x".repeat(length));
      const first = byteStringCreate(heap, from.memory, from.at, length);
      const second = byteStringCreate(heap, heap.memory, byteStringBytes(heap.memory, first), length);
      expect(textAt(heap.memory, byteStringBytes(heap.memory, second), length)).toBe("x".repeat(length));
    }
    heap.check();
  });

  test("a length or place outside the source is refused, and a full heap", () => {
    const heap = new TestHeap(256);
    const source = new Memory(new ArrayBuffer(512));
    for (const [from, length] of [[0, -1], [-1, 4], [0, 513], [510, 4], [NaN, 1], [0, NaN]]) {
      expect(byteStringCreate(heap, source, from!, length!)).toBe(Errno.invalidArgument);
    }
    expect(byteStringCreate(heap, source, 0, 300)).toBe(Errno.outOfMemory);
    expect(heap.used).toBe(0);
    expect(ByteString.size).toBe(4);
  });

  test("equality is that of the bytes", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.nat(20), fc.nat(20), (a, b, atA, atB) => {
        const same = a.length === b.length && a.every((byte, i) => byte === b[i]);
        const heap = new TestHeap(512);
        const string = byteStringCreate(heap, placed(a, atA), atA, a.length);
        expect(byteStringEquals(heap.memory, string, placed(b, atB), atB, b.length)).toBe(same);
        const most = Math.min(a.length, b.length);
        const prefix = a.subarray(0, most).every((byte, i) => byte === b[i]);
        expect(bytesEqual(placed(a, atA), atA, placed(b, atB), atB, most)).toBe(prefix);
      }),
      SEEDED,
    );
  });

  test("every single byte counts, for equality and hash", () => {
    for (let length = 1; length < 40; length++) {
      const bytes = new Uint8Array(length).map((_, i) => i * 7);
      const whole = placed(bytes, 5);
      for (let i = 0; i < length; i++) {
        const other = placed(bytes, 5);
        other.u8[5 + i]! ^= 0x10;
        expect(bytesEqual(whole, 5, other, 5, length)).toBe(false);
        expect(bytesHash(whole, 5, length)).not.toBe(bytesHash(other, 5, length));
      }
      expect(bytesHash(whole, 5, length)).not.toBe(bytesHash(whole, 5, length - 1));
      expect(bytesHash(whole, 5, length)).not.toBe(bytesHash(whole, 5, length, 1));
    }
  });

  test("the hash depends on the bytes only, and is an i32", () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(20), fc.nat(20), (bytes, at, elsewhere) => {
        const hash = bytesHash(placed(bytes, at), at, bytes.length);
        expect(hash).toBe(bytesHash(placed(bytes, elsewhere), elsewhere, bytes.length));
        expect(hash | 0).toBe(hash);
      }),
      SEEDED,
    );
  });

  test("the hash spreads addresses as clients have them over few chains", () => {
    const chains = new Int32Array(1024);
    for (let i = 0; i < 4096; i++) {
      const key = bytesOf(`10.${i >> 8}.${i & 255}.7`);
      chains[bytesHash(key.memory, key.at, key.length) & 1023]! += 1;
    }
    // 4 on average; 20 has a chance of one in a million a chain if keys fall evenly.
    expect(Math.max(...chains)).toBeLessThan(20);
  });

  test("copying leaves what is around alone", () => {
    fc.assert(
      fc.property(anyBytes, fc.nat(20), fc.nat(20), (bytes, from, to) => {
        const target = placed(new Uint8Array(0), 0);
        copyBytes(target, to, placed(bytes, from), from, bytes.length);
        expect(target.u8).toEqual(placed(bytes, to).u8);
      }),
      SEEDED,
    );
  });
});
