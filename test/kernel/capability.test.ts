/** Tokens and spaces: the format, what is never repeated, the quota, the second level, and every edge of them. */

import { expect, test } from "vitest";
import { CapabilitySpace, CapabilityState, CapabilityTable, ObjectType, findHeld, lookUp, mint } from "../../kernel/capability.ts";
import { deleteSlot } from "../../kernel/capability/revoke.ts";
import { ALL_RIGHTS, GOVERNING_RIGHTS } from "../../kernel/capability/right.ts";
import { slotNumber } from "../../kernel/capability/slot.ts";
import type { SlotOfCapability } from "../../kernel/capability/slot.ts";
import { NUMBERS_END } from "../../kernel/capability/token.ts";
import { Errno } from "../../kernel/errno.ts";
import { ProcessRecord } from "../../kernel/process.ts";
import { Right } from "../../kernel/service.ts";
import type { Bench } from "./capability/bench.ts";
import { cell, makeBench } from "./capability/bench.ts";
import { checkCapabilityTree } from "./capability/tree-check.ts";

/** Capabilities that boot gives each process of the bench. */
const BOOT = 9;

/** RAM addresses for 16 tokens in the memory of process 0. */
function room({ kernel }: Bench): number {
  return ProcessRecord.arenaBase.get(kernel.ram, kernel.processes.at(0)) + 768;
}

function words({ kernel }: Bench, at: number): [number, number] {
  return [kernel.ram.i32[at >> 2], kernel.ram.i32[(at >> 2) + 1]];
}

function make(bench: Bench, at: number, rights: number = Right.write): number {
  return mint(bench.kernel, 0, ObjectType.endpoint, 1, 0, rights, at);
}

function find({ kernel }: Bench, at: number): number {
  return findHeld(kernel.ram, kernel.spaces, 0, at);
}

function drop(bench: Bench, at: number): void {
  deleteSlot(bench.kernel, slotNumber(bench.kernel.spaces, find(bench, at) as SlotOfCapability));
}

test("a token is id 48, generation 8, type 4, flags 4, as upstream lays it out", () => {
  const bench = makeBench({});
  const at = room(bench);
  make(bench, at, Right.write | Right.grant | Right.revoke);
  const high = words(bench, at)[1];
  expect([(high >>> 16) & 0xff, (high >>> 24) & 0xf, high >>> 28]).toEqual([1, 3, 2 | 8]);
});

test("only the holder's token, whole, of the right type and with the rights, is answered with its slot", () => {
  const bench = makeBench({});
  const { ram, spaces } = bench.kernel;
  const at = room(bench);
  make(bench, at);
  const slot = find(bench, at);
  expect(lookUp(ram, spaces, 0, at, ObjectType.endpoint, Right.write)).toBe(slot);
  expect(lookUp(ram, spaces, 1, at, ObjectType.endpoint, Right.write)).toBe(Errno.invalidCapability);
  expect(lookUp(ram, spaces, 0, at, ObjectType.memory, Right.write)).toBe(Errno.invalidCapability);
  expect(lookUp(ram, spaces, 0, at, ObjectType.endpoint, Right.read)).toBe(Errno.permissionDenied);
  expect(lookUp(ram, spaces, 0, at, ObjectType.endpoint, Right.write | Right.read)).toBe(Errno.permissionDenied);
  // The null token is in every free slot, that of index 0 too; yet nobody holds it.
  drop(bench, ProcessRecord.arenaBase.get(ram, bench.kernel.processes.at(0)));
  ram.i32.fill(0, at >> 2, (at >> 2) + 2);
  expect(findHeld(ram, spaces, 0, at)).toBe(Errno.invalidCapability);
  for (let type = 0; type <= 8; type++) expect(lookUp(ram, spaces, 0, at, type, 0)).toBe(Errno.invalidCapability);
});

test("a stale token stays stale when its slot has its generation again, and no number comes twice", () => {
  const bench = makeBench({});
  const [stale, at] = [room(bench), room(bench) + 8];
  mint(bench.kernel, 0, ObjectType.memory, 0, 1, Right.write, stale);
  const slot = find(bench, stale);
  drop(bench, stale);
  const [staleLow, staleHigh] = words(bench, stale);
  const seen = new Set<string>();
  let sameGeneration = 0;
  for (let n = 0; n < 600; n++) {
    // A type without bits: a generation that left its byte would show in it.
    expect(mint(bench.kernel, 0, ObjectType.memory, 0, 1, Right.write, at)).toBe(0);
    expect(lookUp(bench.kernel.ram, bench.kernel.spaces, 0, at, ObjectType.memory, Right.write)).toBe(slot);
    expect(find(bench, stale)).toBe(Errno.invalidCapability);
    const [low, high] = words(bench, at);
    if (high >>> 16 === staleHigh >>> 16 && (low & 0xfff) === (staleLow & 0xfff)) sameGeneration += 1;
    seen.add(`${low}.${high}`);
    drop(bench, at);
  }
  expect([seen.size, sameGeneration]).toEqual([600, 2]);
});

test("the unique part carries from 20 bits into the next 16", () => {
  const bench = makeBench({});
  const { ram, spaces } = bench.kernel;
  const at = room(bench);
  CapabilityState.nextLow.set(ram, spaces.state, 0xf_ffff);
  make(bench, at);
  make(bench, at + 8);
  expect([words(bench, at)[0] >>> 12, words(bench, at)[1] & 0xffff]).toEqual([0xf_ffff, 0]);
  expect([words(bench, at + 8)[0] >>> 12, words(bench, at + 8)[1] & 0xffff]).toEqual([0, 1]);
});

test("after the last number nothing is made any more, by nobody, and what there is stays good", () => {
  const bench = makeBench({ region: GOVERNING_RIGHTS });
  const { ram, spaces } = bench.kernel;
  const at = room(bench);
  CapabilityState.nextLow.set(ram, spaces.state, 0xf_ffff);
  CapabilityState.nextHigh.set(ram, spaces.state, NUMBERS_END - 1);
  expect(make(bench, at)).toBe(0);
  expect([words(bench, at)[0] >>> 12, words(bench, at)[1] & 0xffff]).toEqual([0xf_ffff, 0xffff]);
  expect(make(bench, at + 8)).toBe(Errno.resourceExhausted);
  expect(words(bench, at + 8)).toEqual([0, 0]);
  let lost = 0;
  bench.onMessage((_process, context) => void (lost = context.capabilityTake(cell(context, 0))));
  bench.run(1, (context) => {
    expect(context.capabilityDerive(context.needs.region, ALL_RIGHTS, cell(context, 0))).toBe(Errno.resourceExhausted);
    expect(context.sendCapability(context.needs.c, 1, context.needs.region)).toBe(0);
    context.span(context.needs.region, 0, 1);
  });
  expect(lost).toBe(Errno.invalidMessage);
  expect(find(bench, at)).toBeGreaterThan(0);
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
});

test("the quota's edge: as many as the manifest says, then resourceExhausted, and the token is left alone", () => {
  const bench = makeBench({}, {}, { capabilities: 12 });
  const at = room(bench);
  for (let n = 0; n < 12 - BOOT; n++) expect(make(bench, at + n * 8)).toBe(0);
  expect(make(bench, at + 100 * 8)).toBe(Errno.resourceExhausted);
  expect(words(bench, at + 100 * 8)).toEqual([0, 0]);
  drop(bench, at);
  expect(make(bench, at)).toBe(0);
  expect(make(bench, at + 100 * 8)).toBe(Errno.resourceExhausted);
});

test("second-level tables come when the first is full, up to sixteen in all, and go when they are empty", () => {
  const bench = makeBench({}, { capabilities: 16, capabilityTable: 1, capabilityTables: 40 });
  const { ram, spaces } = bench.kernel;
  const owned = (): number => { let count = 0; for (let n = 0; n < spaces.tables.count; n++) if (CapabilityTable.owner.get(ram, spaces.tables.at(n)) === 0) count += 1; return count; };
  expect(owned()).toBe(BOOT);
  const at = room(bench);
  for (let n = 0; n < 16 - BOOT; n++) expect(make(bench, at + n * 8)).toBe(0);
  expect([owned(), make(bench, at + 800)]).toEqual([16, Errno.resourceExhausted]);
  for (let n = 0; n < 16 - BOOT; n++) expect(find(bench, at + n * 8)).toBeGreaterThan(0);
  expect(lookUp(ram, spaces, 0, at, ObjectType.endpoint, Right.write)).toBe(find(bench, at));
  expect(lookUp(ram, spaces, 0, at, ObjectType.memory, Right.write)).toBe(Errno.invalidCapability);
  expect(lookUp(ram, spaces, 0, at, ObjectType.endpoint, Right.write | Right.read)).toBe(Errno.permissionDenied);
  drop(bench, at + 8);
  drop(bench, at + 24);
  expect(owned()).toBe(14);
  expect([find(bench, at + 8), find(bench, at + 24)]).toEqual([Errno.invalidCapability, Errno.invalidCapability]);
  expect([make(bench, at + 8), make(bench, at + 24)]).toEqual([0, 0]);
  expect(new Set([1, 3, 0, 2].map((n) => find(bench, at + n * 8))).size).toBe(4);
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
});

test("tables are the machine's: what one process gave back another may take, and without one the answer is resourceExhausted", () => {
  const bench = makeBench({}, { capabilities: 16, capabilityTable: 4, capabilityTables: 7 });
  const at = room(bench);
  // Three tables each for what boot gave, one left in the pool.
  for (let n = 0; n < 7; n++) expect(make(bench, at + n * 8)).toBe(0);
  expect(mint(bench.kernel, 1, ObjectType.endpoint, 1, 0, 2, at + 88)).toBe(0);
  for (let n = 0; n < 2; n++) expect(mint(bench.kernel, 1, ObjectType.endpoint, 1, 0, 2, at + 88)).toBe(0);
  expect(mint(bench.kernel, 1, ObjectType.endpoint, 1, 0, 2, at + 88)).toBe(Errno.resourceExhausted);
  for (let n = 3; n < 7; n++) drop(bench, at + n * 8);
  expect(mint(bench.kernel, 1, ObjectType.endpoint, 1, 0, 2, at + 88)).toBe(0);
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
  bench.run(1, (context) => context.exit());
  expect(CapabilitySpace.used.get(bench.kernel.ram, bench.kernel.spaces.spaces.at(1))).toBe(0);
  for (let n = 3; n < 7; n++) expect(make(bench, at + n * 8)).toBe(0);
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
});

test("a full space of 4,096 is revoked whole, in one call", () => {
  const bench = makeBench({ region: GOVERNING_RIGHTS }, { capabilities: 4096, capabilityTable: 256, capabilityTables: 15 }, { arenaBytes: 1024 }, 512 * 1024);
  let count = 0;
  bench.run(0, (context) => {
    // A chain first, then a bush: both shapes at their longest.
    let from = context.needs.region as never;
    for (let n = 0; n < 2000; n++) {
      expect(context.capabilityDerive(from, ALL_RIGHTS, cell(context, n & 1))).toBe(0);
      from = cell(context, n & 1) as never;
    }
    while (context.capabilityDerive(from, ALL_RIGHTS, cell(context, 2)) === 0) continue;
    count = context.capabilityRevoke(context.needs.region);
  });
  expect(count).toBe(4096 - BOOT);
  expect(checkCapabilityTree(bench.kernel)).toEqual([]);
});

test("limits that no machine can have are told, each at its place", () => {
  const said = (limits: Parameters<typeof makeBench>[1], line: Parameters<typeof makeBench>[2] = {}): string => {
    try {
      makeBench({}, limits, line);
      return "";
    } catch (thrown) {
      return String(thrown);
    }
  };
  for (const slots of [0, 3, 512, 1.5]) expect(said({ capabilityTable: slots })).toContain("kernel.capabilityTable: ");
  for (const count of [0, 257, 1.5]) expect(said({ capabilities: count })).toContain("kernel.capabilities: ");
  for (const count of [-1, 223, 0.5]) expect(said({ capabilityTables: count })).toContain("kernel.capabilityTables: ");
  expect(said({ capabilityTable: 4, capabilityTables: 5 })).toContain("kernel.capabilityTables: 5; the needs of all processes alone take 6");
  for (const count of [-1, 512, 0.5]) expect(said({ capabilitiesInFlight: count })).toContain("kernel.capabilitiesInFlight: ");
  for (const count of [0, 257, 1.5]) expect(said({}, { capabilities: count })).toContain("processes.a.capabilities: ");
  expect(said({}, { capabilities: 8 })).toContain("processes.a: holder-0 needs 9 grants, the limit is 8");
  expect(said({ capabilitiesInFlight: 0 })).toBe("");
});
