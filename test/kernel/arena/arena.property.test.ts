/**
 * The arena beside its model: random traces of allocations, frees, resizes and wrong addresses, in arenas from the
 * smallest to some that have all their lists, everything compared after every step.
 *
 * PROPERTY_RUNS says how many sequences; `npm run test:properties` runs 10,000.
 */

import fc from "fast-check";
import { test } from "vitest";
import { Model, steps } from "./arena-model.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 200);

/** Weights: how many of 15 traces run there. Large arenas take long to compare. */
const ARENAS = [
  { base: 0, sizeBytes: 120, bytesMax: 24, weight: 2 },
  { base: 64, sizeBytes: 256, bytesMax: 100, weight: 3 },
  { base: 0, sizeBytes: 512, bytesMax: 200, weight: 3 },
  { base: 8, sizeBytes: 1024, bytesMax: 400, weight: 3 },
  { base: 64, sizeBytes: 4096, bytesMax: 1000, weight: 2 },
  { base: 0, sizeBytes: 16384, bytesMax: 3000, weight: 1 },
  { base: 128, sizeBytes: 131072, bytesMax: 20000, weight: 1 },
];

const traces = fc.oneof(...ARENAS.map(({ weight, ...arena }) => ({ weight, arbitrary: steps(arena.bytesMax).map((trace) => ({ arena, trace })) })));

test("an arena does what its model does, and its own check finds nothing, after every step", () => {
  fc.assert(
    fc.property(traces, ({ arena, trace }) => {
      const model = new Model(arena.base, arena.sizeBytes);
      for (const step of trace) model.run(step);
      model.freeAll();
    }),
    { seed: 1, numRuns: RUNS },
  );
});
