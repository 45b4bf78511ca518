/**
 * Finding a free block that fits, and making the part of it that is asked for live.
 */

import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, blockBytes, blockState, isSoundToNext, liveState, poison, setLive, setShape,
} from "./block.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN, isArena } from "./header.ts";
import { LIST_STEPS_MAX, NONE, blockOf, findLarger, insertFree, isFreePlace, isListed, listFor, listHead, removeFree } from "./free-lists.ts";
import { addUsed, blockBytesFor, splitTail, touch } from "./pieces.ts";

const ALIGNMENT_MIN = 8;
const ALIGNMENT_MAX = 2 ** 30;

/**
 * `bytes` bytes at an address that is a multiple of `alignment` in `memory` (a power of two, 8 to 2^30). The content is
 * whatever it was: poison, or what memory held before the arena was formatted.
 *
 * Answers the address in `memory`, or errno outOfMemory, invalidArgument (a size that is no positive integer, a wrong
 * alignment), notInitialized (no arena here), invalidMemoryRegion (the arena's own records were overwritten).
 */
export function arenaAllocate(memory: Memory, base: number, bytes: number, alignment: number = ALIGNMENT_MIN): number {
  if (!isArena(memory, base)) return Errno.notInitialized;
  if (!isSize(bytes) || !isAlignment(alignment)) return Errno.invalidArgument;
  const at = place(memory, base as Arena, bytes, alignment);
  if (at === Errno.outOfMemory) ArenaHeader.failures.add(memory, base as Arena, 1);
  return at;
}

export function isSize(bytes: number): boolean {
  return bytes > 0 && ((bytes | 0) === bytes || (Math.floor(bytes) === bytes && bytes !== Infinity));
}

function isAlignment(alignment: number): boolean {
  return alignment >= ALIGNMENT_MIN && alignment <= ALIGNMENT_MAX && (alignment & (alignment - 1)) === 0 && (alignment | 0) === alignment;
}

/** A live block's address, or outOfMemory, or invalidMemoryRegion. */
export function place(memory: Memory, arena: Arena, bytes: number, alignment: number): number {
  const need = blockBytesFor(bytes);
  if (need > ArenaHeader.sizeBytes.get(memory, arena)) return Errno.outOfMemory;
  const block = find(memory, arena, need, alignment);
  if (block === NONE) return Errno.outOfMemory;
  if (!isFreePlace(memory, arena, block)) return Errno.invalidMemoryRegion;
  const gap = gapFor(block, alignment);
  if (gap + need > blockBytes(memory, block)) return Errno.invalidMemoryRegion;
  if (!isSoundToNext(memory, arena, block) || !isListed(memory, arena, block)) return Errno.invalidMemoryRegion;
  return take(memory, arena, block, gap, need, liveState(alignment));
}

/** A block that fits by what the lists say, or NONE. */
function find(memory: Memory, arena: Arena, need: number, alignment: number): Block {
  const first = findLarger(memory, arena, need);
  if (alignment === ALIGNMENT_MIN) return first !== NONE ? first : findInOwnList(memory, arena, need, alignment);
  if (first !== NONE && isFreePlace(memory, arena, first) && fits(memory, first, need, alignment)) return first;
  const padded = need + alignment + BLOCK_BYTES_MIN - ALIGNMENT_MIN;
  const second = padded <= ArenaHeader.sizeBytes.get(memory, arena) ? findLarger(memory, arena, padded) : NONE;
  if (second !== NONE) return second;
  const own = findInOwnList(memory, arena, need, alignment);
  return own !== NONE ? own : findInOwnList(memory, arena, Math.min(padded, ArenaHeader.sizeBytes.get(memory, arena)), alignment, need);
}

/** The list of blocks of about this size may hold one that is just large enough: a few of them are looked at. */
function findInOwnList(memory: Memory, arena: Arena, bytes: number, alignment: number, need: number = bytes): Block {
  let block = listHead(memory, arena, listFor(bytes, ArenaHeader.listShift.get(memory, arena)));
  for (let step = 0; step < LIST_STEPS_MAX && block !== NONE && isFreePlace(memory, arena, block); step++) {
    if (fits(memory, block, need, alignment)) return block;
    block = blockOf(arena, ArenaBlock.nextFree.get(memory, block));
  }
  return NONE;
}

function fits(memory: Memory, block: Block, need: number, alignment: number): boolean {
  return gapFor(block, alignment) + need <= blockBytes(memory, block);
}

/** Bytes to leave in front, so that the user's address is aligned: none, or enough for a free block. */
export function gapFor(block: Block, alignment: number): number {
  const at = block + BLOCK_HEADER_BYTES;
  const gap = ((at + alignment - 1) & -alignment) - at;
  return gap !== 0 && gap < BLOCK_BYTES_MIN ? gap + alignment : gap;
}

/** Makes `need` bytes of a free block live, from `gap` on. The user's address. */
function take(memory: Memory, arena: Arena, block: Block, gap: number, need: number, state: number): number {
  const bytes = blockBytes(memory, block);
  removeFree(memory, arena, block);
  let taken = block;
  if (gap > 0) {
    leaveGap(memory, arena, block, gap);
    taken = (block + gap) as Block;
  }
  const kept = splitTail(memory, arena, taken, bytes - gap, need);
  setShape(memory, taken, kept, state);
  setLive(memory, arena, taken);
  ArenaHeader.blockCount.add(memory, arena, 1);
  addUsed(memory, arena, kept);
  touch(memory, arena, taken + kept);
  const at = taken + BLOCK_HEADER_BYTES;
  poison(memory, at, BLOCK_BYTES_MIN - BLOCK_HEADER_BYTES);
  return at;
}

/** The part before an aligned block becomes a free block of its own. */
export function leaveGap(memory: Memory, arena: Arena, block: Block, gap: number): void {
  const touched = arena + ArenaHeader.touchedBytes.get(memory, arena);
  const from = Math.max(touched, block + BLOCK_BYTES_MIN);
  if (from < block + gap) poison(memory, from, block + gap - from);
  setShape(memory, block, gap, blockState(memory, block));
  ArenaBlock.previousBytes.set(memory, (block + gap) as Block, gap);
  insertFree(memory, arena, block);
}
