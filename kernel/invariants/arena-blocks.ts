/** An arena's blocks lie side by side without overlapping, and its lists lead to every free one. */

import { arenaCheck } from "../arena.ts";
import { arenaPlaces } from "./arena-places.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

/** Faults of the books, which arena-bytes names. */
const BOOKS = /^(usedBytes|blockCount|peakBytes) /;

export const arenaBlocks = checker("arena-blocks", "live blocks of an arena do not overlap, freed memory is untouched, each free block is in its list", check);

function check(tables: KernelTables, say: Say): void {
  for (const { name, memory, base, sound } of arenaPlaces(tables)) {
    const fault = sound ? arenaCheck(memory, base) : null;
    if (fault !== null && !BOOKS.test(fault)) say(`${name}: arena`, fault);
  }
}
