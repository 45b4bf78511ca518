import { expect, test } from "vitest";
import { closest } from "../../sim/suggest.ts";

const names = ["capture", "config", "decisions", "json", "ram", "seed", "set"];

test("a slip of the finger finds the name that was meant", () => {
  expect(["captuer", "Capture", "jsno", "decision", "confg", "sedd"].map((name) => closest(name, names))).toEqual(["capture", "capture", "json", "decisions", "config", "seed"]);
});

test("what resembles nothing finds nothing", () => {
  expect(["", "frobnicate", "verbose"].map((name) => closest(name, names))).toEqual(["", "", ""]);
  expect(closest("anything", [])).toBe("");
});
