/** Goal: each checker sees what it is for, says which field, and is not set off by what is none of its business. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHECKERS, checkInvariants, observe } from "../../../kernel/invariants/invariants.ts";
import { CORRUPTIONS } from "./corruptions.ts";
import { NIC_CORRUPTIONS } from "./nic-corruptions.ts";
import { makeNicScene, makeScene, makeVirtioScene } from "./scene.ts";
import { VIRTIO_CORRUPTIONS } from "./virtio-corruptions.ts";

describe.each([
  ["the scene", makeScene, CORRUPTIONS],
  ["the NIC scene", makeNicScene, NIC_CORRUPTIONS],
  ["the virtio scene", makeVirtioScene, VIRTIO_CORRUPTIONS],
] as const)("%s", (_name, make, corruptions) => {
  const { machine, tables } = make();
  const whole = machine.snapshot();
  const seen = observe(machine);

  test("everything holds before", () => expect(checkInvariants(machine, seen)).toEqual([]));

  test.each(corruptions.map((corruption, number) => ({ ...corruption, number })))("$number $checker sees $place", ({ checker, place, companions = [], corrupt }) => {
    machine.restore(whole);
    corrupt(tables);
    expect(machine.snapshot()).not.toEqual(whole);
    const problems = checkInvariants(machine, seen);
    expect(problems.filter((problem) => problem.checker === checker).map((problem) => problem.place)).toContain(place);
    const told = new Set(problems.map((problem) => problem.checker));
    expect([...told].filter((name) => name !== checker && !companions.includes(name))).toEqual([]);
    expect(companions.filter((name) => !told.has(name))).toEqual([]);
    machine.restore(whole);
    expect(checkInvariants(machine, seen)).toEqual([]);
  });
});

test("each checker has its corruptions, and each corruption its checker", () => {
  const names = CHECKERS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect([...new Set([...CORRUPTIONS, ...NIC_CORRUPTIONS].map(({ checker }) => checker))].sort()).toEqual([...names].sort());
});

test("the page has each checker with its rule", () => {
  const page = readFileSync("kernel/invariants/README.md", "utf8");
  const rows = page.split("\n").filter((line) => /^\| [a-z]+-/.test(line));
  expect(rows).toEqual(CHECKERS.map(({ name, rule }) => `| ${name} | ${rule} |`));
});
