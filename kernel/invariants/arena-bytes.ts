/** An arena's books: what is used is the sum of its live blocks, and the blocks fill it to its last byte. */

import type { Memory } from "../../hal/memory.ts";
import type { Block } from "../arena/block.ts";
import { blockBytes, isFree } from "../arena/block.ts";
import type { Arena } from "../arena/header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN } from "../arena/header.ts";
import type { ArenaPlace } from "./arena-places.ts";
import { arenaPlaces } from "./arena-places.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

export const arenaBytes = checker("arena-bytes", "overhead + used + free = size of each arena, to the byte", check);

function check(tables: KernelTables, say: Say): void {
  for (const place of arenaPlaces(tables)) {
    if (place.sound) checkBooks(place, say);
    else say(`${place.name}: seal`, "there is no arena: its header is not sealed");
  }
}

function checkBooks({ name, memory, base }: ArenaPlace, say: Say): void {
  const arena = base as Arena;
  const { used, blocks, end } = sums(memory, arena);
  const size = ArenaHeader.sizeBytes.get(memory, arena);
  if (end !== size) say(`${name}: sizeBytes`, `it is ${size}; its blocks end at ${end}`);
  const usedBytes = ArenaHeader.usedBytes.get(memory, arena);
  if (usedBytes !== used) say(`${name}: usedBytes`, `it is ${usedBytes}; its live blocks have ${used}`);
  const count = ArenaHeader.blockCount.get(memory, arena);
  if (count !== blocks) say(`${name}: blockCount`, `it is ${count}; ${blocks} blocks are live`);
  const peak = ArenaHeader.peakBytes.get(memory, arena);
  if (peak < usedBytes) say(`${name}: peakBytes`, `it is ${peak}; ${usedBytes} are in use`);
}

function sums(memory: Memory, arena: Arena): { used: number; blocks: number; end: number } {
  const size = ArenaHeader.sizeBytes.get(memory, arena);
  let used = 0;
  let blocks = 0;
  let offset = ArenaHeader.firstBlockOffset.get(memory, arena);
  while (offset <= size - BLOCK_BYTES_MIN) {
    const block = (arena + offset) as Block;
    const bytes = blockBytes(memory, block);
    if (bytes < BLOCK_BYTES_MIN) break;
    if (!isFree(memory, block)) {
      used += bytes;
      blocks += 1;
    }
    offset += bytes;
  }
  return { used, blocks, end: offset };
}
