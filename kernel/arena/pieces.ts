/**
 * Cutting blocks and joining them, and the books that go with it: what allocate, free and resize are made of. Nothing
 * here can fail: the blocks have been judged before.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, FRESH, GHOST_BEHIND, arenaEnd, blockBytes, blockState, freeStateAt, isFree, poison,
  setPreviousBytes, setShape, setTombstone,
} from "./block.ts";
import type { Arena } from "./header.ts";
import { ARENA_BYTES_MAX, ArenaHeader, BLOCK_BYTES_MIN } from "./header.ts";
import { insertFree, removeFree } from "./free-lists.ts";

/** Size of the block that holds so many bytes for its user: the header included, a multiple of 8. No arena has one for 2^30. */
export function blockBytesFor(bytes: number): number {
  return bytes < ARENA_BYTES_MAX ? (Math.max(bytes, 8) + BLOCK_HEADER_BYTES + 7) & ~7 : 2 * ARENA_BYTES_MAX;
}

/** Bytes of the free block at this address; 0 if there is none. Judged sound before. */
export function freeBytesAt(memory: Memory, arena: Arena, address: number): number {
  return address < arenaEnd(memory, arena) && isFree(memory, address as Block) ? blockBytes(memory, address as Block) : 0;
}

export function addUsed(memory: Memory, arena: Arena, bytes: number): void {
  const used = ArenaHeader.usedBytes.get(memory, arena) + bytes;
  ArenaHeader.usedBytes.set(memory, arena, used);
  if (used > ArenaHeader.peakBytes.get(memory, arena)) ArenaHeader.peakBytes.set(memory, arena, used);
}

/** Memory up to `end` has been in use. */
export function touch(memory: Memory, arena: Arena, end: number): void {
  if (end - arena > ArenaHeader.touchedBytes.get(memory, arena)) ArenaHeader.touchedBytes.set(memory, arena, end - arena);
}

/** Cuts what is not needed off a block that is not in a list. How many bytes the block keeps. */
export function splitTail(memory: Memory, arena: Arena, block: Block, bytes: number, need: number): number {
  const rest = bytes - need;
  const kept = rest >= BLOCK_BYTES_MIN ? need : bytes;
  if (kept !== bytes) {
    const tail = (block + need) as Block;
    setShape(memory, tail, rest, freeStateAt(memory, arena, tail));
    ArenaBlock.previousBytes.set(memory, tail, need);
    insertFree(memory, arena, tail);
    setPreviousBytes(memory, arena, tail + rest, rest);
  } else {
    setPreviousBytes(memory, arena, block + bytes, bytes);
  }
  return kept;
}

/** Takes a free block out of its list and wipes its header and links: it becomes part of the one before. Its size, or 0. */
export function absorbNext(memory: Memory, arena: Arena, address: number): number {
  const bytes = freeBytesAt(memory, arena, address);
  if (bytes === 0) return 0;
  const next = address as Block;
  removeFree(memory, arena, next);
  const state = blockState(memory, next);
  poison(memory, next, BLOCK_BYTES_MIN);
  if ((state & FRESH) === 0) setTombstone(memory, arena, next);
  if ((state & GHOST_BEHIND) !== 0) setTombstone(memory, arena, (next + 8) as Block);
  return bytes;
}

export function enlist(memory: Memory, arena: Arena, block: Block, bytes: number, state: number): void {
  setShape(memory, block, bytes, state);
  setPreviousBytes(memory, arena, block + bytes, bytes);
  insertFree(memory, arena, block);
}
