/**
 * The arena's own record, at its base, and the shape that follows from the arena's size:
 *
 *     base                 ArenaHeader
 *     + its size           free lists: one row a level, a word of bits and the heads of its lists (free-lists.ts)
 *     + liveBitsOffset     one bit for every 8 bytes of the arena: a live block starts here (block.ts)
 *     + firstBlockOffset   blocks, one after the other, up to sizeBytes
 *
 * Small arenas have fewer levels and fewer lists a level, so that what is not for the user stays small: 104 bytes of
 * 120, 160 of 1 KiB, 7 % of 4 KiB, 2 % from 64 KiB on. Offsets are relative to `base`: the same arena can be looked at
 * through any Memory that holds all of it.
 *
 * What never changes after formatting is sealed. A header whose seal is broken is no arena, and nothing is read at
 * places that it names.
 */

import { assert } from "../../hal/assert.ts";
import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";

export const ArenaHeader = layout("ArenaHeader", 48, {
  /** Over the four fields that follow. */
  seal: i32,
  sizeBytes: i32,
  firstBlockOffset: i32,
  liveBitsOffset: i32,
  /** Binary logarithm of the number of lists a level. */
  listShift: i32,
  /** Bit n: level n has a list that is not empty. */
  levelBits: i32,
  /** Live blocks with their headers and padding. */
  usedBytes: i32,
  blockCount: i32,
  /** Bytes from here on were never part of a live block, and are not poisoned. */
  touchedBytes: i32,
  /** Highest `usedBytes` so far. */
  peakBytes: i32("statistic"),
  /** Requests refused for want of memory. */
  failures: i32("statistic"),
  /** Addresses refused by free and resize: double frees and foreign pointers. */
  misuses: i32("statistic"),
});

export type Arena = Address<"ArenaHeader">;

/** Everything in an arena is a multiple of this. */
export const GRANULE_BYTES = 8;
/** A block's header and the links that it holds while it is free. */
export const BLOCK_BYTES_MIN = 16;
/** The largest RAM there is. */
export const ARENA_BYTES_MAX = 2 ** 30;
const LISTS_SHIFT_MAX = 5;
/** "VARN" */
const MAGIC = 0x4e524156;

/** Binary logarithm, rounded down; `value` at least 1. */
export function log2(value: number): number {
  return 31 - Math.clz32(value);
}

/** Lists a level, as a shift: 2 lists in arenas below 2 KiB, 4 from there, 8 from 16 KiB, 16 from 128 KiB, 32 from 1 MiB. */
function listShiftFor(sizeBytes: number): number {
  const shift = ((log2(sizeBytes) - 5) / 3) | 0;
  return Math.max(1, Math.min(LISTS_SHIFT_MAX, shift));
}

/** Level 0 has one list a granule; each further level covers one power of two. */
export function levelCount(sizeBytes: number, listShift: number): number {
  return log2(sizeBytes >> 3) - listShift + 2;
}

function liveBitsOffsetFor(sizeBytes: number): number {
  const shift = listShiftFor(sizeBytes);
  return ArenaHeader.size + levelCount(sizeBytes, shift) * (4 + (4 << shift));
}

function firstBlockOffsetFor(sizeBytes: number): number {
  const liveBitsBytes = ((sizeBytes >> 3) + 31) >> 5 << 2;
  return (liveBitsOffsetFor(sizeBytes) + liveBitsBytes + 7) & ~7;
}

function sealFor(sizeBytes: number, firstBlockOffset: number, liveBitsOffset: number, listShift: number): number {
  return MAGIC ^ sizeBytes ^ Math.imul(firstBlockOffset, 0x9e3779b1) ^ Math.imul(liveBitsOffset, 0x85ebca6b) ^ Math.imul(listShift, 0xc2b2ae35);
}

/** True if a whole arena lies at `base`, as far as its header tells. */
export function isArena(memory: Memory, base: number): boolean {
  if (!(base >= 0 && base <= memory.bytes - ArenaHeader.size)) return false;
  const arena = base as Arena;
  const sizeBytes = ArenaHeader.sizeBytes.get(memory, arena);
  const firstBlock = ArenaHeader.firstBlockOffset.get(memory, arena);
  const liveBits = ArenaHeader.liveBitsOffset.get(memory, arena);
  const listShift = ArenaHeader.listShift.get(memory, arena);
  return ArenaHeader.seal.get(memory, arena) === sealFor(sizeBytes, firstBlock, liveBits, listShift) && sizeBytes <= memory.bytes - base;
}

/**
 * Writes header, empty lists and clear bits of an arena of `bytes` bytes (a rest below 8 is not used). `base` is a
 * multiple of 8. The memory for blocks is left as it is.
 */
export function formatHeader(memory: Memory, base: number, bytes: number): Arena {
  const sizeBytes = bytes & ~7;
  assert(base >= 0 && base % GRANULE_BYTES === 0, "an arena begins at a multiple of 8");
  assert(bytes <= ARENA_BYTES_MAX && base + bytes <= memory.bytes, "an arena lies within its memory, and has at most 1 GiB");
  assert(sizeBytes >= ARENA_OVERHEAD_BYTES, `an arena has at least ${ARENA_OVERHEAD_BYTES} bytes, not ${bytes}`);
  const arena = base as Arena;
  const firstBlock = firstBlockOffsetFor(sizeBytes);
  const liveBits = liveBitsOffsetFor(sizeBytes);
  const listShift = listShiftFor(sizeBytes);
  memory.fill(base, firstBlock, 0);
  ArenaHeader.sizeBytes.set(memory, arena, sizeBytes);
  ArenaHeader.firstBlockOffset.set(memory, arena, firstBlock);
  ArenaHeader.liveBitsOffset.set(memory, arena, liveBits);
  ArenaHeader.listShift.set(memory, arena, listShift);
  ArenaHeader.touchedBytes.set(memory, arena, firstBlock);
  ArenaHeader.seal.set(memory, arena, sealFor(sizeBytes, firstBlock, liveBits, listShift));
  return arena;
}

/** The smallest arena there is: it holds one block of 8 bytes. */
export const ARENA_OVERHEAD_BYTES = 120;

/** Bytes of an arena of `bytes` bytes that can never be given out: header, lists and bits. */
export function arenaOverheadBytes(bytes: number): number {
  return firstBlockOffsetFor(bytes & ~7);
}
