/**
 * Tries: the prefixes of the routes of one host, path-compressed. A node stands for the bytes on the way to it; an edge is
 * an entry of the table, found by node and first byte, and its label is bytes of a prefix that some route keeps.
 *
 * The label of a node lies in the prefix of the route of its subtree that was entered first: routes leave in such an order
 * (route-index.ts) that this text is there as long as the node.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { bytesEqual } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { mixWords } from "../hash.ts";
import { EntryKind, TableEntry, entryHash, tableEnter, tableFirst, tableLink, tableRemove, tableUnlink } from "./route-table.ts";
import type { EntryAddress, RouteTableAddress } from "./route-table.ts";

export const RouteNode = layout("RouteNode", 40, {
  /** Entry of the table, but for a host's root. */
  next: i32("identity"),
  hash: i32,
  /** 0 for a host's root. */
  parent: i32("identity"),
  labelAt: i32("identity"),
  labelBytes: i32,
  /** Of the routes here and below; NONE without any. */
  smallestNumber: i32,
  /** The last of the routes that end here and are in no bucket, in a ring by Route.nextHere; 0 for none. */
  lastRoute: i32("identity"),
  /** Of the routes in this node's buckets; NONE without any. */
  smallestInBuckets: i32,
  bucketCount: i32,
  childCount: i32,
});
export type RouteNodeAddress = Address<"RouteNode">;

/** Greater than any route's number. */
export const NONE = 0x7fff_ffff;

/** Makes a record a node without anything. */
export function nodeFormat(memory: Memory, node: RouteNodeAddress, parent: number, labelAt: number, labelBytes: number): void {
  memory.fill(node, RouteNode.size, 0);
  RouteNode.parent.set(memory, node, parent);
  RouteNode.labelAt.set(memory, node, labelAt);
  RouteNode.labelBytes.set(memory, node, labelBytes);
  RouteNode.smallestNumber.set(memory, node, NONE);
  RouteNode.smallestInBuckets.set(memory, node, NONE);
}

/** The child whose label begins with that byte, or 0. */
export function nodeChild(memory: Memory, table: RouteTableAddress, node: RouteNodeAddress, byte: number): RouteNodeAddress | 0 {
  const hash = edgeHash(node, byte);
  let entry = tableFirst(memory, table, hash);
  while (entry !== 0) {
    const child = entry as number as RouteNodeAddress;
    if (TableEntry.hash.get(memory, entry) === hash && RouteNode.parent.get(memory, child) === node && memory.u8[RouteNode.labelAt.get(memory, child)] === byte) return child;
    entry = TableEntry.next.get(memory, entry) as EntryAddress;
  }
  return 0;
}

/** The node for these bytes of our memory, made if there is none. Its address, or outOfMemory; then the trie is as before. */
export function nodeMake(heap: Heap, table: RouteTableAddress, root: RouteNodeAddress, textAt: number, textBytes: number): number {
  const memory = heap.memory;
  let node = root;
  let at = textAt;
  let left = textBytes;
  while (left > 0) {
    const child = nodeChild(memory, table, node, memory.u8[at]);
    if (child === 0) return addLeaf(heap, table, node, at, left);
    const common = commonBytes(memory, child, at, left);
    if (common < RouteNode.labelBytes.get(memory, child)) return split(heap, table, child, common, at, left);
    node = child;
    at += common;
    left -= common;
  }
  return node;
}

/** The last node on the way that these bytes of our memory lead: their own, if there is one. */
export function nodeAlong(memory: Memory, table: RouteTableAddress, root: RouteNodeAddress, textAt: number, textBytes: number): RouteNodeAddress {
  let node = root;
  let at = textAt;
  let left = textBytes;
  while (left > 0) {
    const child = nodeChild(memory, table, node, memory.u8[at]);
    if (child === 0) return node;
    const labelBytes = RouteNode.labelBytes.get(memory, child);
    if (labelBytes > left || !bytesEqual(memory, RouteNode.labelAt.get(memory, child), memory, at, labelBytes)) return node;
    node = child;
    at += labelBytes;
    left -= labelBytes;
  }
  return node;
}

/** Frees a node that has no children. Its parent. */
export function nodeRemove(heap: Heap, table: RouteTableAddress, node: RouteNodeAddress): RouteNodeAddress {
  const parent = RouteNode.parent.get(heap.memory, node) as RouteNodeAddress;
  tableRemove(heap, table, node as number as EntryAddress);
  RouteNode.childCount.add(heap.memory, parent, -1);
  return parent;
}

/** Melts a node that has nothing of its own into its only child. */
export function nodeMelt(heap: Heap, table: RouteTableAddress, node: RouteNodeAddress): void {
  const memory = heap.memory;
  const child = onlyChild(memory, table, node);
  const labelBytes = RouteNode.labelBytes.get(memory, node);
  const hash = RouteNode.hash.get(memory, node);
  const parent = RouteNode.parent.get(memory, node);
  tableUnlink(memory, table, child as number as EntryAddress);
  tableRemove(heap, table, node as number as EntryAddress);
  RouteNode.parent.set(memory, child, parent);
  RouteNode.labelAt.set(memory, child, RouteNode.labelAt.get(memory, child) - labelBytes);
  RouteNode.labelBytes.add(memory, child, labelBytes);
  tableLink(memory, table, child as number as EntryAddress, hash);
}

function onlyChild(memory: Memory, table: RouteTableAddress, node: RouteNodeAddress): RouteNodeAddress {
  let byte = 0;
  let child = nodeChild(memory, table, node, byte);
  while (child === 0) child = nodeChild(memory, table, node, ++byte);
  return child;
}

function edgeHash(node: number, byte: number): number {
  return entryHash(mixWords(node, byte), EntryKind.edge);
}

/** How many bytes of the child's label the text begins with. */
function commonBytes(memory: Memory, child: RouteNodeAddress, at: number, left: number): number {
  const labelAt = RouteNode.labelAt.get(memory, child);
  const most = Math.min(left, RouteNode.labelBytes.get(memory, child));
  let common = 0;
  while (common < most && memory.u8[labelAt + common] === memory.u8[at + common]) common++;
  return common;
}

function addLeaf(heap: Heap, table: RouteTableAddress, parent: RouteNodeAddress, at: number, length: number): number {
  const leaf = heap.allocate(RouteNode.size) as RouteNodeAddress;
  if (leaf < 0) return leaf;
  nodeFormat(heap.memory, leaf, parent, at, length);
  RouteNode.childCount.add(heap.memory, parent, 1);
  tableEnter(heap, table, leaf as number as EntryAddress, edgeHash(parent, heap.memory.u8[at]));
  return leaf;
}

/** Puts a node for the first `common` bytes of the child's label above it. The node for the whole text, which is that one or a new leaf below it. */
function split(heap: Heap, table: RouteTableAddress, child: RouteNodeAddress, common: number, at: number, left: number): number {
  const memory = heap.memory;
  const upper = heap.allocate(RouteNode.size) as RouteNodeAddress;
  if (upper < 0) return upper;
  nodeFormat(memory, upper, RouteNode.parent.get(memory, child), RouteNode.labelAt.get(memory, child), common);
  const leaf = left > common ? addLeaf(heap, table, upper, at + common, left - common) : upper;
  if (leaf < 0) {
    heap.free(upper);
    return leaf;
  }
  // ---- nothing below can fail ----
  const hash = RouteNode.hash.get(memory, child);
  tableUnlink(memory, table, child as number as EntryAddress);
  RouteNode.parent.set(memory, child, upper);
  RouteNode.labelAt.add(memory, child, common);
  RouteNode.labelBytes.add(memory, child, -common);
  tableLink(memory, table, child as number as EntryAddress, edgeHash(upper, memory.u8[RouteNode.labelAt.get(memory, child)]));
  RouteNode.childCount.add(memory, upper, 1);
  RouteNode.smallestNumber.set(memory, upper, RouteNode.smallestNumber.get(memory, child));
  tableEnter(heap, table, upper as number as EntryAddress, hash);
  return leaf;
}
