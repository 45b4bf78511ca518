/**
 * The table of a group's algorithm: made before a change is decided, exchanged when nothing can fail any more.
 *
 *     a backend joins:   add it; status = groupTableRenew(...); if that failed take it out again and nothing has changed
 *     a backend leaves:  groupRemoveBackend(...); groupTableForget(...), which cannot fail
 *     a new group:       groupTableRenew(...) once it has its backends
 *     a reload:          groupTableBuild(..., the old group's table) where both groups have the same algorithm
 *
 * Algorithms without a table need none of this, and every function does nothing for them.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { ALGORITHM_TABLE } from "../algorithm/algorithms.ts";
import { Group } from "./group.ts";
import type { GroupAddress } from "./group.ts";

/**
 * Makes a table for the group as it is now, which keeps clients where `before`, a table of the same algorithm or 0, had
 * them. Its address; 0 if the algorithm needs none; or outOfMemory, or tableFull beyond its bound. The group's own table
 * is left alone.
 */
export function groupTableBuild(heap: Heap, limits: LbLimits, group: GroupAddress, before: number): number {
  const maker = ALGORITHM_TABLE[Group.algorithm.get(heap.memory, group)]!.table;
  if (maker === undefined) return 0;
  const bytes = maker.bytes(heap.memory, limits, group, before);
  if (bytes < 0) return bytes;
  const table = heap.allocate(bytes);
  if (table > 0) maker.fill(heap.memory, group, table, before);
  return table;
}

/** Puts a table into force. The one before, now the caller's, or 0. */
export function groupTableExchange(memory: Memory, group: GroupAddress, table: number): number {
  const before = Group.table.get(memory, group);
  Group.table.set(memory, group, table);
  return before;
}

/** Frees a table that no group has, or nothing if it is 0. */
export function groupTableFree(heap: Heap, table: number): void {
  if (table !== 0) heap.free(table);
}

/** Replaces the group's table by one for the group as it is now. 0, or outOfMemory, tableFull; then the old one stays in force. */
export function groupTableRenew(heap: Heap, limits: LbLimits, group: GroupAddress): number {
  const table = groupTableBuild(heap, limits, group, Group.table.get(heap.memory, group));
  if (table < 0) return table;
  groupTableFree(heap, groupTableExchange(heap.memory, group, table));
  return 0;
}

/** After the backend at `index` was taken out. Cannot fail. */
export function groupTableForget(memory: Memory, group: GroupAddress, index: number): void {
  const table = Group.table.get(memory, group);
  if (table !== 0) ALGORITHM_TABLE[Group.algorithm.get(memory, group)]!.table!.forget(memory, group, table, index);
}
