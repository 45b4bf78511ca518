import fc from "fast-check";
import { expect, test } from "vitest";
import { mapCount, mapCreate, mapFree } from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import { TestHeap } from "./heap-with-failures.ts";
import type { MapAddress } from "./map-tools.ts";
import { KEYS, VALUE_BYTES, entries, find, insert, remove } from "./map-tools.ts";

function compare(heap: TestHeap, map: MapAddress, model: ReadonlyMap<string, number>): void {
  expect(mapCount(heap.memory, map)).toBe(model.size);
  const found = entries(heap.memory, map);
  expect(found.size).toBe(model.size);
  for (const [text, value] of model) {
    expect(found.get(text)).toBe(value);
    const at = find(heap.memory, map, text);
    expect(at).toBeGreaterThan(0);
    expect([...heap.memory.i32.subarray(at >> 2, (at + VALUE_BYTES) >> 2)]).toEqual([value, value, value]);
  }
}

type Step = { kind: "insert" | "remove" | "find" | "starve"; key: string; allowed: number };

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof({ weight: 5, arbitrary: fc.constant("insert" as const) }, { weight: 3, arbitrary: fc.constant("remove" as const) },
    { weight: 1, arbitrary: fc.constant("find" as const) }, { weight: 2, arbitrary: fc.constant("starve" as const) }),
  key: fc.constantFrom(...KEYS),
  allowed: fc.nat(3),
});

class Run {
  readonly heap = new TestHeap(16384);
  readonly model = new Map<string, number>();
  readonly map: MapAddress;
  readonly entriesMax: number;
  written = 0;

  constructor(entriesMax: number) {
    this.entriesMax = entriesMax;
    this.map = mapCreate(this.heap, VALUE_BYTES, entriesMax);
  }

  step(one: Step): void {
    const { heap, map, model } = this;
    if (one.kind === "find") expect(find(heap.memory, map, one.key) > 0).toBe(model.has(one.key));
    else if (one.kind === "remove") {
      expect(remove(heap, map, one.key)).toBe(model.delete(one.key) ? 0 : Errno.notFound);
    } else this.insert(one);
    compare(heap, map, model);
    heap.check();
  }

  insert(one: Step): void {
    const { heap, map, model } = this;
    heap.allowed = one.kind === "starve" ? one.allowed : Infinity;
    const used = heap.used;
    const at = insert(heap, map, one.key);
    heap.allowed = Infinity;
    if (at < 0) {
      expect(model.has(one.key)).toBe(false);
      if (one.kind === "insert") expect([at, model.size]).toEqual([Errno.resourceExhausted, this.entriesMax]);
      else expect([Errno.outOfMemory, Errno.resourceExhausted]).toContain(at);
      expect(heap.used).toBe(used);
      return;
    }
    const words = heap.memory.i32.subarray(at >> 2, (at + VALUE_BYTES) >> 2);
    const value = model.get(one.key) ?? 0;
    expect([...words]).toEqual([value, value, value]);
    this.written += 1;
    words.fill(this.written);
    model.set(one.key, this.written);
  }
}

test("behaves as a Map with a bound, also when memory is refused at any call", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(step, { maxLength: 150, size: "max" }), (entriesMax, trace) => {
      const run = new Run(entriesMax);
      for (const one of trace) run.step(one);
      expect(mapFree(run.heap, run.map)).toBe(0);
      expect(run.heap.used).toBe(0);
      run.heap.check();
    }),
    { seed: 1, numRuns: 100 },
  );
});
