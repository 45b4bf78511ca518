/**
 * An arena shrinks for a time: somebody takes a part of its largest free block. What services do without the kernel fails
 * then too, in their own arena or one in a region that they share. The block bears a mark, by which it is found again; an
 * arena that was made anew meanwhile has none.
 */

import type { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaAllocate, arenaFree, ArenaHeader } from "../../../kernel/arena.ts";
import type { Block } from "../../../kernel/arena/block.ts";
import { BLOCK_HEADER_BYTES, blockBytes, isLive, isPlace } from "../../../kernel/arena/block.ts";
import type { Arena } from "../../../kernel/arena/header.ts";
import { arenaPlaces } from "../../../kernel/invariants/arena-places.ts";
import { tablesOf } from "../../../kernel/invariants/tables.ts";
import { SimSite } from "../../chance/site.ts";
import type { Act, Fault } from "../fault.ts";
import type { World } from "../../world.ts";

/** Of the largest free block, in this many parts. */
const PARTS = 8;
export const SHRUNK_TICKS_MAX = 256;
/** Entities from here on are arenas in regions: this plus the region's number. Below are processes. */
export const REGION_ARENAS = 32;
const LANE = 1;
const MARK0 = 0x5348_524e | 0;
const MARK1 = 0x4152_454e | 0;
const BYTES_MIN = 8;

interface Place {
  readonly memory: Memory;
  readonly base: number;
}

function placeOf({ machine }: World, entity: number): Place | null {
  const name = entity < REGION_ARENAS ? `process ${entity}` : `region ${entity - REGION_ARENAS}`;
  const place = arenaPlaces(tablesOf(machine.ram, machine.parts)).find((candidate) => candidate.name === name);
  return place !== undefined && place.sound ? place : null;
}

function entities({ machine }: World): readonly number[] {
  return arenaPlaces(tablesOf(machine.ram, machine.parts)).map(({ name }) => {
    const [kind, number] = name.split(" ");
    return kind === "process" ? Number(number) : REGION_ARENAS + Number(number);
  });
}

/** Takes that many eighths of the largest free block. */
function shrink({ memory, base }: Place, parts: number): void {
  const bytes = Math.floor((arenaAccount(memory, base).largestFreeBytes * parts) / PARTS) & ~7;
  if (bytes < BYTES_MIN) return;
  const at = arenaAllocate(memory, base, bytes);
  if (at < 0) return;
  memory.i32[at >> 2] = MARK0;
  memory.i32[(at >> 2) + 1] = MARK1;
}

/** Gives back what bears the mark. */
function grow({ memory, base }: Place): void {
  const arena = base as Arena;
  let block = (base + ArenaHeader.firstBlockOffset.get(memory, arena)) as Block;
  while (isPlace(memory, arena, block) && blockBytes(memory, block) > 0) {
    const at = block + BLOCK_HEADER_BYTES;
    if (isLive(memory, arena, block) && memory.i32[at >> 2] === MARK0 && memory.i32[(at >> 2) + 1] === MARK1) {
      arenaFree(memory, base, at);
      return;
    }
    block = (block + blockBytes(memory, block)) as Block;
  }
}

const eighthsOf = (answer: number): number => 1 + ((answer - 1) % PARTS);
const ticksOf = (answer: number): number => 1 + Math.floor((answer - 1) / PARTS);

const act: Act = Object.freeze<Act>({
  entities,
  answers: () => 1 + PARTS * SHRUNK_TICKS_MAX,
  perform: (world, entity, answer) => {
    const place = placeOf(world, entity);
    if (place !== null) shrink(place, eighthsOf(answer));
  },
  lastsTicks: ticksOf,
  mend: (world, entity) => {
    const place = placeOf(world, entity);
    if (place !== null) grow(place);
  },
});

export const arena: Fault = Object.freeze<Fault>({
  name: "memory.arena",
  layer: "memory",
  summary: "an arena shrinks for a time; asked once in each tick about each",
  site: SimSite.arenaShrinks,
  parameters: Object.freeze({
    ticksMost: Object.freeze({ value: 20, unit: "ticks", least: 1, most: SHRUNK_TICKS_MAX, help: "for how long at most" }),
    eighthsLeast: Object.freeze({ value: 1, unit: "count", least: 1, most: PARTS, help: "eighths of its largest free block that are taken at least" }),
  }),
  answer: (values, _n, draw) => {
    const least = values["eighthsLeast"];
    const eighths = least + draw(LANE, PARTS + 1 - least);
    return eighths + PARTS * draw(LANE + 1, values["ticksMost"]);
  },
  act,
  words: (answer) => `${eighthsOf(answer)} eighths of its largest free block are gone for ${ticksOf(answer)} ticks`,
});
