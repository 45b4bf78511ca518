/**
 * Arena: memory of a fixed size, given out in blocks and taken back, with everything it needs to know about itself
 * stored in it. Two-level segregated fit: allocate, free and resize take a bounded number of steps, whatever was done
 * before; only poisoning and moving take time with a block's size. No JavaScript object is made.
 *
 * What callers may rely on
 * - A block begins at a multiple of its alignment in the Memory it was asked through, never overlaps another, and does
 *   not move before it is resized. Its first content is unspecified: poison, or what memory held before formatting.
 * - The books are exact at every moment: overhead + used + free = size. Used counts what blocks really take: header
 *   (8 bytes), the request rounded up to 8, 8 more where nothing else could use them.
 * - A request is refused with outOfMemory only if no free block of the next size class is there (a class is half a power
 *   of two wide in the smallest arenas, 1/32 from 1 MiB on) and none of up to 8 free blocks of its own class fits. So a
 *   fresh arena gives out its last byte. An alignment above 8 may cost as if that much more had been asked for.
 * - Resize grows in place, else moves, else slides into the free block before: it is refused only if none of these has room.
 * - Freed memory is filled with ARENA_POISON at once, but for 16 bytes at a free block's start (header and links) and 8
 *   where a block melted into the one before. Memory that was never given out is as it was before formatting.
 *
 * What free and resize promise about wrong addresses
 * - Exact, whatever users wrote into their blocks: an address is accepted if and only if a live block begins there. One bit
 *   for each 8 bytes of the arena tells; headers and poison are not asked. A stale pointer whose place was given out
 *   again cannot be told from the new owner's: no allocator without handles can.
 * - The answer's kind is a diagnosis: doubleFree if the address was given out, was freed, and its memory has not been
 *   overwritten since, also when the block has melted into its neighbour; foreignPointer for all else (outside,
 *   misaligned, inside a block, never given out). Who imitates the allocator's marks inside his block changes only which of the two
 *   refusals he gets. A refused call changes nothing but the count `misuses`.
 * - Nothing is read or written outside the arena, even when a user wrote past his block's end: header, neighbours and list
 *   links are proven before use, and a broken one is answered invalidMemoryRegion, with nothing changed.
 *
 * The arena's records lie beside its users' blocks: who writes past a block can destroy the arena, his own. arenaCheck tells.
 */

import type { Memory } from "../hal/memory.ts";
import { arenaAllocate } from "./arena/allocate.ts";
import type { Block } from "./arena/block.ts";
import { ArenaBlock, BLOCK_HEADER_BYTES, FRESH, setShape } from "./arena/block.ts";
import { arenaFree } from "./arena/free.ts";
import { insertFree } from "./arena/free-lists.ts";
import { ArenaHeader, arenaOverheadBytes, formatHeader } from "./arena/header.ts";
import { arenaResize } from "./arena/resize.ts";
import type { Heap } from "./heap.ts";

export { arenaAllocate } from "./arena/allocate.ts";
export { ArenaBlock, POISON as ARENA_POISON } from "./arena/block.ts";
export { arenaFree } from "./arena/free.ts";
export { ARENA_OVERHEAD_BYTES, ArenaHeader, arenaOverheadBytes } from "./arena/header.ts";
export type { ArenaAccount } from "./arena/inspect.ts";
export { arenaAccount, arenaCheck } from "./arena/inspect.ts";
export { arenaResize } from "./arena/resize.ts";

/**
 * Makes the whole of [base, base + bytes) an arena with one free block; `base` is a multiple of 8, `bytes` at least
 * ARENA_OVERHEAD_BYTES and at most 1 GiB (a rest below 8 is left alone). A wrong size is a panic: sizes come from
 * manifests, which are judged before.
 */
export function arenaFormat(memory: Memory, base: number, bytes: number): void {
  const arena = formatHeader(memory, base, bytes);
  const first = (base + ArenaHeader.firstBlockOffset.get(memory, arena)) as Block;
  setShape(memory, first, ArenaHeader.sizeBytes.get(memory, arena) - (first - base), FRESH);
  ArenaBlock.previousBytes.set(memory, first, 0);
  insertFree(memory, arena, first);
}

/** Where the first block of a fresh arena of this size will be, relative to its base (for alignment 8): known before there is memory. */
export function arenaFirstAddress(bytes: number): number {
  return arenaOverheadBytes(bytes) + BLOCK_HEADER_BYTES;
}

class ArenaHeap implements Heap {
  readonly memory: Memory;
  readonly base: number;

  constructor(memory: Memory, base: number) {
    this.memory = memory;
    this.base = base;
    Object.freeze(this);
  }

  allocate(bytes: number, alignment?: number): number {
    return arenaAllocate(this.memory, this.base, bytes, alignment);
  }

  free(at: number): number {
    return arenaFree(this.memory, this.base, at);
  }

  resize(at: number, bytes: number): number {
    return arenaResize(this.memory, this.base, at, bytes);
  }
}

/** The arena at `base` as a heap for collections. It holds an address only. */
export function arenaHeap(memory: Memory, base: number): Heap {
  return new ArenaHeap(memory, base);
}
