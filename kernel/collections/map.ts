/**
 * Bounded hash map from byte strings to records of one size.
 *
 * Entries lie side by side in one block, each with hash, key and value (short keys inline, long ones as a byte string),
 * and behind them the heads of the chains. The map starts small and doubles up to its bound. Growing moves entries, so
 * that a value's address is good until the next insertion of a new key; an entry's slot never changes.
 *
 * A map may hold keys of several spaces: the same bytes under two numbers are two keys. The number goes into the hash, which
 * for given bytes is another one for each seed (all its steps can be undone), and entries are told apart by hash and bytes.
 *
 * Keys may come from outside, and collisions can be made on purpose: a chain is then as long as the map has entries, and
 * never longer. Inner links are relative to the map's record, so that the map reads the same through any Memory.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";
import { ByteString, byteStringCreate, bytesHash, copyBytes } from "./byte-string.ts";
import type { MapAddress } from "./map-table.ts";
import {
  HashMap, LongKey, MAP_INLINE_KEY_BYTES, MapEntry, NO_KEY, entryAt, findSlot, grow, keyAddress, link, strideBytes, takeSlot, unlink,
} from "./map-table.ts";
import { fillWords, isCount, isStride } from "./words.ts";

export { HashMap, MAP_INLINE_KEY_BYTES, MapEntry } from "./map-table.ts";

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

/** The address of the value for the `keyBytes` bytes at `keyAt` in `key`, or 0 if there is none. `space` is 32 bits. */
export function mapFind<Name extends string = "Value">(memory: Memory, map: MapAddress, key: Memory, keyAt: number, keyBytes: number, space = 0): Address<Name> {
  const slot = findSlot(memory, map, key, keyAt, keyBytes, bytesHash(key, keyAt, keyBytes, HashMap.seed.get(memory, map) ^ space));
  return (slot < 0 ? 0 : entryAt(memory, map, slot) + MapEntry.size) as Address<Name>;
}

/**
 * The address of the value for this key: the one that is there, or a new one, zeroed. Or a negative errno:
 * resourceExhausted at the map's bound, outOfMemory, invalidArgument for a key that is not in `key`; then the map is
 * as it was. The key may be another map's in the same heap, but no part of a key of this map: entries move.
 */
export function mapInsert<Name extends string = "Value">(heap: Heap, map: MapAddress, key: Memory, keyAt: number, keyBytes: number, space = 0): Address<Name> {
  const memory = heap.memory;
  if (!(keyBytes >= 0 && keyAt >= 0 && keyAt + keyBytes <= key.bytes)) return Errno.invalidArgument as number as Address<Name>;
  const hash = bytesHash(key, keyAt, keyBytes, HashMap.seed.get(memory, map) ^ space);
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
export function mapRemove(heap: Heap, map: MapAddress, key: Memory, keyAt: number, keyBytes: number, space = 0): number {
  const hash = bytesHash(key, keyAt, keyBytes, HashMap.seed.get(heap.memory, map) ^ space);
  const slot = findSlot(heap.memory, map, key, keyAt, keyBytes, hash);
  return slot < 0 ? Errno.notFound : mapRemoveAt(heap, map, slot);
}

/** Takes out the entry of a slot in use. 0, or the heap's errno. Other entries stay where they are. */
export function mapRemoveAt(heap: Heap, map: MapAddress, slot: number): number {
  const memory = heap.memory;
  const entry = entryAt(memory, map, slot);
  if (MapEntry.keyBytes.get(memory, entry) > MAP_INLINE_KEY_BYTES) {
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

/** The slot of a value that mapFind() or mapInsert() gave. */
export function mapSlotOf(memory: Memory, map: MapAddress, value: number): number {
  return (value - MapEntry.size - entryAt(memory, map, 0)) / strideBytes(memory, map);
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
  if (entries !== 0) heap.free(map + entries);
  return heap.free(map);
}
