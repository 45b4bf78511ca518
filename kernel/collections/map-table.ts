/**
 * What a map is made of: its record, its entries, the chains that link them, and growing (map.ts is the door).
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";
import { ByteString, bytesEqual } from "./byte-string.ts";
import { fillWords } from "./words.ts";

export const HashMap = layout("HashMap", 40, {
  count: i32,
  /** Entries there is room for. */
  capacity: i32,
  entriesMax: i32,
  valueBytes: i32,
  /** The first entry and the first chain head, relative to this record; 0 before the first insertion. */
  entriesOffset: i32,
  headsOffset: i32,
  /** Number of chains less one; their number is a power of two. */
  headsMask: i32,
  /** Head of the chain of removed entries, as a link: slot + 1, 0 for none. */
  firstRemoved: i32,
  /** Slots from here on were never used. */
  usedSlots: i32,
  seed: i32,
});

/** The value follows. */
export const MapEntry = layout("MapEntry", 32, {
  hash: i32,
  /** The next entry of the chain as a link: slot + 1, 0 for none. */
  next: i32,
  /** Length of the key, or NO_KEY. */
  keyBytes: i32,
  key: bytes(20),
});

/** Lies over MapEntry when the key is too long for it. */
export const LongKey = layout("LongKey", 16, {
  hash: i32,
  next: i32,
  keyBytes: i32,
  /** The byte string, relative to the map's record. */
  stringOffset: i32,
});

export type MapAddress = Address<"HashMap">;
export type EntryAddress = Address<"MapEntry">;

/** Longer keys take a block of their own. */
export const MAP_INLINE_KEY_BYTES = MapEntry.key.width;
/** The length of a removed entry's key. */
export const NO_KEY = -1;
const CAPACITY_FIRST = 4;

// --- entries and chains --------------------------------------------------------------------------------------------

export function strideBytes(memory: Memory, map: MapAddress): number {
  return MapEntry.size + HashMap.valueBytes.get(memory, map);
}

export function entryAt(memory: Memory, map: MapAddress, slot: number): EntryAddress {
  return (map + HashMap.entriesOffset.get(memory, map) + slot * strideBytes(memory, map)) as EntryAddress;
}

export function keyAddress(memory: Memory, map: MapAddress, entry: EntryAddress): number {
  if (MapEntry.keyBytes.get(memory, entry) <= MAP_INLINE_KEY_BYTES) return MapEntry.key.at(entry);
  return map + LongKey.stringOffset.get(memory, entry as number as Address<"LongKey">) + ByteString.size;
}

/** Word index of the head of the chain for this hash. */
function headWord(memory: Memory, map: MapAddress, hash: number): number {
  return ((map + HashMap.headsOffset.get(memory, map)) >> 2) + (hash & HashMap.headsMask.get(memory, map));
}

/** The slot of this key, or -1. Looks at no more entries than there are. */
export function findSlot(memory: Memory, map: MapAddress, key: Memory, keyAt: number, keyBytes: number, hash: number): number {
  let left = HashMap.count.get(memory, map);
  if (left === 0) return -1;
  let next = memory.i32[headWord(memory, map, hash)];
  while (next !== 0 && left > 0) {
    const entry = entryAt(memory, map, next - 1);
    if (
      MapEntry.hash.get(memory, entry) === hash &&
      MapEntry.keyBytes.get(memory, entry) === keyBytes &&
      bytesEqual(memory, keyAddress(memory, map, entry), key, keyAt, keyBytes)
    ) {
      return next - 1;
    }
    next = MapEntry.next.get(memory, entry);
    left -= 1;
  }
  return -1;
}

export function link(memory: Memory, map: MapAddress, slot: number, entry: EntryAddress): void {
  const head = headWord(memory, map, MapEntry.hash.get(memory, entry));
  MapEntry.next.set(memory, entry, memory.i32[head]);
  memory.i32[head] = slot + 1;
}

export function unlink(memory: Memory, map: MapAddress, slot: number, entry: EntryAddress): void {
  const head = headWord(memory, map, MapEntry.hash.get(memory, entry));
  const after = MapEntry.next.get(memory, entry);
  if (memory.i32[head] === slot + 1) {
    memory.i32[head] = after;
    return;
  }
  let before = entryAt(memory, map, memory.i32[head] - 1);
  for (let left = HashMap.count.get(memory, map); left > 0 && MapEntry.next.get(memory, before) !== slot + 1; left--) {
    before = entryAt(memory, map, MapEntry.next.get(memory, before) - 1);
  }
  MapEntry.next.set(memory, before, after);
}

/** A slot that is free; there is one. */
export function takeSlot(memory: Memory, map: MapAddress): number {
  const removed = HashMap.firstRemoved.get(memory, map);
  if (removed !== 0) {
    HashMap.firstRemoved.set(memory, map, MapEntry.next.get(memory, entryAt(memory, map, removed - 1)));
    return removed - 1;
  }
  const slot = HashMap.usedSlots.get(memory, map);
  HashMap.usedSlots.set(memory, map, slot + 1);
  return slot;
}

// --- growing -------------------------------------------------------------------------------------------------------

/** Room for twice as many entries, within the bound; where memory is short, for one more. 0 or errno; then the map is as it was. */
export function grow(heap: Heap, map: MapAddress): number {
  const memory = heap.memory;
  const capacity = HashMap.capacity.get(memory, map);
  const entriesMax = HashMap.entriesMax.get(memory, map);
  if (capacity >= entriesMax) return Errno.resourceExhausted;
  const wanted = Math.min(entriesMax, Math.max(CAPACITY_FIRST, 2 * capacity));
  const status = reserve(heap, map, wanted, powerOfTwoFrom(wanted));
  if (status !== Errno.outOfMemory || wanted === capacity + 1) return status;
  return reserve(heap, map, capacity + 1, capacity === 0 ? 1 : HashMap.headsMask.get(memory, map) + 1);
}

/** Room for `capacity` entries and `headCount` chains, both at least what they were. */
function reserve(heap: Heap, map: MapAddress, capacity: number, headCount: number): number {
  const memory = heap.memory;
  const entriesOffset = HashMap.entriesOffset.get(memory, map);
  const entriesBytes = capacity * strideBytes(memory, map);
  const bytes = entriesBytes + headCount * 4;
  const entries = entriesOffset === 0 ? heap.allocate(bytes) : heap.resize(map + entriesOffset, bytes);
  if (entries < 0) return entries;
  // ---- nothing below can fail ----
  const oldHeads = entries + HashMap.capacity.get(memory, map) * strideBytes(memory, map);
  const heads = entries + entriesBytes;
  const isSameCount = entriesOffset !== 0 && headCount === HashMap.headsMask.get(memory, map) + 1;
  HashMap.capacity.set(memory, map, capacity);
  HashMap.entriesOffset.set(memory, map, entries - map);
  HashMap.headsOffset.set(memory, map, heads - map);
  HashMap.headsMask.set(memory, map, headCount - 1);
  if (isSameCount) memory.copy(heads, oldHeads, headCount * 4);
  else relink(memory, map, heads, headCount);
  return Errno.ok;
}

/** All entries are in use when a map grows. Links are slots: they stay good when entries move. */
function relink(memory: Memory, map: MapAddress, heads: number, headCount: number): void {
  fillWords(memory, heads, headCount * 4, 0);
  const usedSlots = HashMap.usedSlots.get(memory, map);
  for (let slot = 0; slot < usedSlots; slot++) link(memory, map, slot, entryAt(memory, map, slot));
}

function powerOfTwoFrom(count: number): number {
  return count <= 1 ? 1 : 1 << (32 - Math.clz32(count - 1));
}
