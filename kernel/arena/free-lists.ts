/**
 * The free blocks of an arena by size: two levels of lists and, for each level, a word of bits that says which lists
 * are not empty, so that a list with blocks large enough is found by counting zeros (Masmano, Ripoll, Crespo, Real:
 * "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", 2004).
 *
 * With n lists a level, blocks below n granules of 8 bytes have a list for each size; beyond, a power of two is cut
 * into n lists. A list is named by one number: level times n plus its place in the level. Links and heads are relative
 * to the arena's base. Links lie in memory that a user may write to after he freed it: they are proven before use.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Block } from "./block.ts";
import { ArenaBlock, blockBytes, isFree, isPlace } from "./block.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, levelCount, log2 } from "./header.ts";

/** How many blocks of a request's own list are looked at, where no larger list has one. */
export const LIST_STEPS_MAX = 8;

/** No block. */
export const NONE = 0 as Block;

/** The list in which a free block of this size is kept. */
export function listFor(bytes: number, listShift: number): number {
  const granules = bytes >> 3;
  const level = log2(granules | 1) - listShift;
  return level < 0 ? granules : (level << listShift) + (granules >> level);
}

/** Word index of the level's bits. */
export function bitsWord(arena: Arena, listShift: number, level: number): number {
  return ((arena + ArenaHeader.size) >> 2) + (level << listShift) + level;
}

function headWord(arena: Arena, listShift: number, list: number): number {
  return ((arena + ArenaHeader.size) >> 2) + list + (list >> listShift) + 1;
}

/** The block that a link names, or NONE if there is none. */
export function blockOf(arena: Arena, link: number): Block {
  return link === 0 ? NONE : ((arena + link) as Block);
}

/** The first block of a list, or NONE. */
export function listHead(memory: Memory, arena: Arena, list: number): Block {
  return blockOf(arena, memory.i32[headWord(arena, ArenaHeader.listShift.get(memory, arena), list)]);
}

/** Puts a free block into the list for its size. */
export function insertFree(memory: Memory, arena: Arena, block: Block): void {
  const listShift = ArenaHeader.listShift.get(memory, arena);
  const list = listFor(blockBytes(memory, block), listShift);
  const level = list >> listShift;
  const head = headWord(arena, listShift, list);
  const link = block - arena;
  // A head that names no place was overwritten: its list is given up rather than written to at a place outside.
  const first = memory.i32[head];
  const next = first !== 0 && isPlace(memory, arena, arena + first) ? first : 0;
  ArenaBlock.nextFree.set(memory, block, next);
  ArenaBlock.previousFree.set(memory, block, 0);
  if (next !== 0) ArenaBlock.previousFree.set(memory, (arena + next) as Block, link);
  memory.i32[head] = link;
  memory.i32[bitsWord(arena, listShift, level)] |= 1 << (list & ((1 << listShift) - 1));
  ArenaHeader.levelBits.set(memory, arena, ArenaHeader.levelBits.get(memory, arena) | (1 << level));
}

/** Takes a free block out of its list. The block has been proven by `isListed`. */
export function removeFree(memory: Memory, arena: Arena, block: Block): void {
  const next = ArenaBlock.nextFree.get(memory, block);
  const previous = ArenaBlock.previousFree.get(memory, block);
  if (next !== 0) ArenaBlock.previousFree.set(memory, (arena + next) as Block, previous);
  if (previous !== 0) {
    ArenaBlock.nextFree.set(memory, (arena + previous) as Block, next);
    return;
  }
  const listShift = ArenaHeader.listShift.get(memory, arena);
  const list = listFor(blockBytes(memory, block), listShift);
  memory.i32[headWord(arena, listShift, list)] = next;
  if (next === 0) clearListBit(memory, arena, listShift, list);
}

function clearListBit(memory: Memory, arena: Arena, listShift: number, list: number): void {
  const level = list >> listShift;
  const bits = bitsWord(arena, listShift, level);
  memory.i32[bits] &= ~(1 << (list & ((1 << listShift) - 1)));
  if (memory.i32[bits] !== 0) return;
  ArenaHeader.levelBits.set(memory, arena, ArenaHeader.levelBits.get(memory, arena) & ~(1 << level));
}

/** True if this free block's links are whole: its neighbours in the list, or the list's head, name it. Size proven before. */
export function isListed(memory: Memory, arena: Arena, block: Block): boolean {
  const link = block - arena;
  const next = ArenaBlock.nextFree.get(memory, block);
  const previous = ArenaBlock.previousFree.get(memory, block);
  const nextBlock = (arena + next) as Block;
  if (next !== 0 && !(isPlace(memory, arena, nextBlock) && ArenaBlock.previousFree.get(memory, nextBlock) === link)) return false;
  if (previous === 0) return listHead(memory, arena, listFor(blockBytes(memory, block), ArenaHeader.listShift.get(memory, arena))) === block;
  const previousBlock = (arena + previous) as Block;
  return isPlace(memory, arena, previousBlock) && ArenaBlock.nextFree.get(memory, previousBlock) === link;
}

/**
 * The first block of the first list in which every block has `bytes` bytes or more, or NONE. One step for each level of
 * bits, whatever the arena holds. The block is not yet proven.
 */
export function findLarger(memory: Memory, arena: Arena, bytes: number): Block {
  const listShift = ArenaHeader.listShift.get(memory, arena);
  const levels = levelCount(ArenaHeader.sizeBytes.get(memory, arena), listShift);
  const granules = bytes >> 3;
  const width = log2(granules) - listShift;
  const list = listFor(width > 0 ? (granules + (1 << width) - 1) << 3 : bytes, listShift);
  let level = list >> listShift;
  if (level >= levels) return NONE;
  let bits = memory.i32[bitsWord(arena, listShift, level)] & (-1 << (list & ((1 << listShift) - 1)));
  if (bits === 0) {
    const above = level === 31 ? 0 : ArenaHeader.levelBits.get(memory, arena) & (-2 << level);
    if (above === 0) return NONE;
    level = lowestBit(above);
    if (level >= levels) return NONE;
    bits = memory.i32[bitsWord(arena, listShift, level)];
    if (bits === 0) return NONE;
  }
  const place = lowestBit(bits) & ((1 << listShift) - 1);
  return listHead(memory, arena, (level << listShift) + place);
}

function lowestBit(bits: number): number {
  return log2(bits & -bits);
}

/** True if a free block may begin here: in the arena, and its header says so. */
export function isFreePlace(memory: Memory, arena: Arena, address: Address): address is Block {
  return isPlace(memory, arena, address) && isFree(memory, address as Block);
}
