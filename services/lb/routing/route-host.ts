/** Hosts of routes: each host pattern that occurs has an entry in the table, with the trie of its routes. */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength, bytesEqual, copyBytes } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { mixWord } from "../hash.ts";
import { foldByte, foldedEqual } from "../header-lines.ts";
import { Semantics } from "../policy.ts";
import type { TextAddress } from "../text.ts";
import { HostKind, HostText, hostPatternJudge } from "./host.ts";
import { Route } from "./route.ts";
import type { RouteAddress } from "./route.ts";
import { EntryKind, RouteTable, TableEntry, entryHash, tableEnter, tableFirst, tableRemove } from "./route-table.ts";
import type { EntryAddress, RouteTableAddress } from "./route-table.ts";
import { RouteNode, nodeFormat } from "./route-node.ts";
import type { RouteNodeAddress } from "./route-node.ts";
import { textHash } from "./route-text.ts";
import { Routing } from "./routing-record.ts";
import type { RoutingAddress } from "./routing-record.ts";

export const HostEntry = layout("HostEntry", 56, {
  next: i32("identity"),
  hash: i32,
  /** The name or suffix, in the text of a route; an IPv6 literal's 16 bytes lie behind this record. */
  at: i32("identity"),
  bytes: i32,
  root: nested(RouteNode),
});
export type HostEntryAddress = Address<"HostEntry">;

/** The entry for the route's host, made if there is none. Its address, or outOfMemory; then the table is as before. */
export function hostMake(heap: Heap, routing: RoutingAddress, table: RouteTableAddress, route: RouteAddress): number {
  const memory = heap.memory;
  const found = hostOfRoute(memory, routing, table, route);
  if (found !== 0) return found;
  const host = Routing.host.at(routing);
  const kind = patternKind(memory, routing, route);
  const length = HostText.bytes.get(memory, host);
  const entry = heap.allocate(HostEntry.size + (kind === EntryKind.literal ? length : 0)) as HostEntryAddress;
  if (entry < 0) return entry;
  // ---- nothing below can fail ----
  HostEntry.at.set(memory, entry, HostText.at.get(memory, host));
  HostEntry.bytes.set(memory, entry, length);
  nodeFormat(memory, HostEntry.root.at(entry), 0, 0, 0);
  if (kind === EntryKind.literal) {
    copyBytes(memory, entry + HostEntry.size, memory, HostText.at.get(memory, host), length);
    HostEntry.at.set(memory, entry, entry + HostEntry.size);
  }
  if (length === 0) RouteTable.anyHost.set(memory, table, entry);
  if (kind === EntryKind.wildcard) RouteTable.wildcardCount.add(memory, table, 1);
  tableEnter(heap, table, entry as number as EntryAddress, patternHash(memory, routing, kind));
  return entry;
}

/** The entry for the route's host, or 0. */
export function hostOfRoute(memory: Memory, routing: RoutingAddress, table: RouteTableAddress, route: RouteAddress): HostEntryAddress | 0 {
  const kind = patternKind(memory, routing, route);
  const host = Routing.host.at(routing);
  if (HostText.bytes.get(memory, host) === 0) return RouteTable.anyHost.get(memory, table) as HostEntryAddress;
  const folded = Routing.semantics.get(memory, routing) === Semantics.strict && kind !== EntryKind.literal;
  return hostFind(memory, table, patternHash(memory, routing, kind), memory, HostText.at.get(memory, host), HostText.bytes.get(memory, host), folded);
}

/** The entry with that hash whose name or suffix these bytes are, up to case if `folded`; or 0. */
export function hostFind(memory: Memory, table: RouteTableAddress, hash: number, source: Memory, at: number, length: number, folded: boolean): HostEntryAddress | 0 {
  let entry = tableFirst(memory, table, hash);
  while (entry !== 0) {
    const host = entry as number as HostEntryAddress;
    if (TableEntry.hash.get(memory, entry) === hash && HostEntry.bytes.get(memory, host) === length) {
      const hostAt = HostEntry.at.get(memory, host);
      if (folded ? foldedEqual(memory, hostAt, source, at, length) : bytesEqual(memory, hostAt, source, at, length)) return host;
    }
    entry = TableEntry.next.get(memory, entry) as EntryAddress;
  }
  return 0;
}

/** The root of the host's trie. */
export function hostRoot(host: HostEntryAddress): RouteNodeAddress {
  return HostEntry.root.at(host);
}

/** Frees an entry in whose trie nothing is left but its root. */
export function hostRemove(heap: Heap, table: RouteTableAddress, root: RouteNodeAddress): void {
  const memory = heap.memory;
  const host = (root - HostEntry.root.offset) as HostEntryAddress;
  if (RouteTable.anyHost.get(memory, table) === host) RouteTable.anyHost.set(memory, table, 0);
  if ((HostEntry.hash.get(memory, host) & 7) === EntryKind.wildcard) RouteTable.wildcardCount.add(memory, table, -1);
  tableRemove(heap, table, host as number as EntryAddress);
}

/** The hash of a name grows from its end, so that all its suffixes are hashed on the way. */
export function suffixHash(hash: number, byte: number): number {
  return Math.imul(hash ^ foldByte(byte), 0x0100_0193);
}

/** The entry's hash when all of the name went through suffixHash(), from 0 on. */
export function suffixEntryHash(hash: number, kind: number): number {
  return entryHash(mixWord(hash), kind);
}

/** The entry's hash of bytes that are compared as they are. */
export function plainHash(memory: Memory, at: number, length: number, kind: number): number {
  return entryHash(textHash(memory, at, length, false), kind);
}

/** The EntryKind for the route's host; Routing.host then holds what is compared, nothing for any host. */
function patternKind(memory: Memory, routing: RoutingAddress, route: RouteAddress): number {
  const text = Route.host.get(memory, route) as TextAddress;
  const host = Routing.host.at(routing);
  HostText.at.set(memory, host, byteStringBytes(memory, text));
  HostText.bytes.set(memory, host, byteStringLength(memory, text));
  if (Routing.semantics.get(memory, routing) !== Semantics.strict) return EntryKind.host;
  const kind = hostPatternJudge(memory, host, memory, byteStringBytes(memory, text), byteStringLength(memory, text));
  return kind === HostKind.wildcard ? EntryKind.wildcard : kind === HostKind.version6 ? EntryKind.literal : EntryKind.host;
}

function patternHash(memory: Memory, routing: RoutingAddress, kind: number): number {
  const host = Routing.host.at(routing);
  const at = HostText.at.get(memory, host);
  const length = HostText.bytes.get(memory, host);
  if (Routing.semantics.get(memory, routing) !== Semantics.strict || kind === EntryKind.literal) return plainHash(memory, at, length, kind);
  let hash = 0;
  for (let i = at + length - 1; i >= at; i--) hash = suffixHash(hash, memory.u8[i]);
  return suffixEntryHash(hash, kind);
}
