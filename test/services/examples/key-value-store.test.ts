/** Goal: the store is a map with a bound. Method: random operations on it and on a Map, in arenas that are large enough and too small. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Errno } from "../../../kernel/errno.ts";
import { StoreOpcode } from "../../../services/examples/key-value-store-api.ts";
import { keyValueStore } from "../../../services/examples/key-value-store.ts";
import type { Bench } from "../../../sim/prototype.ts";
import { prototype } from "../../../sim/prototype.ts";

function store(entriesMax: number, arenaBytes = 4096): Bench {
  return prototype({ store: { service: keyValueStore, arenaBytes, parameters: { entriesMax } } });
}

const call = (bench: Bench, opcode: number, ...words: number[]): ReturnType<Bench["call"]> => bench.call("store.requests", opcode, ...words);

const operation = fc.record({
  opcode: fc.constantFrom(StoreOpcode.get, StoreOpcode.put, StoreOpcode.put, StoreOpcode.delete, StoreOpcode.count),
  // Few keys, so that they meet again; some differ only in the high word of their second half.
  key0: fc.constantFrom(0, 1, 2, 3, 2 ** 40),
  key1: fc.constantFrom(0, 2 ** 32, 2 ** 52),
  value: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
});

/** What a map would answer; null where only the arena decides. */
function expectAsMap(bench: Bench, model: Map<string, number>, entriesMax: number, roomy: boolean, { opcode, key0, key1, value }: { opcode: number; key0: number; key1: number; value: number }): void {
  const key = `${key0} ${key1}`;
  const answer = call(bench, opcode, key0, key1, value, 7);
  if (opcode === StoreOpcode.get) expect(answer).toEqual(model.has(key) ? { status: 0, data0: model.get(key), data1: 7, data2: 0, data3: 0 } : { status: Errno.notFound, data0: 0, data1: 0, data2: 0, data3: 0 });
  else if (opcode === StoreOpcode.delete) expect(answer.status).toBe(model.delete(key) ? Errno.ok : Errno.notFound);
  else if (opcode === StoreOpcode.count) expect(answer).toMatchObject({ status: 0, data0: model.size, data1: entriesMax });
  else {
    const full = !model.has(key) && model.size >= entriesMax;
    const short = !model.has(key) && !full && !roomy && answer.status === Errno.outOfMemory;
    expect(answer.status).toBe(full ? Errno.resourceExhausted : short ? Errno.outOfMemory : Errno.ok);
    if (answer.status === Errno.ok) model.set(key, value);
  }
}

describe("like a map", () => {
  test.each([
    [1, 4096, true],
    [5, 4096, true],
    [100, 4096, true],
    [100, 832, false],
  ])("of at most %i entries in an arena of %i bytes", (entriesMax, arenaBytes, roomy) => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (operations) => {
        const bench = store(entriesMax, arenaBytes);
        const model = new Map<string, number>();
        for (const one of operations) expectAsMap(bench, model, entriesMax, roomy, one);
      }),
      { seed: 1, numRuns: 25 },
    );
  });
});

test("an arena that is too small for the next entry refuses it, and all others stay", () => {
  const bench = store(1000, 832);
  let entries = 0;
  while (call(bench, StoreOpcode.put, entries, 0, entries * 3).status === Errno.ok) entries += 1;
  expect(entries).toBeGreaterThan(2);
  expect(entries).toBeLessThan(1000);
  expect(call(bench, StoreOpcode.put, entries).status).toBe(Errno.outOfMemory);
  expect(call(bench, StoreOpcode.count)).toMatchObject({ data0: entries });
  for (let key = 0; key < entries; key++) expect(call(bench, StoreOpcode.get, key)).toMatchObject({ status: Errno.ok, data0: key * 3 });
});

test("an arena without room for the empty map answers every call so", () => {
  const bench = store(10, 192);
  for (const opcode of Object.values(StoreOpcode)) expect(call(bench, opcode).status).toBe(Errno.outOfMemory);
});

test("an opcode that it does not know is refused", () => {
  expect(call(store(1), 99).status).toBe(Errno.invalidMessage);
});
