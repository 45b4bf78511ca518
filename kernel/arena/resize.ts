/**
 * Making a block larger or smaller: where it is, else elsewhere, else towards the free block before it.
 */

import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import { gapFor, isSize, leaveGap, place } from "./allocate.ts";
import type { Block } from "./block.ts";
import {
  ArenaBlock, BLOCK_HEADER_BYTES, blockAlignment, blockBytes, blockState, clearLive, freeStateAt, isFree, poison, setLive, setShape,
  setTombstone,
} from "./block.ts";
import { judge, release } from "./free.ts";
import { removeFree } from "./free-lists.ts";
import type { Arena } from "./header.ts";
import { ArenaHeader, BLOCK_BYTES_MIN, isArena } from "./header.ts";
import { absorbNext, addUsed, blockBytesFor, enlist, freeBytesAt, splitTail, touch } from "./pieces.ts";

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
  const moved = place(memory, arena, bytes, blockAlignment(memory, block));
  if (moved > 0) {
    memory.copy(moved, at, old - BLOCK_HEADER_BYTES);
    release(memory, arena, block);
    return moved;
  }
  if (moved === Errno.outOfMemory && roomBefore(memory, arena, block, old) >= need) return slide(memory, arena, block, old, need);
  if (moved === Errno.outOfMemory) ArenaHeader.failures.add(memory, arena, 1);
  return moved;
}

/** Bytes that a block has between the free block before it, aligned within that, and the end of the free block behind it. */
function roomBefore(memory: Memory, arena: Arena, block: Block, old: number): number {
  const previousBytes = ArenaBlock.previousBytes.get(memory, block);
  const previous = (block - previousBytes) as Block;
  if (previousBytes === 0 || !isFree(memory, previous)) return 0;
  const gap = gapFor(previous, blockAlignment(memory, block));
  return previousBytes + old + freeBytesAt(memory, arena, block + old) - gap;
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
  enlist(memory, arena, tail, whole, freeStateAt(memory, arena, tail));
}

/** Takes what is missing from the free block behind. */
function grow(memory: Memory, arena: Arena, block: Block, old: number, need: number): void {
  const whole = old + absorbNext(memory, arena, block + old);
  const kept = splitTail(memory, arena, block, whole, need);
  setShape(memory, block, kept, blockState(memory, block));
  addUsed(memory, arena, kept - old);
  touch(memory, arena, block + kept);
}

/**
 * Moves a block towards the arena's start, into the free block before it, and takes in what is free behind it: the last
 * way to grow where memory is short. Source and target may overlap. The new address.
 */
function slide(memory: Memory, arena: Arena, block: Block, old: number, need: number): number {
  const state = blockState(memory, block);
  const previousBytes = ArenaBlock.previousBytes.get(memory, block);
  const previous = (block - previousBytes) as Block;
  const gap = gapFor(previous, blockAlignment(memory, block));
  const whole = previousBytes + old + absorbNext(memory, arena, block + old);
  const target = (previous + gap) as Block;
  removeFree(memory, arena, previous);
  clearLive(memory, arena, block);
  memory.copy(target + BLOCK_HEADER_BYTES, block + BLOCK_HEADER_BYTES, old - BLOCK_HEADER_BYTES);
  const end = target + need;
  const abandoned = Math.max(end, block);
  if (abandoned < block + old) poison(memory, abandoned, block + old - abandoned);
  if (abandoned === block) setTombstone(memory, arena, block);
  if (gap > 0) leaveGap(memory, arena, previous, gap);
  const kept = splitTail(memory, arena, target, whole - gap, need);
  setShape(memory, target, kept, state);
  setLive(memory, arena, target);
  addUsed(memory, arena, kept - old);
  touch(memory, arena, target + kept);
  return target + BLOCK_HEADER_BYTES;
}
