import { describe, expect, test } from "vitest";
import { HalTrace } from "../../../../hal/trace.ts";
import { arenaAccount } from "../../../../kernel/arena.ts";
import { arenaPlaces } from "../../../../kernel/invariants/arena-places.ts";
import { tablesOf } from "../../../../kernel/invariants/tables.ts";
import { REGION_ARENAS } from "../../../../sim/faults/memory/arena.ts";
import { flipAnywhere } from "../../../../sim/faults/memory/flip-anywhere.ts";
import { flip } from "../../../../sim/faults/memory/flip.ts";
import { ARENA_HEADERS, fieldOf, structureAt, structureNumber, structureNumbers } from "../../../../sim/faults/memory/structures.ts";
import { ALWAYS, Bites } from "../bites.ts";

const bites = new Bites();
const { machine } = bites.theatre.world;
const lb = bites.process("lb");
const driver = bites.process("driver");

describe("an allocation fails", () => {
  const before = bites.play([]).report.processes[lb].refusedRequests;

  test("the first, and only that", () => {
    const { outcome, report } = bites.play([{ fault: "memory.allocation", parts: ALWAYS, entities: [lb], most: 1 }]);
    expect(outcome.deviations.map(({ entity, ordinal }) => [entity, ordinal])).toEqual([[lb, 0]]);
    expect([outcome.failures, report.processes[lb].refusedRequests]).toEqual([[], before + 1]);
  });

  test("the third: two are spared", () => {
    const { outcome } = bites.play([{ fault: "memory.allocation", parts: ALWAYS, entities: [lb], most: 1, parameters: { spared: 2 } }]);
    expect(outcome.deviations.map(({ ordinal }) => ordinal)).toEqual([2]);
  });
});

test("the next two buffers are not to be had", () => {
  const { outcome, report } = bites.play([{ fault: "memory.buffers", parts: ALWAYS, entities: [driver], most: 2 }]);
  expect([outcome.deviations.length, report.buffers.failures, outcome.failures]).toEqual([2, 2 + failuresBefore(), []]);
});

function failuresBefore(): number {
  return bites.play([]).report.buffers.failures;
}

describe("an arena shrinks", () => {
  /** Largest free block of an arena, tick by tick. */
  const largest = (name: string, rules: Parameters<Bites["play"]>[0]): { readonly seen: readonly number[]; readonly failures: number } => {
    const seen: number[] = [];
    const { outcome } = bites.play(rules, (kind) => {
      if (kind !== HalTrace.tick) return;
      const place = arenaPlaces(tablesOf(machine.ram, machine.parts)).find((one) => one.name === name);
      if (place !== undefined) seen.push(arenaAccount(place.memory, place.base).largestFreeBytes);
    });
    return { seen, failures: outcome.failures.length };
  };

  test.each([
    [`process ${lb}`, lb],
    ["region 1", REGION_ARENAS + 1],
  ])("%s: nothing is left of its largest free block for a tick, then all", (name, entity) => {
    const plain = largest(name, []);
    const rule = { fault: "memory.arena", parts: ALWAYS, entities: [entity], most: 1, fromTick: 3, parameters: { ticksMost: 1, eighthsLeast: 8 } };
    const shrunk = largest(name, [rule]);
    expect(shrunk.failures).toBe(0);
    expect(shrunk.seen.findIndex((bytes, i) => bytes < plain.seen[i])).toBe(3);
    expect(shrunk.seen.at(-1)).toBe(plain.seen.at(-1));
  });
});

describe("a bit flips", () => {
  test.each([
    ["of a structure", flip, structureNumber(machine, "endpoints"), 77, structureAt(machine, structureNumber(machine, "endpoints")).base + 9, 4],
    ["of an arena's header", flip, ARENA_HEADERS + lb, 1, structureAt(machine, ARENA_HEADERS + lb).base, 0],
    ["anywhere", flipAnywhere, 0, machine.ram.bytes * 8, machine.ram.bytes - 1, 7],
  ])("%s: that one, and no other", (_name, fault, entity, answer, address, bit) => {
    const { world } = bites.theatre;
    const before = machine.snapshot();
    fault.act?.perform(world, entity, answer);
    const changed = [...machine.ram.u8].flatMap((byte, at) => (byte === before[at] ? [] : [[at, byte ^ before[at]]]));
    fault.act?.perform(world, entity, answer);
    expect(changed).toEqual([[address, 1 << bit]]);
    expect(machine.snapshot()).toEqual(before);
    expect(fault.act?.answers(world, entity, {})).toBeGreaterThan(answer);
  });

  test("in a run, at its tick", () => {
    const { outcome } = bites.play([{ fault: "memory.flip", parts: ALWAYS, entities: [structureNumber(machine, "kernel")], fromTick: 7, most: 1 }]);
    expect(outcome.deviations.map(({ entity, tick }) => [entity, tick])).toEqual([[structureNumber(machine, "kernel"), 7]]);
    expect(bites.play([{ fault: "memory.flip-anywhere", parts: ALWAYS, fromTick: 7, most: 1 }]).outcome.deviations.length).toBe(1);
  });

  test("structures are hal's and the kernel's, and have names", () => {
    const names = structureNumbers(machine).map((number) => structureAt(machine, number).name);
    expect(names).toEqual(expect.arrayContaining(["clock", "processes", "capabilities", "nic0.registers", "queue.net.frames", "arena.net.header"]));
    expect(names.filter((name) => name.startsWith("state.") || name === "arena.net" || name === "region.control")).toEqual([]);
    const endpoints = structureAt(machine, structureNumber(machine, "endpoints"));
    expect([fieldOf(endpoints, 0), fieldOf(endpoints, (endpoints.layout?.size ?? 0) + 4), structureNumber(machine, "nothing")]).toEqual(["endpoints.owner", "endpoints.open", -1]);
  });
});
