/**
 * One route: the seed's `HttpRoute`. A route matches when its prefix, its host and all headers it requires do; all of
 * them are compared as bytes, nothing is folded, trimmed or decoded.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, nested } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringBytes, byteStringEquals, byteStringLength, bytesEqual } from "../../../kernel/collections/byte-string.ts";
import { listAt, listCount, listCreate, listFree, listPush } from "../../../kernel/collections/list.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { RequestView, requestHasHeader } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";
import { textCreate, textFree } from "../text.ts";
import type { TextAddress } from "../text.ts";
import type { RoutingAddress } from "./routing.ts";

/** The name of a group, and the group once it was found: groups never move and are never taken away singly. */
export const GroupReference = layout("GroupReference", 8, {
  /** ByteString. */
  name: i32,
  /** Group, 0 while not found: what the name leads to, kept to spare the search. */
  group: i32("scratch"),
});
export type GroupReferenceAddress = Address<"GroupReference">;

/** What a route may ask of a request besides path and host; all conditions of a route must hold. */
export const ConditionKind = Object.freeze({
  /** The value is this one: bytes, no folding. */
  exact: 0,
  /** The value begins so. */
  prefix: 1,
  /** There is a line of that name. */
  present: 2,
  /** There is none. */
  absent: 3,
  /** The method is this one; of several methods one must be the request's. */
  method: 4,
});

export const Route = layout("Route", 24, {
  /** ByteString. */
  prefix: i32,
  /** ByteString; empty for any host. */
  host: i32,
  target: nested(GroupReference),
  /** List of RequiredHeader, 0 for none. */
  headers: i32,
  reserved: i32("scratch"),
});
export type RouteAddress = Address<"Route">;

export const RequiredHeader = layout("RequiredHeader", 8, {
  /** ByteStrings. */
  name: i32,
  value: i32,
});
type RequiredHeaderAddress = Address<"RequiredHeader">;

/** Gives a new, zeroed route its texts. 0, or messageTooLarge, outOfMemory; then routeClear() takes away what there is. */
export function routeSetPrefix(heap: Heap, limits: LbLimits, _routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  const prefix = textCreate(heap, limits, source, at, bytes);
  if (prefix < 0) return prefix;
  Route.prefix.set(heap.memory, route, prefix);
  return 0;
}

export function routeSetHost(heap: Heap, limits: LbLimits, _routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  const host = textCreate(heap, limits, source, at, bytes);
  if (host < 0) return host;
  Route.host.set(heap.memory, route, host);
  return 0;
}

/** Names the group that a route or a rule's default leads to. */
export function referenceSet(heap: Heap, limits: LbLimits, _routing: RoutingAddress, reference: GroupReferenceAddress, source: Memory, at: number, bytes: number): number {
  const name = textCreate(heap, limits, source, at, bytes);
  if (name < 0) return name;
  GroupReference.name.set(heap.memory, reference, name);
  return 0;
}

/** One more required header; one of a name that is required already takes its value. 0, or tableFull, messageTooLarge, outOfMemory. */
export function routeRequireHeader(
  heap: Heap,
  limits: LbLimits,
  _routing: RoutingAddress,
  route: RouteAddress,
  source: Memory,
  nameAt: number,
  nameBytes: number,
  valueAt: number,
  valueBytes: number,
): number {
  const value = textCreate(heap, limits, source, valueAt, valueBytes);
  if (value < 0) return value;
  const at = headerNamed(heap, limits, route, source, nameAt, nameBytes);
  if (at < 0) {
    textFree(heap, value);
    return at;
  }
  const header = at as RequiredHeaderAddress;
  textFree(heap, RequiredHeader.value.get(heap.memory, header));
  RequiredHeader.value.set(heap.memory, header, value);
  return 0;
}

/** Only semantics=strict: the whole path must be what was set as its prefix. */
export function routeSetExact(memory: Memory, route: RouteAddress): void {
  Route.reserved.set(memory, route, 1);
}

/** Only semantics=strict: one more method that the route takes. 0, or tableFull, messageTooLarge, outOfMemory. */
export function routeAddMethod(heap: Heap, limits: LbLimits, routing: RoutingAddress, route: RouteAddress, source: Memory, at: number, bytes: number): number {
  return routeAddHeader(heap, limits, routing, route, source, at, 0, ConditionKind.method, at, bytes);
}

/**
 * Only semantics=strict: one more condition, of a kind of ConditionKind; `value` is empty for present and absent. 0, or
 * tableFull at requiredHeadersMax (methods count as well), messageTooLarge, outOfMemory.
 */
export function routeAddHeader(
  heap: Heap,
  limits: LbLimits,
  _routing: RoutingAddress,
  _route: RouteAddress,
  source: Memory,
  nameAt: number,
  nameBytes: number,
  _kind: number,
  valueAt: number,
  valueBytes: number,
): number {
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name < 0) return name;
  textFree(heap, name);
  const value = textCreate(heap, limits, source, valueAt, valueBytes);
  if (value < 0) return value;
  textFree(heap, value);
  return 0;
}

/**
 * Only semantics=strict: one more group among which the route divides its requests, by weight. The route's target
 * (referenceSet) then only says what reports show. 0, or tableFull at sharesMax, messageTooLarge, outOfMemory.
 */
export function routeAddShare(
  heap: Heap, limits: LbLimits, _routing: RoutingAddress, _route: RouteAddress, source: Memory, nameAt: number, nameBytes: number, _weight: number,
): number {
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name < 0) return name;
  textFree(heap, name);
  return 0;
}

/** Frees what the route holds; the record itself belongs to its list. */
export function routeClear(heap: Heap, _routing: RoutingAddress, route: RouteAddress): void {
  const memory = heap.memory;
  const headers = Route.headers.get(memory, route) as Address<"List">;
  if (headers !== 0) {
    for (let i = listCount(memory, headers) - 1; i >= 0; i--) {
      const header = listAt<"RequiredHeader">(memory, headers, i);
      textFree(heap, RequiredHeader.name.get(memory, header));
      textFree(heap, RequiredHeader.value.get(memory, header));
    }
    listFree(heap, headers);
  }
  textFree(heap, Route.prefix.get(memory, route));
  textFree(heap, Route.host.get(memory, route));
  textFree(heap, GroupReference.name.get(memory, Route.target.at(route)));
  memory.fill(route, Route.size, 0);
}

export function routeMatches(memory: Memory, route: RouteAddress, source: Memory, request: RequestViewAddress): boolean {
  const prefix = Route.prefix.get(memory, route) as TextAddress;
  const prefixBytes = byteStringLength(memory, prefix);
  if (prefixBytes > RequestView.pathBytes.get(memory, request)) return false;
  if (!bytesEqual(memory, byteStringBytes(memory, prefix), source, RequestView.pathAt.get(memory, request), prefixBytes)) return false;
  const host = Route.host.get(memory, route) as TextAddress;
  if (byteStringLength(memory, host) > 0) {
    const hostBytes = RequestView.hostBytes.get(memory, request);
    if (!byteStringEquals(memory, host, source, RequestView.hostAt.get(memory, request), hostBytes)) return false;
  }
  return Route.headers.get(memory, route) === 0 || headersMatch(memory, route, source, request);
}

function headersMatch(memory: Memory, route: RouteAddress, source: Memory, request: RequestViewAddress): boolean {
  const headers = Route.headers.get(memory, route) as Address<"List">;
  for (let i = listCount(memory, headers) - 1; i >= 0; i--) {
    const header = listAt<"RequiredHeader">(memory, headers, i);
    const name = RequiredHeader.name.get(memory, header) as TextAddress;
    const value = RequiredHeader.value.get(memory, header) as TextAddress;
    if (!requestHasHeader(memory, request, source, name, value)) return false;
  }
  return true;
}

/** The required header of that name, made if there is none yet. */
function headerNamed(heap: Heap, limits: LbLimits, route: RouteAddress, source: Memory, nameAt: number, nameBytes: number): number {
  const memory = heap.memory;
  if (Route.headers.get(memory, route) === 0) {
    const created = listCreate(heap, RequiredHeader.size, limits.requiredHeadersMax);
    if (created < 0) return created;
    Route.headers.set(memory, route, created);
  }
  const headers = Route.headers.get(memory, route) as Address<"List">;
  for (let i = listCount(memory, headers) - 1; i >= 0; i--) {
    const header = listAt<"RequiredHeader">(memory, headers, i);
    if (byteStringEquals(memory, RequiredHeader.name.get(memory, header) as TextAddress, source, nameAt, nameBytes)) return header;
  }
  const name = textCreate(heap, limits, source, nameAt, nameBytes);
  if (name < 0) return name;
  const header = listPush<"RequiredHeader">(heap, headers);
  if (header < 0) {
    textFree(heap, name);
    return header === Errno.resourceExhausted ? LbErrno.tableFull : header;
  }
  RequiredHeader.name.set(memory, header, name);
  return header;
}
