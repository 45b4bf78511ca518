/**
 * Bounded hash map from byte strings to records of one size.
 *
 * Entries lie side by side in one block, each with hash, key and value: short keys inline, long ones as a byte string. A
 * second block has the chains' heads. The map starts small and doubles up to its bound. Growing moves entries, so that
 * a value's address is good until the next insertion of a new key; an entry's slot never changes.
 *
 * Keys may come from outside, and collisions can be made on purpose: a chain is then as long as the map has entries, and
 * never longer. Inner links are relative to the map's record, so that the map reads the same through any Memory.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";
import { ByteString, byteStringCreate, bytesEqual, bytesHash, copyBytes } from "./byte-string.ts";
import { fillWords, isCount, isStride } from "./words.ts";

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

type MapAddress = Address<"HashMap">;
type EntryAddress = Address<"MapEntry">;

/** Longer keys take a block of their own. */
export const MAP_INLINE_KEY_BYTES = MapEntry.key.width;
const NO_KEY = -1;
const CAPACITY_FIRST = 8;

/**
 * An empty map for at most `entriesMax` values of `valueBytes` (a positive multiple of 4). Its address, or a negative
 * errno: outOfMemory, invalidArgument. `seed` goes into the hash of keys.
 */
export function mapCreate(heap: Heap, valueBytes: number, entriesMax: number, seed = 0): MapAddress {
  if (!isStride(valueBytes) || !isCount(entriesMax, MapEntry.size + valueBytes)) return Errno.invalidArgument as number as MapAddress;
  const map = heap.allocate(HashMap.size) as MapAddress;
  if (map < 0) return map;
  fillWords(heap.memory, map, HashMap.size, 0);
  HashMap.entriesMax.set(heap.memory, map, entriesMax);
  HashMap.valueBytes.set(heap.memory, map, valueBytes);
  HashMap.seed.set(heap.memory, map, seed | 0);
  return map;
}

export function mapCount(memory: Memory, map: MapAddress): number {
  return HashMap.count.get(memory, map);
}

/** The address of the value for the `keyBytes` bytes at `keyAt` in `key`, or 0 if there is none. */
export function mapFind<Name extends string = "Value">(memory: Memory, map: MapAddress, key: Memory, keyAt: number, keyBytes: number): Address<Name> {
  const slot = findSlot(memory, map, key, keyAt, keyBytes, bytesHash(key, keyAt, keyBytes, HashMap.seed.get(memory, map)));
  return (slot < 0 ? 0 : entryAt(memory, map, slot) + MapEntry.size) as Address<Name>;
}

/**
 * The address of the value for this key: the one that is there, or a new one, zeroed. Or a negative errno:
 * resourceExhausted at the map's bound, outOfMemory, invalidArgument for a key that is not in `key`; then the map is
 * as it was. The key may be another map's in the same heap, but no part of a key of this map: entries move.
 */
export function mapInsert<Name extends string = "Value">(heap: Heap, map: MapAddress, key: Memory, keyAt: number, keyBytes: number): Address<Name> {
  const memory = heap.memory;
  if (!(keyBytes >= 0 && keyAt >= 0 && keyAt + keyBytes <= key.bytes)) return Errno.invalidArgument as number as Address<Name>;
  const hash = bytesHash(key, keyAt, keyBytes, HashMap.seed.get(memory, map));
  const found = findSlot(memory, map, key, keyAt, keyBytes, hash);
  if (found >= 0) return (entryAt(memory, map, found) + MapEntry.size) as Address<Name>;
  // First what can fail; a failure gives back what came before it.
  const string = keyBytes > MAP_INLINE_KEY_BYTES ? byteStringCreate(heap, key, keyAt, keyBytes) : 0;
  if (string < 0) return string as number as Address<Name>;
  const status = HashMap.count.get(memory, map) < HashMap.capacity.get(memory, map) ? Errno.ok : grow(heap, map);
  if (status < 0) {
    if (string > 0) heap.free(string);
    return status as Address<Name>;
  }
  const slot = takeSlot(memory, map);
  const entry = entryAt(memory, map, slot);
  fillWords(memory, entry, strideBytes(memory, map), 0);
  MapEntry.hash.set(memory, entry, hash);
  MapEntry.keyBytes.set(memory, entry, keyBytes);
  if (string > 0) LongKey.stringOffset.set(memory, entry as number as Address<"LongKey">, string - map);
  else copyBytes(memory, MapEntry.key.at(entry), key, keyAt, keyBytes);
  link(memory, map, slot, entry);
  HashMap.count.set(memory, map, HashMap.count.get(memory, map) + 1);
  return (entry + MapEntry.size) as Address<Name>;
}

/** Takes the key and its value out. 0, or errno notFound. Other entries stay where they are. */
export function mapRemove(heap: Heap, map: MapAddress, key: Memory, keyAt: number, keyBytes: number): number {
  const memory = heap.memory;
  const hash = bytesHash(key, keyAt, keyBytes, HashMap.seed.get(memory, map));
  const slot = findSlot(memory, map, key, keyAt, keyBytes, hash);
  if (slot < 0) return Errno.notFound;
  const entry = entryAt(memory, map, slot);
  if (keyBytes > MAP_INLINE_KEY_BYTES) {
    const status = heap.free(keyAddress(memory, map, entry) - ByteString.size);
    if (status < 0) return status;
  }
  unlink(memory, map, slot, entry);
  fillWords(memory, entry, strideBytes(memory, map), 0);
  MapEntry.keyBytes.set(memory, entry, NO_KEY);
  MapEntry.next.set(memory, entry, HashMap.firstRemoved.get(memory, map));
  HashMap.firstRemoved.set(memory, map, slot + 1);
  HashMap.count.set(memory, map, HashMap.count.get(memory, map) - 1);
  return Errno.ok;
}

/** The first slot in use, or -1. Slots come in ascending order; removing the current one while walking is fine. */
export function mapFirst(memory: Memory, map: MapAddress): number {
  return mapNext(memory, map, -1);
}

/** The next slot in use after this one, or -1. */
export function mapNext(memory: Memory, map: MapAddress, slot: number): number {
  const usedSlots = HashMap.usedSlots.get(memory, map);
  for (let next = slot + 1; next < usedSlots; next++) {
    if (MapEntry.keyBytes.get(memory, entryAt(memory, map, next)) !== NO_KEY) return next;
  }
  return -1;
}

/** The value of a slot in use. */
export function mapValueAt<Name extends string = "Value">(memory: Memory, map: MapAddress, slot: number): Address<Name> {
  return (entryAt(memory, map, slot) + MapEntry.size) as Address<Name>;
}

/** The address of the first byte of the key of a slot in use. */
export function mapKeyAt(memory: Memory, map: MapAddress, slot: number): number {
  return keyAddress(memory, map, entryAt(memory, map, slot));
}

/** The length of the key of a slot in use. */
export function mapKeyBytes(memory: Memory, map: MapAddress, slot: number): number {
  return MapEntry.keyBytes.get(memory, entryAt(memory, map, slot));
}

/** Gives the map back, with its keys. 0, or the heap's errno. */
export function mapFree(heap: Heap, map: MapAddress): number {
  const memory = heap.memory;
  for (let slot = mapFirst(memory, map); slot >= 0; slot = mapNext(memory, map, slot)) {
    if (mapKeyBytes(memory, map, slot) > MAP_INLINE_KEY_BYTES) heap.free(mapKeyAt(memory, map, slot) - ByteString.size);
  }
  const entries = HashMap.entriesOffset.get(memory, map);
  if (entries !== 0) {
    heap.free(map + HashMap.headsOffset.get(memory, map));
    heap.free(map + entries);
  }
  return heap.free(map);
}

// --- entries and chains --------------------------------------------------------------------------------------------

function strideBytes(memory: Memory, map: MapAddress): number {
  return MapEntry.size + HashMap.valueBytes.get(memory, map);
}

function entryAt(memory: Memory, map: MapAddress, slot: number): EntryAddress {
  return (map + HashMap.entriesOffset.get(memory, map) + slot * strideBytes(memory, map)) as EntryAddress;
}

function keyAddress(memory: Memory, map: MapAddress, entry: EntryAddress): number {
  if (MapEntry.keyBytes.get(memory, entry) <= MAP_INLINE_KEY_BYTES) return MapEntry.key.at(entry);
  return map + LongKey.stringOffset.get(memory, entry as number as Address<"LongKey">) + ByteString.size;
}

/** Word index of the head of the chain for this hash. */
function headWord(memory: Memory, map: MapAddress, hash: number): number {
  return ((map + HashMap.headsOffset.get(memory, map)) >> 2) + (hash & HashMap.headsMask.get(memory, map));
}

/** The slot of this key, or -1. Looks at no more entries than there are. */
function findSlot(memory: Memory, map: MapAddress, key: Memory, keyAt: number, keyBytes: number, hash: number): number {
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

function link(memory: Memory, map: MapAddress, slot: number, entry: EntryAddress): void {
  const head = headWord(memory, map, MapEntry.hash.get(memory, entry));
  MapEntry.next.set(memory, entry, memory.i32[head]);
  memory.i32[head] = slot + 1;
}

function unlink(memory: Memory, map: MapAddress, slot: number, entry: EntryAddress): void {
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
function takeSlot(memory: Memory, map: MapAddress): number {
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
function grow(heap: Heap, map: MapAddress): number {
  const capacity = HashMap.capacity.get(heap.memory, map);
  const entriesMax = HashMap.entriesMax.get(heap.memory, map);
  if (capacity >= entriesMax) return Errno.resourceExhausted;
  const wanted = Math.min(entriesMax, Math.max(CAPACITY_FIRST, 2 * capacity));
  const status = reserve(heap, map, wanted, powerOfTwoFrom(wanted));
  if (status !== Errno.outOfMemory || wanted === capacity + 1) return status;
  return capacity === 0 ? reserve(heap, map, 1, 1) : reserveEntries(heap, map, capacity + 1);
}

/** Room for `capacity` entries in `headCount` chains. */
function reserve(heap: Heap, map: MapAddress, capacity: number, headCount: number): number {
  const memory = heap.memory;
  const heads = heap.allocate(headCount * 4);
  if (heads < 0) return heads;
  const status = reserveEntries(heap, map, capacity);
  if (status < 0) {
    heap.free(heads);
    return status;
  }
  const oldHeads = HashMap.headsOffset.get(memory, map);
  if (oldHeads !== 0) heap.free(map + oldHeads);
  HashMap.headsOffset.set(memory, map, heads - map);
  HashMap.headsMask.set(memory, map, headCount - 1);
  relink(memory, map, heads, headCount);
  return Errno.ok;
}

/** Links between entries are slots: they stay good when entries move. */
function reserveEntries(heap: Heap, map: MapAddress, capacity: number): number {
  const memory = heap.memory;
  const offset = HashMap.entriesOffset.get(memory, map);
  const bytes = capacity * strideBytes(memory, map);
  const entries = offset === 0 ? heap.allocate(bytes) : heap.resize(map + offset, bytes);
  if (entries < 0) return entries;
  HashMap.entriesOffset.set(memory, map, entries - map);
  HashMap.capacity.set(memory, map, capacity);
  return Errno.ok;
}

/** All entries are in use when a map grows. */
function relink(memory: Memory, map: MapAddress, heads: number, headCount: number): void {
  fillWords(memory, heads, headCount * 4, 0);
  const usedSlots = HashMap.usedSlots.get(memory, map);
  for (let slot = 0; slot < usedSlots; slot++) link(memory, map, slot, entryAt(memory, map, slot));
}

function powerOfTwoFrom(count: number): number {
  return count <= 1 ? 1 : 1 << (32 - Math.clz32(count - 1));
}
