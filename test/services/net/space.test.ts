import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Address } from "../../../hal/field.ts";
import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaAllocate, arenaFormat } from "../../../kernel/arena.ts";
import { Space, spaceAcquire, spaceBlockBytes, spaceByte, spaceCapacity, spaceGrow, spaceInitialise, spaceMissing, spaceMove, spacePass, spacePut, spaceRelease, spaceShrink } from "../../../services/net/space.ts";

const ARENA = 4096;
const SOURCE = 0;
const CAPACITY = 512;
const SEQUENCE = 0x7fff_ff00;

function make(): { memory: Memory; space: Address<"Space"> } {
  const memory = new Memory(new ArrayBuffer(16 * 1024));
  arenaFormat(memory, ARENA, memory.bytes - ARENA);
  return { memory, space: create(memory, CAPACITY, SEQUENCE) };
}

function create(memory: Memory, capacity: number, sequence: number): Address<"Space"> {
  const at = arenaAllocate(memory, ARENA, spaceBlockBytes(capacity));
  memory.fill(at, spaceBlockBytes(capacity), 0xdb);
  return spaceInitialise(memory, at, capacity, sequence);
}

/** Puts `bytes` bytes of value `value` from place `index` on. */
function put(memory: Memory, space: Address<"Space">, index: number, bytes: number, value: number): number {
  memory.fill(SOURCE, bytes, value);
  return spacePut(memory, space, index, memory, SOURCE, bytes);
}

describe("a space", () => {
  test("keeps the first arrival of each byte, counts new ones, and knows what is missing", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(CAPACITY - 1), fc.integer({ min: 1, max: 200 })), { maxLength: 20 }), fc.array(fc.nat(CAPACITY), { maxLength: 5 }), (puts, from) => {
        const { memory, space } = make();
        const model = new Array<number>(CAPACITY).fill(-1);
        puts.forEach(([index, wanted], number) => {
          const bytes = Math.min(wanted, CAPACITY - index);
          let added = 0;
          for (let place = index; place < index + bytes; place++) if (model[place] < 0) [model[place], added] = [number, added + 1];
          expect(put(memory, space, index, bytes, number)).toBe(added);
        });
        const at = spaceByte(memory, space, SEQUENCE);
        for (let place = 0; place < CAPACITY; place++) if (model[place] >= 0) expect(memory.u8[at + place]).toBe(model[place]);
        for (const index of [0, ...from]) {
          const missing = model.findIndex((value, place) => place >= index && value < 0);
          expect(spaceMissing(memory, space, index)).toBe(missing < 0 ? CAPACITY : missing);
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("writes nothing outside its block", () => {
    const memory = new Memory(new ArrayBuffer(16 * 1024));
    arenaFormat(memory, ARENA, memory.bytes - ARENA);
    const before = arenaAllocate(memory, ARENA, 64);
    const space = create(memory, CAPACITY, SEQUENCE);
    const after = arenaAllocate(memory, ARENA, 64);
    memory.fill(before, 64, 7);
    memory.fill(after, 64, 7);
    put(memory, space, 0, CAPACITY, 9);
    for (const at of [before, after]) expect([...memory.u8.subarray(at, at + 64)]).toEqual(new Array(64).fill(7));
  });

  test("finds bytes by sequence number across 2^31 and 2^32", () => {
    const { memory, space } = make();
    expect(spaceByte(memory, space, (SEQUENCE + 300) | 0) - spaceByte(memory, space, SEQUENCE)).toBe(300);
    const wrapped = create(memory, CAPACITY, -10);
    expect(spaceByte(memory, wrapped, 5) - spaceByte(memory, wrapped, -10)).toBe(15);
  });

  test("moves into another, bytes and bits, without what is passed", () => {
    const { memory, space } = make();
    put(memory, space, 0, 70, 1);
    put(memory, space, 100, 50, 2);
    const larger = create(memory, 1024, SEQUENCE + 64);
    spaceMove(memory, larger, space, 64);
    expect(spaceMissing(memory, larger, 0)).toBe(6);
    expect(spaceMissing(memory, larger, 36)).toBe(86);
    expect([...memory.u8.subarray(spaceByte(memory, larger, SEQUENCE + 64), spaceByte(memory, larger, SEQUENCE + 70))]).toEqual([1, 1, 1, 1, 1, 1]);
    expect(memory.u8[spaceByte(memory, larger, SEQUENCE + 149)]).toBe(2);
    expect(put(memory, larger, 900, 124, 3)).toBe(124);
  });

  test("moves to its own front, and grows, bytes and bits", () => {
    const { memory, space } = make();
    put(memory, space, 0, 70, 1);
    put(memory, space, 100, 50, 2);
    put(memory, space, 500, 12, 3);
    spacePass(memory, space, 64);
    expect(Space.sequence.get(memory, space)).toBe(SEQUENCE + 64);
    const grown = spaceGrow(memory, ARENA, space, 1024) as Address<"Space">;
    expect(Space.capacity.get(memory, grown)).toBe(1024);
    expect([0, 36, 436].map((index) => spaceMissing(memory, grown, index))).toEqual([6, 86, 448]);
    const at = spaceByte(memory, grown, SEQUENCE + 64);
    expect([0, 5, 36, 85, 436, 447].map((place) => memory.u8[at + place])).toEqual([1, 1, 2, 2, 3, 3]);
    expect(put(memory, grown, 448, 1024 - 448, 4)).toBe(1024 - 448);
    expect(spaceGrow(memory, ARENA, grown, 64 * 1024)).toBeLessThan(0);
    expect([0, 36].map((index) => spaceMissing(memory, grown, index))).toEqual([6, 86]);
  });

  test("shrinks to what is kept and forgets the rest, unless a request holds it", () => {
    const { memory } = make();
    const space = create(memory, 2048, SEQUENCE);
    put(memory, space, 0, 600, 1);
    put(memory, space, 1500, 100, 2);
    spaceAcquire(memory, space);
    expect(spaceShrink(memory, ARENA, space, 600)).toBe(space);
    expect(Space.capacity.get(memory, space)).toBe(2048);
    expect(spaceMissing(memory, space, 0)).toBe(0);
    spaceRelease(memory, ARENA, space);
    const used = arenaAccount(memory, ARENA).usedBytes;
    const smaller = spaceShrink(memory, ARENA, space, 600);
    expect(Space.capacity.get(memory, smaller)).toBe(1024);
    expect(used - arenaAccount(memory, ARENA).usedBytes).toBe(spaceBlockBytes(2048) - spaceBlockBytes(1024));
    expect([...memory.u8.subarray(spaceByte(memory, smaller, SEQUENCE), spaceByte(memory, smaller, SEQUENCE) + 600)]).toEqual(new Array(600).fill(1));
    expect(spaceMissing(memory, smaller, 0)).toBe(0);
  });

  test("goes home with its last reference", () => {
    const { memory, space } = make();
    spaceAcquire(memory, space);
    spaceRelease(memory, ARENA, space);
    expect(arenaAccount(memory, ARENA).blocks).toBe(1);
    spaceRelease(memory, ARENA, space);
    expect(arenaAccount(memory, ARENA).blocks).toBe(0);
  });

  test("has a capacity that holds what is asked for, a multiple of 64, and never more than 160 KiB", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_536 + 2 + 65_536 + 31 }), (bytes) => {
        const capacity = spaceCapacity(bytes);
        expect(capacity).toBeGreaterThanOrEqual(bytes);
        expect(capacity % 64).toBe(0);
        expect(capacity).toBeLessThanOrEqual(160 * 1024);
        expect(capacity).toBeLessThanOrEqual(Math.max(512, bytes * 2));
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
