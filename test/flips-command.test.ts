import { expect, test } from "vitest";
import { veridian } from "./commanding.ts";

const FEW = Object.freeze(["flips", "process", "--per-structure", "2", "--structure", "endpoints", "--structure", "trace", "--structure", "arena.lb.header"]);

test("flips: the same report by one thread and by two, and as a table", () => {
  const one = veridian(...FEW, "--json");
  expect([one.code, one.err]).toEqual([0, ""]);
  const said = JSON.parse(one.out) as { readonly flips: readonly object[]; readonly rows: readonly { readonly structure: string; readonly flips: number }[]; readonly total: { readonly flips: number } };
  expect(said).toMatchObject({ schema: 1, experiment: "process", seed: 1, perStructure: 2, total: { flips: 6 } });
  expect(said.rows.map(({ structure, flips }) => [structure, flips])).toEqual([["trace", 2], ["endpoints", 2], ["arena.lb.header", 2]]);
  expect(veridian(...FEW, "--json", "--jobs", "2").out).toBe(one.out);
  const table = veridian(...FEW);
  expect(table.out).toMatch(/^structure +flips +masked +detected +fault +wrong\n/);
  expect(table.out).toMatch(/\nall +6 /);
});

test("flips: what is not there is refused", () => {
  expect(veridian("flips", "nothing").code).toBe(2);
  const { code, err } = veridian("flips", "process", "--structure", "endpoint");
  expect([code, err]).toEqual([2, "veridian flips: --structure endpoint: there is no such structure; expected endpoints, perhaps\n"]);
});
