import { describe, expect, test } from "vitest";
import { findUnfrozen } from "./frozen.ts";
import { loadModules, machineModules } from "./layouts.ts";
import { sources } from "./source.ts";

test("what the modules of the machine export cannot change", async () => {
  const modules = await loadModules(machineModules(sources()));
  const seen = new Set<unknown>();
  const found = [...modules].flatMap(([path, exports]) => Object.entries(exports).flatMap(([name, value]) => findUnfrozen(`${path} ${name}`, value, false, seen)));
  expect(found).toEqual([]);
});

describe("caught", () => {
  test.each([
    [{}, ["x"]],
    [Object.freeze({ a: Object.freeze([{ b: 1 }]) }), ["x.a.0"]],
    [Object.freeze([[]]), ["x.0"]],
    [Object.freeze({ a: new Map() }), ["x.a: a Map can always change"]],
    [Object.freeze({ a: new Uint8Array(1) }), ["x.a: bytes can always change"]],
  ])("%j", (value, expected) => {
    expect(findUnfrozen("x", value, false)).toEqual(expected);
  });

  test("nothing that is fixed, and no view on RAM where one belongs", () => {
    const ring: { self: unknown } = { self: null };
    ring.self = ring;
    expect(findUnfrozen("x", Object.freeze(ring), false)).toEqual([]);
    expect(findUnfrozen("x", Object.freeze({ a: 1, b: "c", d: () => {}, e: Object.freeze([1]) }), false)).toEqual([]);
    expect(findUnfrozen("x", Object.freeze({ a: new Uint8Array(1) }), true)).toEqual([]);
  });
});
