/**
 * Giving a block back, and judging an address that is said to be one.
 */

import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, FREED, FRESH, GHOST_BEHIND, arenaEnd, blockBytes, blockState, clearLive, isFree, isLive, isPlace,
  isSoundToNext, isSoundToPrevious, isTombstone, poison, setTombstone,
} from "./block.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, isArena } from "./header.ts";
import { isListed, removeFree } from "./free-lists.ts";
import { absorbNext, addUsed, enlist } from "./pieces.ts";

/**
 * Gives a block back and poisons it. 0, or errno: doubleFree (given out once, and free already), foreignPointer (never
 * given out, or inside a block), notInitialized, invalidMemoryRegion (the block's header or a neighbour was overwritten).
 */
export function arenaFree(memory: Memory, base: number, at: number): number {
  if (!isArena(memory, base)) return Errno.notInitialized;
  const arena = base as Arena;
  const refusal = judge(memory, arena, at);
  if (refusal < 0) return refusal;
  release(memory, arena, (at - BLOCK_HEADER_BYTES) as Block);
  return Errno.ok;
}

/** 0 if `at` is a live block of this arena, whole and among whole neighbours; else why it is not. */
export function judge(memory: Memory, arena: Arena, at: number): number {
  const block = at - BLOCK_HEADER_BYTES;
  if ((at | 0) !== at || !isPlace(memory, arena, block)) return misuse(memory, arena, Errno.foreignPointer);
  if (!isLive(memory, arena, block)) {
    return misuse(memory, arena, wasGivenOut(memory, arena, block) ? Errno.doubleFree : Errno.foreignPointer);
  }
  return isFree(memory, block) || !isReleasable(memory, arena, block) ? Errno.invalidMemoryRegion : 0;
}

/** True if the block and its neighbours agree, and those that are free can be taken out of their lists. */
function isReleasable(memory: Memory, arena: Arena, block: Block): boolean {
  if (!isSoundToNext(memory, arena, block) || !isSoundToPrevious(memory, arena, block)) return false;
  const next = (block + blockBytes(memory, block)) as Block;
  if (next < arenaEnd(memory, arena) && isFree(memory, next) && !(isSoundToNext(memory, arena, next) && isListed(memory, arena, next))) return false;
  const previous = (block - ArenaBlock.previousBytes.get(memory, block)) as Block;
  return previous === block || !isFree(memory, previous) || isListed(memory, arena, previous);
}

function misuse(memory: Memory, arena: Arena, errno: number): number {
  ArenaHeader.misuses.add(memory, arena, 1);
  return errno;
}

/** Of a place where no live block begins: true if one was freed here, and the memory has not been in use since. */
function wasGivenOut(memory: Memory, arena: Arena, block: Block): boolean {
  if (isTombstone(memory, arena, block)) return true;
  if ((blockState(memory, block) & FRESH) === 0 && isWholeFree(memory, arena, block)) return true;
  const before = block - 8;
  if (!isPlace(memory, arena, before)) return false;
  return (blockState(memory, before) & GHOST_BEHIND) !== 0 && isWholeFree(memory, arena, before);
}

function isWholeFree(memory: Memory, arena: Arena, block: Block): boolean {
  return isFree(memory, block) && isSoundToNext(memory, arena, block) && isSoundToPrevious(memory, arena, block) && isListed(memory, arena, block);
}

/** Frees a live block: poisons it and melts it into free neighbours. */
export function release(memory: Memory, arena: Arena, block: Block): void {
  const bytes = blockBytes(memory, block);
  clearLive(memory, arena, block);
  ArenaHeader.blockCount.add(memory, arena, -1);
  addUsed(memory, arena, -bytes);
  poison(memory, block + BLOCK_HEADER_BYTES, bytes - BLOCK_HEADER_BYTES);
  const whole = bytes + absorbNext(memory, arena, block + bytes);
  const previousBytes = ArenaBlock.previousBytes.get(memory, block);
  const previous = (block - previousBytes) as Block;
  if (previousBytes !== 0 && isFree(memory, previous)) {
    removeFree(memory, arena, previous);
    setTombstone(memory, arena, block);
    enlist(memory, arena, previous, previousBytes + whole, blockState(memory, previous));
  } else {
    enlist(memory, arena, block, whole, FREED);
  }
}
