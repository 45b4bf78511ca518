/**
 * Pieces of the HTTP balancer held on their own, by id: token buckets, session tables and groups, a table with a bound
 * for each kind. What the pieces do is said in their own files.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { mapCount, mapCreate, mapFind, mapFirst, mapFree, mapInsert, mapNext, mapRemove, mapValueAt } from "../../kernel/collections/map.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { LbErrno } from "./control.ts";
import { groupFree } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import { RateLimit } from "./rate/token-bucket.ts";
import type { RateLimitAddress } from "./rate/token-bucket.ts";
import { SessionTable, sessionsClear } from "./session/session-table.ts";
import type { SessionTableAddress } from "./session/session-table.ts";

/** Maps from id, each 0 while it was never used. */
export const Parts = layout("Parts", 16, {
  /** To RateLimit. */
  buckets: i32,
  /** To SessionTable. */
  sessionTables: i32,
  /** To GroupPart. */
  groups: i32,
  reserved: i32("scratch"),
});
export type PartsAddress = Address<"Parts">;

export const GroupPart = layout("GroupPart", 8, { group: i32, reserved: i32("scratch") });

type PartsField = typeof Parts.buckets;

/** Gives all pieces back. */
export function partsClear(heap: Heap, parts: PartsAddress): void {
  const memory = heap.memory;
  const tables = Parts.sessionTables.get(memory, parts) as Address<"HashMap">;
  for (let slot = tables === 0 ? -1 : mapFirst(memory, tables); slot >= 0; slot = mapNext(memory, tables, slot)) {
    sessionsClear(heap, mapValueAt<"SessionTable">(memory, tables, slot));
  }
  const groups = Parts.groups.get(memory, parts) as Address<"HashMap">;
  for (let slot = groups === 0 ? -1 : mapFirst(memory, groups); slot >= 0; slot = mapNext(memory, groups, slot)) {
    groupFree(heap, GroupPart.group.get(memory, mapValueAt<"GroupPart">(memory, groups, slot)) as GroupAddress);
  }
  clearMap(heap, parts, Parts.buckets);
  clearMap(heap, parts, Parts.sessionTables);
  clearMap(heap, parts, Parts.groups);
}

/** The bucket of that id, or 0; it moves when another is made. */
export function partBucket(memory: Memory, parts: PartsAddress, source: Memory, at: number, bytes: number): RateLimitAddress | 0 {
  return find(memory, parts, Parts.buckets, source, at, bytes) as RateLimitAddress | 0;
}

/** The bucket of that id, or a new one. Or tableFull, messageTooLarge, outOfMemory. */
export function partBucketMake(heap: Heap, limits: LbLimits, parts: PartsAddress, source: Memory, at: number, bytes: number): number {
  return make(heap, limits, parts, Parts.buckets, RateLimit.size, source, at, bytes);
}

/** The session table of that id, or 0; it moves when another is made. */
export function partSessions(memory: Memory, parts: PartsAddress, source: Memory, at: number, bytes: number): SessionTableAddress | 0 {
  return find(memory, parts, Parts.sessionTables, source, at, bytes) as SessionTableAddress | 0;
}

/** The session table of that id, or a new one. Or tableFull, messageTooLarge, outOfMemory. */
export function partSessionsMake(heap: Heap, limits: LbLimits, parts: PartsAddress, source: Memory, at: number, bytes: number): number {
  return make(heap, limits, parts, Parts.sessionTables, SessionTable.size, source, at, bytes);
}

/** The group of that id, or 0. */
export function partGroup(memory: Memory, parts: PartsAddress, source: Memory, at: number, bytes: number): GroupAddress | 0 {
  const entry = find(memory, parts, Parts.groups, source, at, bytes) as Address<"GroupPart"> | 0;
  return entry === 0 ? 0 : (GroupPart.group.get(memory, entry) as GroupAddress);
}

/** Takes the group over under that id, instead of one that was there. 0, or an errno; then it is still the caller's. */
export function partGroupKeep(heap: Heap, limits: LbLimits, parts: PartsAddress, source: Memory, at: number, bytes: number, group: GroupAddress): number {
  const memory = heap.memory;
  const made = make(heap, limits, parts, Parts.groups, GroupPart.size, source, at, bytes);
  if (made < 0) return made;
  const entry = made as Address<"GroupPart">;
  const before = GroupPart.group.get(memory, entry) as GroupAddress;
  if (before !== 0) groupFree(heap, before);
  GroupPart.group.set(memory, entry, group);
  return 0;
}

/** Forgets the id of a group that somebody else took over. */
export function partGroupRelease(heap: Heap, parts: PartsAddress, source: Memory, at: number, bytes: number): void {
  const groups = Parts.groups.get(heap.memory, parts) as Address<"HashMap">;
  mapRemove(heap, groups, source, at, bytes);
  if (mapCount(heap.memory, groups) === 0) clearMap(heap, parts, Parts.groups);
}

function find(memory: Memory, parts: PartsAddress, field: PartsField, source: Memory, at: number, bytes: number): number {
  const map = field.get(memory, parts) as Address<"HashMap">;
  return map === 0 ? 0 : mapFind(memory, map, source, at, bytes);
}

/** The value of that id: the one that is there, or a zeroed one. */
function make(heap: Heap, limits: LbLimits, parts: PartsAddress, field: PartsField, valueBytes: number, source: Memory, at: number, bytes: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = field.get(memory, parts) === 0;
  const map = (fresh ? mapCreate(heap, valueBytes, limits.partsMax) : field.get(memory, parts)) as Address<"HashMap">;
  if (map < 0) return map;
  const value = mapInsert(heap, map, source, at, bytes);
  if (value < 0) {
    if (fresh) mapFree(heap, map);
    return value === Errno.resourceExhausted ? LbErrno.tableFull : value;
  }
  field.set(memory, parts, map);
  return value;
}

function clearMap(heap: Heap, parts: PartsAddress, field: PartsField): void {
  const map = field.get(heap.memory, parts) as Address<"HashMap">;
  if (map !== 0) mapFree(heap, map);
  field.set(heap.memory, parts, 0);
}
