/**
 * Blocks: the pieces that an arena is cut into, without gaps between them. A block begins with its header; a free one
 * holds its list's links behind it, and behind these nothing but poison and tombstones (below), where memory was in use
 * before.
 *
 * Whether a block is live is not asked of its header, which a user could imitate inside a block of his own, but of one
 * bit for each 8 bytes of the arena, which only this allocator writes. When a freed block melts into the free block
 * before it, its header is replaced by a tombstone: two words made from its address. It tells a second free of that
 * block from a pointer that was never given out; it never decides whether a block may be freed.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN } from "./header.ts";

export const ArenaBlock = layout("ArenaBlock", 16, {
  /** Size in granules of 8 bytes times 32, plus the block's state. */
  shape: i32,
  /** Size of the block before this one; 0 for the first. */
  previousBytes: i32,
  /** Only while free: neighbours in the list, relative to the arena's base; 0 is none. */
  nextFree: i32,
  previousFree: i32,
});

export type Block = Address<"ArenaBlock">;

/** From a block's start to what its user gets. */
export const BLOCK_HEADER_BYTES = 8;

/**
 * States of a block. A free one's has two bits: FRESH, if no block was ever given out at exactly this address since the
 * memory here was last in use; GHOST_BEHIND, if a tombstone stood 8 bytes further, where the links now are. A live one's
 * state is the binary logarithm of its alignment, plus 1: 4 to 31.
 */
export const FREED = 0;
export const FRESH = 1;
export const GHOST_BEHIND = 2;
const LIVE_MIN = 4;
const STATE_MASK = 31;

/** What freed memory is filled with. */
export const POISON = 0xdb;
const POISON_WORD = 0xdbdbdbdb | 0;
const TOMBSTONE_LOW = 0x7fb5d329;
const TOMBSTONE_HIGH = 0x1b873593;

export function blockBytes(memory: Memory, block: Block): number {
  return (ArenaBlock.shape.get(memory, block) >>> 5) << 3;
}

export function blockState(memory: Memory, block: Block): number {
  return ArenaBlock.shape.get(memory, block) & STATE_MASK;
}

export function isFree(memory: Memory, block: Block): boolean {
  return blockState(memory, block) < LIVE_MIN;
}

/** The state of a live block with this alignment. */
export function liveState(alignment: number): number {
  return 32 - Math.clz32(alignment);
}

export function blockAlignment(memory: Memory, block: Block): number {
  return 1 << (blockState(memory, block) - 1);
}

export function setShape(memory: Memory, block: Block, bytes: number, state: number): void {
  ArenaBlock.shape.set(memory, block, (bytes << 2) | state);
}

/** The end of the arena's blocks: the address after the last. */
export function arenaEnd(memory: Memory, arena: Arena): number {
  return arena + ArenaHeader.sizeBytes.get(memory, arena);
}

/** True if a block could begin here: then its header and links lie within the arena. */
export function isPlace(memory: Memory, arena: Arena, address: number): address is Block {
  const first = arena + ArenaHeader.firstBlockOffset.get(memory, arena);
  return address >= first && address <= arenaEnd(memory, arena) - BLOCK_BYTES_MIN && (address & 7) === 0;
}

/** Tells the block that begins at `next` how long its new neighbour is; at the arena's end there is none. */
export function setPreviousBytes(memory: Memory, arena: Arena, next: number, bytes: number): void {
  if (next < arenaEnd(memory, arena)) ArenaBlock.previousBytes.set(memory, next as Block, bytes);
}

/** True if this block lies within the arena, and the block behind it agrees about its size. Its place has been proven. */
export function isSoundToNext(memory: Memory, arena: Arena, block: Block): boolean {
  const bytes = blockBytes(memory, block);
  const next = (block + bytes) as Block;
  const room = arenaEnd(memory, arena) - next;
  if (bytes < BLOCK_BYTES_MIN || room < 0) return false;
  return room === 0 || (room >= BLOCK_BYTES_MIN && ArenaBlock.previousBytes.get(memory, next) === bytes);
}

/** True if the block before this one lies within the arena, and both agree about its size. This block's place has been proven. */
export function isSoundToPrevious(memory: Memory, arena: Arena, block: Block): boolean {
  const distance = block - arena - ArenaHeader.firstBlockOffset.get(memory, arena);
  const previousBytes = ArenaBlock.previousBytes.get(memory, block);
  if (previousBytes === 0) return distance === 0;
  if (previousBytes < BLOCK_BYTES_MIN || previousBytes > distance) return false;
  return blockBytes(memory, (block - previousBytes) as Block) === previousBytes;
}

// --- the bit of each place: a live block begins here ---------------------------------------------------------------

function liveWord(memory: Memory, arena: Arena, block: Block): number {
  return ((arena + ArenaHeader.liveBitsOffset.get(memory, arena)) >> 2) + ((block - arena) >> 8);
}

function liveMask(arena: Arena, block: Block): number {
  return 1 << (((block - arena) >> 3) & 31);
}

export function isLive(memory: Memory, arena: Arena, block: Block): boolean {
  return (memory.i32[liveWord(memory, arena, block)] & liveMask(arena, block)) !== 0;
}

export function setLive(memory: Memory, arena: Arena, block: Block): void {
  memory.i32[liveWord(memory, arena, block)] |= liveMask(arena, block);
}

export function clearLive(memory: Memory, arena: Arena, block: Block): void {
  memory.i32[liveWord(memory, arena, block)] &= ~liveMask(arena, block);
}

// --- poison and tombstones -----------------------------------------------------------------------------------------

/** Fills memory that nobody owns; both numbers are multiples of 8. */
export function poison(memory: Memory, at: number, bytes: number): void {
  if (bytes > 96) {
    memory.fill(at, bytes, POISON);
    return;
  }
  const words = memory.i32;
  const end = (at + bytes) >> 2;
  for (let index = at >> 2; index < end; index++) words[index] = POISON_WORD;
}

export function isPoison(memory: Memory, at: number): boolean {
  return memory.i32[at >> 2] === POISON_WORD && memory.i32[(at >> 2) + 1] === POISON_WORD;
}

/** The state of a free block that is to begin here, on poisoned ground: asked before its header and links are written. */
export function freeStateAt(memory: Memory, arena: Arena, block: Block): number {
  const own = isTombstone(memory, arena, block) ? FREED : FRESH;
  return isTombstone(memory, arena, (block + 8) as Block) ? own | GHOST_BEHIND : own;
}

/** Leaves word that a block which began here was freed. */
export function setTombstone(memory: Memory, arena: Arena, block: Block): void {
  const offset = block - arena;
  ArenaBlock.shape.set(memory, block, TOMBSTONE_LOW ^ offset);
  ArenaBlock.previousBytes.set(memory, block, TOMBSTONE_HIGH ^ Math.imul(offset, 0x01000193));
}

export function isTombstone(memory: Memory, arena: Arena, block: Block): boolean {
  const offset = block - arena;
  return (
    ArenaBlock.shape.get(memory, block) === (TOMBSTONE_LOW ^ offset) &&
    ArenaBlock.previousBytes.get(memory, block) === (TOMBSTONE_HIGH ^ Math.imul(offset, 0x01000193))
  );
}
