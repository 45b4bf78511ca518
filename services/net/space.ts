/**
 * A space: where the bytes of one flow wait that cannot be read in the frame they came in - the beginning of a head, and
 * what lies beyond a missing byte. A block of the region "streams" with a place for each byte of a stretch of the
 * stream, in order, and behind it a bit for each that tells whether it has come out of order.
 *
 *     Space | capacity bytes | capacity bits
 *
 * Bits matter from the first missing byte on only. The flow holds one reference, and each request whose head lies here
 * one more; while a request holds one, bytes that have come are never moved or changed.
 *
 * Addresses here are addresses in `memory` (the shared memory), `arena` is the base of the region.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { arenaFree, arenaResize } from "../../kernel/arena.ts";
import { copyBytes } from "../../kernel/collections/byte-string.ts";
import { Errno } from "../../kernel/errno.ts";

export const Space = layout("Space", 16, {
  references: i32,
  /** A multiple of 64. */
  capacity: i32,
  /** Sequence number of its first byte. */
  sequence: i32("identity"),
  reserved: i32,
});

type SpaceAddress = Address<"Space">;

/** Small enough for a thousand flows, large enough for the heads most clients send. */
const CAPACITY_MIN = 512;
/** Doubling ends here: beyond, spaces grow by this much. */
const CAPACITY_STEP = 32 * 1024;

/**
 * The capacity for a stretch of `bytes` bytes. The longest stretch is a head of 65,536 bytes after an empty line, up to
 * 65,536 from the first missing byte on, and 31 that alignment leaves in front: 160 KiB, 180 KiB with the bits.
 */
export function spaceCapacity(bytes: number): number {
  if (bytes > CAPACITY_STEP) return Math.ceil(bytes / CAPACITY_STEP) * CAPACITY_STEP;
  let capacity = CAPACITY_MIN;
  while (capacity < bytes) capacity *= 2;
  return capacity;
}

/** The largest capacity whose block takes at most so many bytes; 0 if there is none. */
export function spaceCapacityWithin(blockBytes: number): number {
  // An eighth of it is bits.
  const most = Math.floor(((blockBytes - Space.size) * 8) / 9);
  if (most < CAPACITY_MIN) return 0;
  return most >= CAPACITY_STEP ? most - (most % CAPACITY_STEP) : 1 << (31 - Math.clz32(most));
}

/** Bytes of the block that a space of this capacity takes. */
export function spaceBlockBytes(capacity: number): number {
  return Space.size + capacity + (capacity >> 3);
}

/** Makes the block at `at` a space with one reference and nothing in it. */
export function spaceInitialise(memory: Memory, at: number, capacity: number, sequence: number): SpaceAddress {
  const space = at as SpaceAddress;
  Space.references.set(memory, space, 1);
  Space.capacity.set(memory, space, capacity);
  Space.sequence.set(memory, space, sequence);
  Space.reserved.set(memory, space, 0);
  memory.fill(space + Space.size + capacity, capacity >> 3, 0);
  return space;
}

export function spaceAcquire(memory: Memory, space: SpaceAddress): void {
  Space.references.add(memory, space, 1);
}

/** Whether a request holds it, so that it must stay as it is. */
export function spaceIsHeld(memory: Memory, space: SpaceAddress): boolean {
  return Space.references.get(memory, space) > 1;
}

/** One reference less; the last one gives the block back. */
export function spaceRelease(memory: Memory, arena: number, space: SpaceAddress): void {
  Space.references.add(memory, space, -1);
  if (Space.references.get(memory, space) === 0) arenaFree(memory, arena, space);
}

/** Address of the byte with this sequence number; it lies within the capacity. */
export function spaceByte(memory: Memory, space: SpaceAddress, sequence: number): number {
  return space + Space.size + ((sequence - Space.sequence.get(memory, space)) | 0);
}

/**
 * Puts `bytes` bytes from address `from` in `source` at their places, from place `index` on; bytes that have come before
 * stay as they are. Answers how many are new.
 */
export function spacePut(memory: Memory, space: SpaceAddress, index: number, source: Memory, from: number, bytes: number): number {
  const bytesAt = space + Space.size;
  const bitsAt = (bytesAt + Space.capacity.get(memory, space)) >> 2;
  const words = memory.i32;
  const end = index + bytes;
  let added = 0;
  for (let start = index & ~31; start < end; start += 32) {
    const word = bitsAt + (start >> 5);
    const wanted = maskBetween(Math.max(index - start, 0), Math.min(end - start, 32));
    const missing = wanted & ~words[word];
    if (missing === 0) continue;
    words[word] |= missing;
    added += bitCount(missing);
    if (missing === wanted) {
      const first = Math.max(index, start);
      copyBytes(memory, bytesAt + first, source, from + first - index, Math.min(end, start + 32) - first);
    } else {
      for (let bit = 0; bit < 32; bit++) if ((missing >>> bit) & 1) memory.u8[bytesAt + start + bit] = source.u8[from + start + bit - index];
    }
  }
  return added;
}

/** The first place from `index` on whose byte has not come out of order; the capacity if there is none. */
export function spaceMissing(memory: Memory, space: SpaceAddress, index: number): number {
  const capacity = Space.capacity.get(memory, space);
  const bitsAt = (space + Space.size + capacity) >> 2;
  for (let start = index & ~31; start < capacity; start += 32) {
    const come = memory.i32[bitsAt + (start >> 5)] | maskBetween(0, Math.max(index - start, 0));
    if (come !== -1) return start + lowestClear(come);
  }
  return capacity;
}

/** Drops the first `index` places (a multiple of 32): what follows moves to the front. Only for a space that no request holds. */
export function spacePass(memory: Memory, space: SpaceAddress, index: number): void {
  const capacity = Space.capacity.get(memory, space);
  const bytesAt = space + Space.size;
  const bitsAt = bytesAt + capacity;
  memory.copy(bytesAt, bytesAt + index, capacity - index);
  memory.copy(bitsAt, bitsAt + (index >> 3), (capacity - index) >> 3);
  memory.fill(bitsAt + ((capacity - index) >> 3), index >> 3, 0);
  Space.sequence.set(memory, space, (Space.sequence.get(memory, space) + index) | 0);
}

/** Adds places at the end. Only for a space that no request holds. Its address, which may be another one, or an errno. */
export function spaceGrow(memory: Memory, arena: number, space: SpaceAddress, capacity: number): SpaceAddress | number {
  const at = arenaResize(memory, arena, space, spaceBlockBytes(capacity));
  if (at < 0) return at;
  const old = Space.capacity.get(memory, at as SpaceAddress);
  const bytesAt = at + Space.size;
  memory.copy(bytesAt + capacity, bytesAt + old, old >> 3);
  memory.fill(bytesAt + capacity + (old >> 3), (capacity - old) >> 3, 0);
  Space.capacity.set(memory, at as SpaceAddress, capacity);
  return at;
}

/** Copies what lies in `old` from place `index` (a multiple of 32) on to the start of `space`, which has room for it. */
export function spaceMove(memory: Memory, space: SpaceAddress, old: SpaceAddress, index: number): void {
  const oldCapacity = Space.capacity.get(memory, old);
  const capacity = Space.capacity.get(memory, space);
  const bytes = Math.min(oldCapacity - index, capacity);
  memory.copy(space + Space.size, old + Space.size + index, bytes);
  memory.copy(space + Space.size + capacity, old + Space.size + oldCapacity + (index >> 3), bytes >> 3);
}

/**
 * Forgets what came out of order, and gives back what the first `bytes` places do not need, unless a request holds the
 * space. The space's address, which may be another one.
 */
export function spaceShrink(memory: Memory, arena: number, space: SpaceAddress, bytes: number): SpaceAddress {
  const capacity = Math.min(spaceCapacity(bytes), Space.capacity.get(memory, space));
  const resized = spaceIsHeld(memory, space) ? Errno.resourceBusy : arenaResize(memory, arena, space, spaceBlockBytes(capacity));
  const now = resized < 0 ? space : (resized as SpaceAddress);
  if (resized > 0) Space.capacity.set(memory, now, capacity);
  const kept = Space.capacity.get(memory, now);
  memory.fill(now + Space.size + kept, kept >> 3, 0);
  return now;
}

/** Bits from `from` on, up to and without `to`; both 0 to 32, `from` not above `to`. */
function maskBetween(from: number, to: number): number {
  const below = to >= 32 ? -1 : (1 << to) - 1;
  return from >= 32 ? 0 : below & (-1 << from);
}

function bitCount(word: number): number {
  let pairs = word - ((word >>> 1) & 0x55555555);
  pairs = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((pairs + (pairs >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function lowestClear(word: number): number {
  return 31 - Math.clz32(~word & (word + 1));
}
