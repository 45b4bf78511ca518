/**
 * Allocate, free, resize. Each decides first, on proven ground and without changing anything, and then does what cannot
 * fail. The number of steps is bounded by constants; only poisoning and moving a block take time with its size.
 */

import { Errno } from "../errno.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, FREED, FRESH, arenaEnd, blockBytes, blockState, clearLive, isFree, isLive, isPlace,
  isSoundAmongNeighbours, isTombstone, poison, setLive, setPreviousBytes, setShape, setTombstone,
} from "./block.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN, isArena, log2 } from "./header.ts";
import {
  LIST_STEPS_MAX, NONE, blockOf, findLarger, insertFree, isFreePlace, isListed, listFor, listHead, removeFree,
} from "./free-lists.ts";

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

/**
 * Makes a block larger or smaller, in place where that is possible, else elsewhere with the same alignment. Its content
 * is kept up to the smaller size. Answers the block's address, old or new, or the errno of allocate and free; then the
 * block is as it was.
 */
export function arenaResize(memory: Memory, base: number, at: number, bytes: number): number {
  if (!isArena(memory, base)) return Errno.notInitialized;
  if (!isSize(bytes)) return Errno.invalidArgument;
  const arena = base as Arena;
  const refusal = judge(memory, arena, at);
  if (refusal < 0) return refusal;
  const block = (at - BLOCK_HEADER_BYTES) as Block;
  const need = blockBytesFor(bytes);
  const old = blockBytes(memory, block);
  if (need <= old) {
    shrink(memory, arena, block, old, need);
    return at;
  }
  if (old + freeBytesAt(memory, arena, block + old) >= need) {
    grow(memory, arena, block, old, need);
    return at;
  }
  const moved = place(memory, arena, bytes, 1 << blockState(memory, block));
  if (moved === Errno.outOfMemory) ArenaHeader.failures.add(memory, arena, 1);
  if (moved < 0) return moved;
  memory.copy(moved, at, old - BLOCK_HEADER_BYTES);
  release(memory, arena, block);
  return moved;
}

// --- what is asked -------------------------------------------------------------------------------------------------

function isSize(bytes: number): boolean {
  return bytes > 0 && Math.floor(bytes) === bytes && bytes !== Infinity;
}

function isAlignment(alignment: number): boolean {
  return alignment >= ALIGNMENT_MIN && alignment <= ALIGNMENT_MAX && (alignment & (alignment - 1)) === 0 && (alignment | 0) === alignment;
}

/** Size of the block that holds so many bytes for its user. */
function blockBytesFor(bytes: number): number {
  return Math.max(BLOCK_BYTES_MIN, Math.ceil((bytes + BLOCK_HEADER_BYTES) / 8) * 8);
}

/** 0 if `at` is a live block of this arena, whole and among whole neighbours; else why it is not. */
function judge(memory: Memory, arena: Arena, at: number): number {
  const block = at - BLOCK_HEADER_BYTES;
  if ((at | 0) !== at || !isPlace(memory, arena, block)) return misuse(memory, arena, Errno.foreignPointer);
  if (!isLive(memory, arena, block)) {
    return misuse(memory, arena, wasGivenOut(memory, arena, block) ? Errno.doubleFree : Errno.foreignPointer);
  }
  if (isFree(memory, block) || !isSoundAmongNeighbours(memory, arena, block)) return Errno.invalidMemoryRegion;
  const next = (block + blockBytes(memory, block)) as Block;
  if (next < arenaEnd(memory, arena) && isBrokenFree(memory, arena, next)) return Errno.invalidMemoryRegion;
  const previousBytes = ArenaBlock.previousBytes.get(memory, block);
  return previousBytes !== 0 && isBrokenFree(memory, arena, (block - previousBytes) as Block) ? Errno.invalidMemoryRegion : 0;
}

function misuse(memory: Memory, arena: Arena, errno: number): number {
  ArenaHeader.misuses.add(memory, arena, 1);
  return errno;
}

/** True for a neighbour that is free but cannot be taken out of its list. */
function isBrokenFree(memory: Memory, arena: Arena, block: Block): boolean {
  return isFree(memory, block) && !(isSoundAmongNeighbours(memory, arena, block) && isListed(memory, arena, block));
}

/** Of a place where no live block begins: true if one was freed here, and the memory has not been in use since. */
function wasGivenOut(memory: Memory, arena: Arena, block: Block): boolean {
  if (isTombstone(memory, arena, block)) return true;
  if (blockState(memory, block) !== FREED) return false;
  return isSoundAmongNeighbours(memory, arena, block) && isListed(memory, arena, block);
}

/** Bytes of the free block at this address; 0 if there is none. Judged sound before. */
function freeBytesAt(memory: Memory, arena: Arena, address: number): number {
  return address < arenaEnd(memory, arena) && isFree(memory, address as Block) ? blockBytes(memory, address as Block) : 0;
}

// --- finding a block -----------------------------------------------------------------------------------------------

/** A live block's address, or outOfMemory, or invalidMemoryRegion. */
function place(memory: Memory, arena: Arena, bytes: number, alignment: number): number {
  const need = blockBytesFor(bytes);
  if (need > ArenaHeader.sizeBytes.get(memory, arena)) return Errno.outOfMemory;
  const block = find(memory, arena, need, alignment);
  if (block === NONE) return Errno.outOfMemory;
  if (!isFreePlace(memory, arena, block)) return Errno.invalidMemoryRegion;
  const gap = gapFor(block, alignment);
  if (gap + need > blockBytes(memory, block)) return Errno.invalidMemoryRegion;
  if (!isSoundAmongNeighbours(memory, arena, block) || !isListed(memory, arena, block)) return Errno.invalidMemoryRegion;
  return take(memory, arena, block, gap, need, log2(alignment));
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
function gapFor(block: Block, alignment: number): number {
  const at = block + BLOCK_HEADER_BYTES;
  const gap = ((at + alignment - 1) & -alignment) - at;
  return gap !== 0 && gap < BLOCK_BYTES_MIN ? gap + alignment : gap;
}

// --- nothing below can fail ----------------------------------------------------------------------------------------

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
function leaveGap(memory: Memory, arena: Arena, block: Block, gap: number): void {
  const touched = arena + ArenaHeader.touchedBytes.get(memory, arena);
  const from = Math.max(touched, block + BLOCK_BYTES_MIN);
  if (from < block + gap) poison(memory, from, block + gap - from);
  setShape(memory, block, gap, blockState(memory, block));
  ArenaBlock.previousBytes.set(memory, (block + gap) as Block, gap);
  insertFree(memory, arena, block);
}

/** Cuts what is not needed off a block that is not in a list. How many bytes the block keeps. */
function splitTail(memory: Memory, arena: Arena, block: Block, bytes: number, need: number): number {
  const rest = bytes - need;
  const kept = rest >= BLOCK_BYTES_MIN ? need : bytes;
  if (kept !== bytes) {
    const tail = (block + need) as Block;
    setShape(memory, tail, rest, isTombstone(memory, arena, tail) ? FREED : FRESH);
    ArenaBlock.previousBytes.set(memory, tail, need);
    insertFree(memory, arena, tail);
    setPreviousBytes(memory, arena, tail + rest, rest);
  } else {
    setPreviousBytes(memory, arena, block + bytes, bytes);
  }
  return kept;
}

function addUsed(memory: Memory, arena: Arena, bytes: number): void {
  const used = ArenaHeader.usedBytes.get(memory, arena) + bytes;
  ArenaHeader.usedBytes.set(memory, arena, used);
  if (used > ArenaHeader.peakBytes.get(memory, arena)) ArenaHeader.peakBytes.set(memory, arena, used);
}

/** Memory up to `end` has been in use. */
function touch(memory: Memory, arena: Arena, end: number): void {
  if (end - arena > ArenaHeader.touchedBytes.get(memory, arena)) ArenaHeader.touchedBytes.set(memory, arena, end - arena);
}

/** Frees a live block: poisons it and melts it into free neighbours. */
function release(memory: Memory, arena: Arena, block: Block): void {
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

/** Takes a free block out of its list and wipes its header and links: it becomes part of the one before. Its size, or 0. */
function absorbNext(memory: Memory, arena: Arena, address: number): number {
  const bytes = freeBytesAt(memory, arena, address);
  if (bytes === 0) return 0;
  const next = address as Block;
  removeFree(memory, arena, next);
  const freed = blockState(memory, next) === FREED;
  poison(memory, next, BLOCK_BYTES_MIN);
  if (freed) setTombstone(memory, arena, next);
  return bytes;
}

function enlist(memory: Memory, arena: Arena, block: Block, bytes: number, state: number): void {
  setShape(memory, block, bytes, state);
  setPreviousBytes(memory, arena, block + bytes, bytes);
  insertFree(memory, arena, block);
}

/** Gives the end of a live block back, if it makes a block by itself or with a free one behind it. */
function shrink(memory: Memory, arena: Arena, block: Block, old: number, need: number): void {
  const rest = old - need;
  if (rest === 0 || (rest < BLOCK_BYTES_MIN && freeBytesAt(memory, arena, block + old) === 0)) return;
  const tail = (block + need) as Block;
  poison(memory, tail, rest);
  const whole = rest + absorbNext(memory, arena, block + old);
  setShape(memory, block, need, blockState(memory, block));
  addUsed(memory, arena, -rest);
  ArenaBlock.previousBytes.set(memory, tail, need);
  enlist(memory, arena, tail, whole, FRESH);
}

/** Takes what is missing from the free block behind. */
function grow(memory: Memory, arena: Arena, block: Block, old: number, need: number): void {
  const whole = old + absorbNext(memory, arena, block + old);
  const kept = splitTail(memory, arena, block, whole, need);
  setShape(memory, block, kept, blockState(memory, block));
  addUsed(memory, arena, kept - old);
  touch(memory, arena, block + kept);
}
