/** The same trace in arenas at different places. Random traces of all kinds: arena.property.test.ts. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { Model, steps } from "./arena-model.ts";

test("the same trace gives the same bytes, whatever the arena's place", () => {
  fc.assert(
    fc.property(steps(400), (trace) => {
      const here = new Model(0, 2048);
      const there = new Model(256, 2048);
      for (const step of trace) {
        if (step.kind === "stray") continue;
        here.run(step);
        there.run(step);
      }
      expect(there.memory.u8.slice(256, 256 + 2048)).toEqual(here.memory.u8.slice(0, 2048));
    }),
    { seed: 1, numRuns: 50 },
  );
});
