/**
 * Goal: a chosen part is asked in the place of the kernel's own; which parts were chosen stands in RAM, and snapshots know
 * it. Method: boot small machines with parts that only count, and read the record.
 */

import { describe, expect, test } from "vitest";
import { boot } from "../../kernel/boot.ts";
import { give } from "../../kernel/ipc.ts";
import { KernelState } from "../../kernel/process.ts";
import type { SeamChoice } from "../../kernel/seams.ts";
import { OWN_PARTS, SEAM_NAMES, SeamRecord, seamWords, seamsOf } from "../../kernel/seams.ts";
import { echo, processesOnly } from "./bench-services.ts";

const MANIFEST = processesOnly({ echo: { service: echo, priority: "userNormal", arenaBytes: 1024 } }, true);

function seamsIn(machine: ReturnType<typeof boot>): Record<string, unknown> {
  const view = SeamRecord.view(machine.ram, KernelState.seams.at(machine.kernelState)) as unknown as Record<string, unknown>;
  return Object.fromEntries(SEAM_NAMES.map((name) => [name, view[name]]));
}

test("without a choice every part is the kernel's own, and the record is zero", () => {
  const machine = boot(MANIFEST);
  expect(new Set(Object.values(seamsIn(machine)))).toEqual(new Set([0]));
  expect(seamsOf(undefined)).toBe(OWN_PARTS);
  expect(Object.isFrozen(OWN_PARTS)).toBe(true);
});

test("the record names each chosen part by the choice's number, and the others not", () => {
  const machine = boot(MANIFEST, { seams: { number: 24, parts: { give, fireTimers: () => {} } } });
  expect(seamsIn(machine)).toMatchObject({ give: 24, fireTimers: 24, receiver: 0, endWaits: 0 });
});

test("words name what is not the kernel's own", () => {
  const [own, other] = [boot(MANIFEST), boot(MANIFEST, { seams: { number: 24, parts: { give, endWaits: () => {} } } })];
  expect(seamWords(own.ram, KernelState.seams.at(own.kernelState))).toEqual([]);
  expect(seamWords(other.ram, KernelState.seams.at(other.kernelState))).toEqual(["give 24", "endWaits 24"]);
});

test("every seam has a byte of the record", () => {
  expect(SEAM_NAMES).toEqual(SeamRecord.fields.map(({ name }) => name).filter((name) => name !== "reserved"));
});

test("a snapshot is put back into a machine with the same choice only", () => {
  const choice: SeamChoice = { number: 7, parts: { give } };
  const [own, chosen, alike] = [boot(MANIFEST), boot(MANIFEST, { seams: choice }), boot(MANIFEST, { seams: choice })];
  alike.restore(chosen.snapshot());
  expect(alike.hash()).toBe(chosen.hash());
  expect(() => own.restore(chosen.snapshot())).toThrow("the snapshot is of a machine whose seam give has part 7; this one has part 0");
  expect(() => chosen.restore(own.snapshot())).toThrow("seam give has part 0; this one has part 7");
});

describe("a choice that makes no sense is refused", () => {
  test.each([0, 256, -1, 1.5, Number.NaN])("number %s", (number) => {
    expect(() => boot(MANIFEST, { seams: { number, parts: {} } })).toThrow("seams are chosen under a number from 1 to 255");
  });

  test("a seam that there is none of", () => {
    expect(() => boot(MANIFEST, { seams: { number: 1, parts: { wheel: () => {} } as SeamChoice["parts"] } })).toThrow("the kernel has no seam wheel; it has sendTarget");
  });
});

test.each([1, 255])("number %i is one", (number) => {
  expect(seamsIn(boot(MANIFEST, { seams: { number, parts: { give } } }))["give"]).toBe(number);
});
