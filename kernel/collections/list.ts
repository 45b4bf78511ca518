/**
 * Growable list of records of one size, in order, with a bound.
 *
 * The list's own record never moves; its items do when the list grows or one is removed: an item's address is good until
 * the next push or remove. Items begin at multiples of 4, of 8 if the stride is one. Inner links are relative to the
 * list's record, so that the list reads the same through any Memory that holds it.
 */

import { panic } from "../../hal/assert.ts";
import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { Heap } from "../heap.ts";
import { fillWords, isCount, isStride } from "./words.ts";

export const List = layout("List", {
  count: i32,
  /** Items there is room for. */
  capacity: i32,
  countMax: i32,
  strideBytes: i32,
  /** The first item, relative to this record; 0 before the first push. */
  itemsOffset: i32,
});

type ListAddress = Address<"List">;

const CAPACITY_FIRST = 4;

/**
 * An empty list for at most `countMax` items of `strideBytes` (a positive multiple of 4). Its address, or a negative
 * errno: outOfMemory, invalidArgument. Memory for items is taken as they come.
 */
export function listCreate(heap: Heap, strideBytes: number, countMax: number): ListAddress {
  if (!isStride(strideBytes) || !isCount(countMax, strideBytes)) return Errno.invalidArgument as number as ListAddress;
  const list = heap.allocate(List.size) as ListAddress;
  if (list < 0) return list;
  fillWords(heap.memory, list, List.size, 0);
  List.countMax.set(heap.memory, list, countMax);
  List.strideBytes.set(heap.memory, list, strideBytes);
  return list;
}

/** Adds a zeroed item at the end. Its address, or a negative errno: resourceExhausted at the list's bound, outOfMemory. */
export function listPush<Name extends string = "Item">(heap: Heap, list: ListAddress): Address<Name> {
  const memory = heap.memory;
  const count = List.count.get(memory, list);
  if (count === List.capacity.get(memory, list)) {
    const status = grow(heap, list);
    if (status < 0) return status as Address<Name>;
  }
  const stride = List.strideBytes.get(memory, list);
  const item = list + List.itemsOffset.get(memory, list) + count * stride;
  fillWords(memory, item, stride, 0);
  List.count.set(memory, list, count + 1);
  return item as Address<Name>;
}

export function listCount(memory: Memory, list: ListAddress): number {
  return List.count.get(memory, list);
}

/** The address of an item; an index outside the list is a panic. */
export function listAt<Name extends string = "Item">(memory: Memory, list: ListAddress, index: number): Address<Name> {
  if (!(index >= 0 && index < List.count.get(memory, list))) panic(`item ${index} of a list of ${List.count.get(memory, list)}`);
  return (list + List.itemsOffset.get(memory, list) + index * List.strideBytes.get(memory, list)) as Address<Name>;
}

/** Takes an item out; those behind it move up. 0, or errno invalidArgument for an index outside the list. Memory is kept. */
export function listRemove(heap: Heap, list: ListAddress, index: number): number {
  const memory = heap.memory;
  const count = List.count.get(memory, list);
  if (!(index >= 0 && index < count)) return Errno.invalidArgument;
  const stride = List.strideBytes.get(memory, list);
  const items = list + List.itemsOffset.get(memory, list);
  const last = items + (count - 1) * stride;
  const item = items + index * stride;
  if (item !== last) memory.copy(item, item + stride, last - item);
  fillWords(memory, last, stride, 0);
  List.count.set(memory, list, count - 1);
  return Errno.ok;
}

/** Gives the list and its items back. 0, or the heap's errno. */
export function listFree(heap: Heap, list: ListAddress): number {
  const offset = List.itemsOffset.get(heap.memory, list);
  if (offset !== 0) {
    const status = heap.free(list + offset);
    if (status < 0) return status;
    List.itemsOffset.set(heap.memory, list, 0);
  }
  return heap.free(list);
}

/** Room for twice as many items, within the bound; where memory is short, for one more. */
function grow(heap: Heap, list: ListAddress): number {
  const memory = heap.memory;
  const capacity = List.capacity.get(memory, list);
  const countMax = List.countMax.get(memory, list);
  if (capacity >= countMax) return Errno.resourceExhausted;
  const wanted = Math.min(countMax, Math.max(CAPACITY_FIRST, 2 * capacity));
  const status = reserve(heap, list, wanted);
  return status === Errno.outOfMemory && wanted > capacity + 1 ? reserve(heap, list, capacity + 1) : status;
}

function reserve(heap: Heap, list: ListAddress, capacity: number): number {
  const memory = heap.memory;
  const offset = List.itemsOffset.get(memory, list);
  const bytes = capacity * List.strideBytes.get(memory, list);
  const items = offset === 0 ? heap.allocate(bytes) : heap.resize(list + offset, bytes);
  if (items < 0) return items;
  List.itemsOffset.set(memory, list, items - list);
  List.capacity.set(memory, list, capacity);
  return Errno.ok;
}
