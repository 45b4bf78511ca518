/**
 * A campaign of bit flips: the same number in each structure of hal and kernel, at bits and ticks that the seed draws; and
 * the table of what became of them.
 */

import type { Machine } from "../../kernel/machine.ts";
import { drawBelow } from "../chance/draw.ts";
import { structureAt, structureNumbers } from "../faults/memory/structures.ts";
import type { Flip, FlipClass, Flipped } from "./flip-stage.ts";
import { FLIP_CLASSES } from "./flip-stage.ts";

const BIT_LANE = 1;
const TICK_LANE = 2;

/** `perStructure` flips of each structure (of those named, if there are names), in order. The same for the same machine and seed. */
export function drawFlips(machine: Machine, lastTick: number, perStructure: number, seed: number, named: readonly string[] = []): readonly Flip[] {
  const numbers = structureNumbers(machine).filter((number) => named.length === 0 || named.includes(structureAt(machine, number).name));
  return Object.freeze(numbers.flatMap((structure) => {
    const bits = structureAt(machine, structure).bytes * 8;
    return Array.from({ length: perStructure }, (_, nth) => Object.freeze<Flip>({
      structure,
      bit: drawBelow(bits, seed, BIT_LANE, structure, nth),
      tick: 1 + drawBelow(lastTick, seed, TICK_LANE, structure, nth),
    }));
  }));
}

export type FlipCounts = Readonly<Record<FlipClass, number>>;

export interface FlipRow {
  readonly structure: string;
  readonly flips: number;
  readonly counts: FlipCounts;
}

export interface FlipReport {
  readonly rows: readonly FlipRow[];
  readonly total: FlipRow;
  /** How many of those detected were by whom, the most first. */
  readonly detectors: readonly (readonly [by: string, flips: number])[];
  /** Wrong results by field, the most first. */
  readonly wrong: readonly (readonly [field: string, flips: number])[];
}

export function flipReport(flipped: readonly Flipped[]): FlipReport {
  const structures = [...new Set(flipped.map(({ structure }) => structure))];
  return Object.freeze({
    rows: Object.freeze(structures.map((structure) => rowOf(structure, flipped.filter((one) => one.structure === structure)))),
    total: rowOf("all", flipped),
    detectors: countBy(flipped.filter(({ became }) => became === "detected").map(({ by }) => by)),
    wrong: countBy(flipped.filter(({ became }) => became === "wrong").map(({ field }) => field)),
  });
}

function rowOf(structure: string, flipped: readonly Flipped[]): FlipRow {
  const counts = Object.fromEntries(FLIP_CLASSES.map((name) => [name, flipped.filter(({ became }) => became === name).length])) as FlipCounts;
  return Object.freeze({ structure, flips: flipped.length, counts: Object.freeze(counts) });
}

function countBy(names: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.freeze([...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
