/**
 * The one hash table of a routing: its texts, conditions, hosts, and the nodes of its tries, each a block of the heap
 * that begins with a TableEntry. Whatever is looked up while a request is routed is found here, in time that does not
 * depend on how much there is.
 *
 * The table is made when the first text of a routing is kept and goes with the last one. The number of its chains is
 * a function of the number of entries (so a failed operation leaves it as it was); where memory for more chains is short,
 * there are fewer, and they are longer. Nothing from outside becomes an entry: they all are the configuration's.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";

/** What an entry is: the lowest bits of its hash. */
export const EntryKind = Object.freeze({ text: 0, condition: 1, host: 2, wildcard: 3, literal: 4, edge: 5, bucket: 6 });
const KIND_BITS = 3;

/** How every record of the table begins. */
export const TableEntry = layout("TableEntry", 8, {
  /** The next entry of the chain, 0 for none. */
  next: i32("identity"),
  hash: i32,
});
export type EntryAddress = Address<"TableEntry">;

export const RouteTable = layout("RouteTable", {
  heads: i32("identity"),
  /** Number of chains less one; their number is a power of two. */
  headsMask: i32,
  count: i32,
  /** HostEntry of the routes for any host, 0 for none. */
  anyHost: i32("identity"),
  /** Hosts of kind wildcard. */
  wildcardCount: i32,
  /** Conditions that a line or a method of a request can be looked up for. */
  conditionCount: i32,

  /* The search under way (search.ts). */
  pathAt: i32("scratch"),
  pathBytes: i32("scratch"),
  best: i32("scratch"),
  bestNumber: i32("scratch"),
  /** Whether the request's lines were looked up, and the conditions that were found, chained by `matched`. */
  looked: i32("scratch"),
  matchedFirst: i32("scratch"),
});
export type RouteTableAddress = Address<"RouteTable">;

const HEADS_LEAST = 16;

/** The hash of an entry of that kind. */
export function entryHash(mixed: number, kind: number): number {
  return (mixed << KIND_BITS) | kind;
}

/** A table without entries. Its address, or outOfMemory. */
export function tableCreate(heap: Heap): number {
  const memory = heap.memory;
  const table = heap.allocate(RouteTable.size) as RouteTableAddress;
  if (table < 0) return table;
  const heads = heap.allocate(HEADS_LEAST * 4);
  if (heads < 0) {
    heap.free(table);
    return heads;
  }
  memory.fill(table, RouteTable.size, 0);
  memory.fill(heads, HEADS_LEAST * 4, 0);
  RouteTable.heads.set(memory, table, heads);
  RouteTable.headsMask.set(memory, table, HEADS_LEAST - 1);
  return table;
}

/** Frees the table with all its entries. */
export function tableFree(heap: Heap, table: RouteTableAddress): void {
  const memory = heap.memory;
  const first = RouteTable.heads.get(memory, table) >> 2;
  for (let i = RouteTable.headsMask.get(memory, table); i >= 0; i--) {
    let entry = memory.i32[first + i] as EntryAddress;
    while (entry !== 0) {
      const next = TableEntry.next.get(memory, entry) as EntryAddress;
      heap.free(entry);
      entry = next;
    }
  }
  heap.free(RouteTable.heads.get(memory, table));
  heap.free(table);
}

/** The first entry of the chain for that hash, or 0; the others follow by `next`. */
export function tableFirst(memory: Memory, table: RouteTableAddress, hash: number): EntryAddress {
  return memory.i32[headWord(memory, table, hash)] as EntryAddress;
}

/** Puts an entry in. Cannot fail. */
export function tableEnter(heap: Heap, table: RouteTableAddress, entry: EntryAddress, hash: number): void {
  const memory = heap.memory;
  tableLink(memory, table, entry, hash);
  RouteTable.count.add(memory, table, 1);
  if (RouteTable.count.get(memory, table) > RouteTable.headsMask.get(memory, table) + 1) grow(heap, table);
}

/** Takes an entry out and frees it. Cannot fail. */
export function tableRemove(heap: Heap, table: RouteTableAddress, entry: EntryAddress): void {
  const memory = heap.memory;
  tableUnlink(memory, table, entry);
  heap.free(entry);
  RouteTable.count.add(memory, table, -1);
  const headCount = RouteTable.headsMask.get(memory, table) + 1;
  if (headCount > HEADS_LEAST && RouteTable.count.get(memory, table) <= headCount >> 1) shrink(heap, table, headCount >> 1);
}

/** Puts an entry into the chain for that hash, uncounted: for one that changes its hash. */
export function tableLink(memory: Memory, table: RouteTableAddress, entry: EntryAddress, hash: number): void {
  const head = headWord(memory, table, hash);
  TableEntry.hash.set(memory, entry, hash);
  TableEntry.next.set(memory, entry, memory.i32[head]);
  memory.i32[head] = entry;
}

/** Takes an entry out of its chain, uncounted. */
export function tableUnlink(memory: Memory, table: RouteTableAddress, entry: EntryAddress): void {
  const head = headWord(memory, table, TableEntry.hash.get(memory, entry));
  const after = TableEntry.next.get(memory, entry);
  let before = memory.i32[head] as EntryAddress;
  if (before === entry) {
    memory.i32[head] = after;
    return;
  }
  while (TableEntry.next.get(memory, before) !== entry) before = TableEntry.next.get(memory, before) as EntryAddress;
  TableEntry.next.set(memory, before, after);
}

function headWord(memory: Memory, table: RouteTableAddress, hash: number): number {
  return (RouteTable.heads.get(memory, table) >> 2) + ((hash >>> KIND_BITS) & RouteTable.headsMask.get(memory, table));
}

/** Twice as many chains, if there is memory. */
function grow(heap: Heap, table: RouteTableAddress): void {
  const memory = heap.memory;
  const old = RouteTable.heads.get(memory, table);
  const oldCount = RouteTable.headsMask.get(memory, table) + 1;
  const heads = heap.allocate(oldCount * 8);
  if (heads < 0) return;
  memory.fill(heads, oldCount * 8, 0);
  RouteTable.heads.set(memory, table, heads);
  RouteTable.headsMask.set(memory, table, oldCount * 2 - 1);
  for (let i = 0; i < oldCount; i++) {
    let entry = memory.i32[(old >> 2) + i] as EntryAddress;
    while (entry !== 0) {
      const next = TableEntry.next.get(memory, entry) as EntryAddress;
      tableLink(memory, table, entry, TableEntry.hash.get(memory, entry));
      entry = next;
    }
  }
  heap.free(old);
}

/** Half as many chains: each takes over the one that differs from it in the highest bit. Making a block smaller takes no memory. */
function shrink(heap: Heap, table: RouteTableAddress, headCount: number): void {
  const memory = heap.memory;
  const heads = RouteTable.heads.get(memory, table);
  RouteTable.headsMask.set(memory, table, headCount - 1);
  for (let i = headCount; i < headCount * 2; i++) {
    let entry = memory.i32[(heads >> 2) + i] as EntryAddress;
    while (entry !== 0) {
      const next = TableEntry.next.get(memory, entry) as EntryAddress;
      tableLink(memory, table, entry, TableEntry.hash.get(memory, entry));
      entry = next;
    }
  }
  const resized = heap.resize(heads, headCount * 4);
  if (resized > 0) RouteTable.heads.set(memory, table, resized);
}
