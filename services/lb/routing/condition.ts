/**
 * Conditions: what a route may ask of a request besides path and host. A condition is kept once in a routing and counts
 * who refers to it; a route has a chain of ConditionLinks, and all conditions of a route must hold, of several methods one.
 *
 * While a request is routed, its lines and its method are looked up once; the conditions of kinds exact and method that
 * are found are marked by `matched`, and conditionsForget() takes the marks away.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringLength, bytesEqual } from "../../../kernel/collections/byte-string.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { mixWords } from "../hash.ts";
import { headerLineNext, headerLinesOpen, requestHeaderNext } from "../header-lines.ts";
import { Semantics } from "../policy.ts";
import { RequestView } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";
import type { TextAddress } from "../text.ts";
import { EntryKind, RouteTable, TableEntry, entryHash, tableEnter, tableFirst, tableRemove } from "./route-table.ts";
import type { EntryAddress, RouteTableAddress } from "./route-table.ts";
import { routeTextFind, routeTextKeep, routeTextRelease } from "./route-text.ts";
import { Routing } from "./routing-record.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** Kinds of conditions. Under semantics=veridian all are exact, of several lines of a name the last counts, and names are bytes. */
export const ConditionKind = Object.freeze({
  /** A line of that name has this value: bytes, no folding. */
  exact: 0,
  /** A line of that name has a value that begins so. */
  prefix: 1,
  /** There is a line of that name. */
  present: 2,
  /** There is none. */
  absent: 3,
  /** The method is this one (RFC 9110 9.1: its case counts). */
  method: 4,
});

export const Condition = layout("Condition", 32, {
  next: i32("identity"),
  hash: i32,
  references: i32,
  kind: i32,
  /** RouteText; 0 for a method. */
  name: i32("identity"),
  /** RouteText; 0 for present and absent. */
  value: i32("identity"),
  /** Only within a search: 0 not found in the request, else the condition found before it, or LAST. */
  matched: i32("scratch"),
  reserved: i32("scratch"),
});
export type ConditionAddress = Address<"Condition">;

export const ConditionLink = layout("ConditionLink", 8, {
  condition: i32("identity"),
  /** The route's next link, 0 for none. */
  next: i32("identity"),
});
export type ConditionLinkAddress = Address<"ConditionLink">;

/** The end of the chain of matched conditions: a mark like any other. */
export const LAST = -1;

/** One more reference to this condition, made if it is new. Its address, or messageTooLarge, outOfMemory; then nothing has changed. */
export function conditionKeep(
  heap: Heap, limits: LbLimits, routing: RoutingAddress, kind: number, source: Memory, nameAt: number, nameBytes: number, valueAt: number, valueBytes: number,
): number {
  const memory = heap.memory;
  const folded = Routing.semantics.get(memory, routing) === Semantics.strict;
  const name = kind === ConditionKind.method ? 0 : routeTextKeep(heap, limits, routing, source, nameAt, nameBytes, folded);
  if (name < 0) return name;
  const value = hasValue(kind) ? routeTextKeep(heap, limits, routing, source, valueAt, valueBytes) : 0;
  const found = value < 0 ? 0 : conditionFind(memory, Routing.table.get(memory, routing) as RouteTableAddress, kind, name, value);
  const condition = value < 0 ? value : found !== 0 ? found : heap.allocate(Condition.size);
  if (found === 0 && condition > 0) {
    enter(heap, Routing.table.get(memory, routing) as RouteTableAddress, condition as ConditionAddress, kind, name, value);
    return condition;
  }
  if (found !== 0) Condition.references.add(memory, found, 1);
  if (value > 0) routeTextRelease(heap, routing, value);
  routeTextRelease(heap, routing, name);
  return condition;
}

/** Gives up a reference; the last one takes the condition away. */
export function conditionRelease(heap: Heap, routing: RoutingAddress, condition: ConditionAddress): void {
  const memory = heap.memory;
  Condition.references.add(memory, condition, -1);
  if (Condition.references.get(memory, condition) > 0) return;
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  const name = Condition.name.get(memory, condition);
  const value = Condition.value.get(memory, condition);
  if (isLookedUp(Condition.kind.get(memory, condition))) RouteTable.conditionCount.add(memory, table, -1);
  tableRemove(heap, table, condition as number as EntryAddress);
  routeTextRelease(heap, routing, value);
  routeTextRelease(heap, routing, name);
}

/** Whether requests are looked up for conditions of this kind: exact and method. */
export function isLookedUp(kind: number): boolean {
  return kind === ConditionKind.exact || kind === ConditionKind.method;
}

function hasValue(kind: number): boolean {
  return kind !== ConditionKind.present && kind !== ConditionKind.absent;
}

function enter(heap: Heap, table: RouteTableAddress, condition: ConditionAddress, kind: number, name: number, value: number): void {
  const memory = heap.memory;
  memory.fill(condition, Condition.size, 0);
  Condition.references.set(memory, condition, 1);
  Condition.kind.set(memory, condition, kind);
  Condition.name.set(memory, condition, name);
  Condition.value.set(memory, condition, value);
  if (isLookedUp(kind)) RouteTable.conditionCount.add(memory, table, 1);
  tableEnter(heap, table, condition as number as EntryAddress, conditionHash(kind, name, value));
}

function conditionFind(memory: Memory, table: RouteTableAddress, kind: number, name: number, value: number): ConditionAddress | 0 {
  const hash = conditionHash(kind, name, value);
  let entry = tableFirst(memory, table, hash);
  while (entry !== 0) {
    const condition = entry as number as ConditionAddress;
    if (TableEntry.hash.get(memory, entry) === hash && isCondition(memory, condition, kind, name, value)) return condition;
    entry = TableEntry.next.get(memory, entry) as EntryAddress;
  }
  return 0;
}

function isCondition(memory: Memory, condition: ConditionAddress, kind: number, name: number, value: number): boolean {
  return Condition.kind.get(memory, condition) === kind && Condition.name.get(memory, condition) === name && Condition.value.get(memory, condition) === value;
}

function conditionHash(kind: number, name: number, value: number): number {
  return entryHash(mixWords(name + kind, value), EntryKind.condition);
}

// --- within a search -------------------------------------------------------------------------------------------------

/** Marks the conditions that lines and method of the request are, once in a search. */
export function conditionsLookUp(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, strict: boolean): void {
  if (RouteTable.looked.get(memory, table) !== 0) return;
  RouteTable.looked.set(memory, table, 1);
  RouteTable.matchedFirst.set(memory, table, LAST);
  if (RouteTable.conditionCount.get(memory, table) === 0) return;
  headerLinesOpen(memory, request);
  while (headerLineNext(memory, request, source)) {
    const name = routeTextFind(memory, table, source, RequestView.nameAt.get(memory, request), RequestView.nameBytes.get(memory, request), strict);
    if (name !== 0) markValue(memory, table, ConditionKind.exact, name, source, RequestView.valueAt.get(memory, request), RequestView.valueBytes.get(memory, request));
  }
  if (strict) markValue(memory, table, ConditionKind.method, 0, source, RequestView.methodAt.get(memory, request), RequestView.methodBytes.get(memory, request));
}

/** Takes the marks away. */
export function conditionsForget(memory: Memory, table: RouteTableAddress): void {
  if (RouteTable.looked.get(memory, table) === 0) return;
  let condition = RouteTable.matchedFirst.get(memory, table) as ConditionAddress;
  while (condition !== LAST) {
    const before = Condition.matched.get(memory, condition) as ConditionAddress;
    Condition.matched.set(memory, condition, 0);
    condition = before;
  }
  RouteTable.looked.set(memory, table, 0);
}

/** Whether a condition of kind prefix, present or absent holds: goes through the lines. */
export function lineConditionHolds(memory: Memory, condition: ConditionAddress, source: Memory, request: RequestViewAddress): boolean {
  const kind = Condition.kind.get(memory, condition);
  const name = Condition.name.get(memory, condition) as TextAddress;
  headerLinesOpen(memory, request);
  while (requestHeaderNext(memory, request, source, name)) {
    if (kind !== ConditionKind.prefix) return kind === ConditionKind.present;
    const value = Condition.value.get(memory, condition) as TextAddress;
    const prefixBytes = byteStringLength(memory, value);
    if (prefixBytes > RequestView.valueBytes.get(memory, request)) continue;
    if (bytesEqual(memory, byteStringBytes(memory, value), source, RequestView.valueAt.get(memory, request), prefixBytes)) return true;
  }
  return kind === ConditionKind.absent;
}

function markValue(memory: Memory, table: RouteTableAddress, kind: number, name: number, source: Memory, valueAt: number, valueBytes: number): void {
  const value = routeTextFind(memory, table, source, valueAt, valueBytes, false);
  const condition = value === 0 ? 0 : conditionFind(memory, table, kind, name, value);
  if (condition === 0 || Condition.matched.get(memory, condition) !== 0) return;
  Condition.matched.set(memory, condition, RouteTable.matchedFirst.get(memory, table));
  RouteTable.matchedFirst.set(memory, table, condition);
}
