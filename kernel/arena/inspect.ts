/** Looking at an arena as a whole: for people, tests and reports. It walks everything and makes objects and texts. */

import type { Memory } from "../../hal/memory.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, arenaEnd, blockBytes, isFree, isLive, isPlace, isPoison, isTombstone,
} from "./block.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN, isArena, levelCount } from "./header.ts";
import { NONE, bitsWord, blockOf, listFor, listHead } from "./free-lists.ts";

export interface ArenaAccount {
  /** overheadBytes + usedBytes + freeBytes. */
  readonly sizeBytes: number;
  /** The arena's own records. */
  readonly overheadBytes: number;
  /** Live blocks, with their headers and padding. */
  readonly usedBytes: number;
  readonly freeBytes: number;
  /** What the largest free block holds for a user (alignment 8); 0 if there is none. */
  readonly largestFreeBytes: number;
  /** Highest usedBytes so far. */
  readonly peakBytes: number;
  /** Live ones. */
  readonly blocks: number;
  /** Requests refused for want of memory. */
  readonly failures: number;
  /** Double frees and foreign pointers refused. */
  readonly misuses: number;
}

/** The arena's books. There must be an arena at `base`, as arenaCheck tells. */
export function arenaAccount(memory: Memory, base: number): ArenaAccount {
  const arena = base as Arena;
  const sizeBytes = ArenaHeader.sizeBytes.get(memory, arena);
  const overheadBytes = ArenaHeader.firstBlockOffset.get(memory, arena);
  const usedBytes = ArenaHeader.usedBytes.get(memory, arena);
  return {
    sizeBytes,
    overheadBytes,
    usedBytes,
    freeBytes: sizeBytes - overheadBytes - usedBytes,
    largestFreeBytes: largestFreeBytes(memory, arena),
    peakBytes: ArenaHeader.peakBytes.get(memory, arena),
    blocks: ArenaHeader.blockCount.get(memory, arena),
    failures: ArenaHeader.failures.get(memory, arena),
    misuses: ArenaHeader.misuses.get(memory, arena),
  };
}

function largestFreeBytes(memory: Memory, arena: Arena): number {
  let largest = 0;
  let block = (arena + ArenaHeader.firstBlockOffset.get(memory, arena)) as Block;
  while (isPlace(memory, arena, block) && blockBytes(memory, block) > 0) {
    if (isFree(memory, block)) largest = Math.max(largest, blockBytes(memory, block) - BLOCK_HEADER_BYTES);
    block = (block + blockBytes(memory, block)) as Block;
  }
  return largest;
}

/** Walks the whole arena. Null if every rule holds, else the first that is broken, in words. */
export function arenaCheck(memory: Memory, base: number): string | null {
  if (!isArena(memory, base)) return `no arena at ${base}: its header is not sealed`;
  const arena = base as Arena;
  return checkBlocks(memory, arena) ?? checkLists(memory, arena);
}

function checkBlocks(memory: Memory, arena: Arena): string | null {
  const end = arenaEnd(memory, arena);
  let block = (arena + ArenaHeader.firstBlockOffset.get(memory, arena)) as Block;
  let previousBytes = 0;
  let previousIsFree = false;
  let used = 0;
  let live = 0;
  while (block < end) {
    const name = `block at ${block - arena}`;
    const bytes = blockBytes(memory, block);
    const free = isFree(memory, block);
    if (bytes < BLOCK_BYTES_MIN || bytes > end - block) return `${name}: its size is ${bytes}`;
    if (ArenaBlock.previousBytes.get(memory, block) !== previousBytes) {
      return `${name}: it says the one before has ${ArenaBlock.previousBytes.get(memory, block)} bytes, not ${previousBytes}`;
    }
    if (free && previousIsFree) return `${name}: it is free, and so is the one before`;
    if (free === isLive(memory, arena, block)) return `${name}: its header says ${free ? "free" : "live"}, its bit the contrary`;
    if (!free) {
      used += bytes;
      live += 1;
      if (block + bytes - arena > ArenaHeader.touchedBytes.get(memory, arena)) return `${name}: it lies beyond touchedBytes`;
    }
    const fault = free ? checkPoison(memory, arena, block, bytes) : null;
    if (fault !== null) return fault;
    previousBytes = bytes;
    previousIsFree = free;
    block = (block + bytes) as Block;
  }
  return checkBooks(memory, arena, used, live);
}

/** Behind header and links, a free block is poison and tombstones, as far as it has been in use. */
function checkPoison(memory: Memory, arena: Arena, block: Block, bytes: number): string | null {
  const end = Math.min(block + bytes, arena + ArenaHeader.touchedBytes.get(memory, arena));
  for (let at = block + BLOCK_BYTES_MIN; at < end; at += 8) {
    if (isPoison(memory, at) || isTombstone(memory, arena, at as Block)) continue;
    return `free block at ${block - arena}: written to at ${at - arena} after it was freed`;
  }
  return null;
}

function checkBooks(memory: Memory, arena: Arena, used: number, live: number): string | null {
  const usedBytes = ArenaHeader.usedBytes.get(memory, arena);
  const blockCount = ArenaHeader.blockCount.get(memory, arena);
  if (usedBytes !== used) return `usedBytes is ${usedBytes}, its blocks have ${used}`;
  if (blockCount !== live) return `blockCount is ${blockCount}, there are ${live} live blocks`;
  if (ArenaHeader.peakBytes.get(memory, arena) < used) return `peakBytes is below usedBytes ${used}`;
  const bits = liveBitCount(memory, arena);
  return bits === live ? null : `${bits} places are marked as starts of live blocks, there are ${live}`;
}

function liveBitCount(memory: Memory, arena: Arena): number {
  const from = (arena + ArenaHeader.liveBitsOffset.get(memory, arena)) >> 2;
  const to = (arena + ArenaHeader.firstBlockOffset.get(memory, arena)) >> 2;
  let count = 0;
  for (let word = from; word < to; word++) {
    for (let bits = memory.i32[word]; bits !== 0; bits &= bits - 1) count += 1;
  }
  return count;
}

function checkLists(memory: Memory, arena: Arena): string | null {
  const listShift = ArenaHeader.listShift.get(memory, arena);
  const levels = levelCount(ArenaHeader.sizeBytes.get(memory, arena), listShift);
  let levelBits = 0;
  let listed = 0;
  for (let level = 0; level < levels; level++) {
    let bits = 0;
    for (let place = 0; place < 1 << listShift; place++) {
      const list = (level << listShift) + place;
      if (listHead(memory, arena, list) === NONE) continue;
      bits |= 1 << place;
      const length = checkList(memory, arena, list, listShift);
      if (typeof length === "string") return length;
      listed += length;
    }
    if (memory.i32[bitsWord(arena, listShift, level)] !== bits) return `level ${level}: its bits do not tell which lists have blocks`;
    if (bits !== 0) levelBits |= 1 << level;
  }
  if (ArenaHeader.levelBits.get(memory, arena) !== levelBits) return "levelBits does not tell which levels have blocks";
  const free = freeBlockCount(memory, arena);
  return listed === free ? null : `${listed} blocks are in lists, ${free} are free`;
}

/** The list's length, or what is wrong with it. */
function checkList(memory: Memory, arena: Arena, list: number, listShift: number): number | string {
  const most = ArenaHeader.sizeBytes.get(memory, arena) / BLOCK_BYTES_MIN;
  let length = 0;
  let previous = 0;
  for (let block = listHead(memory, arena, list); block !== NONE; block = blockOf(arena, ArenaBlock.nextFree.get(memory, block))) {
    const name = `list ${list}: its block at ${block - arena}`;
    if (!isPlace(memory, arena, block)) return `${name} is outside`;
    if (!isFree(memory, block) || isLive(memory, arena, block)) return `${name} is not free`;
    if (listFor(blockBytes(memory, block), listShift) !== list) return `${name} belongs elsewhere, it has ${blockBytes(memory, block)} bytes`;
    if (ArenaBlock.previousFree.get(memory, block) !== previous) return `${name} does not name the one before`;
    previous = block - arena;
    length += 1;
    if (length > most) return `list ${list}: it has no end`;
  }
  return length;
}

/** Blocks have been checked before. */
function freeBlockCount(memory: Memory, arena: Arena): number {
  const end = arenaEnd(memory, arena);
  let count = 0;
  let block = (arena + ArenaHeader.firstBlockOffset.get(memory, arena)) as Block;
  while (block < end) {
    if (isFree(memory, block)) count += 1;
    block = (block + blockBytes(memory, block)) as Block;
  }
  return count;
}
