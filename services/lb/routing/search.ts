/**
 * Finding the first route that matches, over all rules (route-index.ts says where routes stand and what it costs). The
 * tries of all host patterns that the request's host fits are walked one after the other; whatever is found, routes
 * with greater numbers are looked at no more. Every candidate is proven whole.
 */

import type { Memory } from "../../../hal/memory.ts";
import { bytesEqual } from "../../../kernel/collections/byte-string.ts";
import { RequestView, requestHasHeader } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";
import type { TextAddress } from "../text.ts";
import { Condition, ConditionKind, ConditionLink, LAST, conditionsForget, conditionsLookUp, lineConditionHolds } from "./condition.ts";
import type { ConditionAddress, ConditionLinkAddress } from "./condition.ts";
import { HostKind, HostText, hostRead } from "./host.ts";
import { RequestTarget, isSegmentEnd, requestTargetRead } from "./request-target.ts";
import { Route } from "./route.ts";
import type { RouteAddress } from "./route.ts";
import { HostEntry, hostFind, plainHash, suffixEntryHash, suffixHash } from "./route-host.ts";
import type { HostEntryAddress } from "./route-host.ts";
import { RouteBucket, bucketFind } from "./route-index.ts";
import { NONE, RouteNode, nodeChild } from "./route-node.ts";
import type { RouteNodeAddress } from "./route-node.ts";
import { EntryKind, RouteTable } from "./route-table.ts";
import type { RouteTableAddress } from "./route-table.ts";
import { Routing } from "./routing-record.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** The first matching route by the seed's comparisons, or 0: the prefix is compared with the whole target, all texts as bytes. */
export function searchSeed(memory: Memory, routing: RoutingAddress, source: Memory, request: RequestViewAddress): RouteAddress | 0 {
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  if (table === 0) return 0;
  const hostAt = RequestView.hostAt.get(memory, request);
  const hostBytes = RequestView.hostBytes.get(memory, request);
  open(memory, table, RequestView.pathAt.get(memory, request), RequestView.pathBytes.get(memory, request));
  walk(memory, table, source, request, RouteTable.anyHost.get(memory, table) as HostEntryAddress, false);
  if (hostBytes > 0) {
    const hash = plainHash(source, hostAt, hostBytes, EntryKind.host);
    walk(memory, table, source, request, hostFind(memory, table, hash, source, hostAt, hostBytes, false), false);
  }
  return close(memory, table);
}

/** The first matching route by semantics=strict, or 0. Routing.target then says what was asked for. */
export function searchStrict(memory: Memory, routing: RoutingAddress, source: Memory, request: RequestViewAddress): RouteAddress | 0 {
  const target = Routing.target.at(routing);
  requestTargetRead(memory, target, source, request);
  const table = Routing.table.get(memory, routing) as RouteTableAddress;
  if (table === 0) return 0;
  open(memory, table, RequestTarget.pathAt.get(memory, target), RequestTarget.pathBytes.get(memory, target));
  walk(memory, table, source, request, RouteTable.anyHost.get(memory, table) as HostEntryAddress, true);
  const host = Routing.host.at(routing);
  const kind = hostRead(memory, host, source, RequestTarget.hostAt.get(memory, target), RequestTarget.hostBytes.get(memory, target));
  if (kind === HostKind.version6) {
    const at = HostText.at.get(memory, host);
    const length = HostText.bytes.get(memory, host);
    walk(memory, table, source, request, hostFind(memory, table, plainHash(memory, at, length, EntryKind.literal), memory, at, length, false), true);
  } else if (kind === HostKind.name || kind === HostKind.version4) {
    walkNamed(memory, table, source, request, HostText.at.get(memory, host), HostText.bytes.get(memory, host));
  }
  return close(memory, table);
}

/** The name itself, and behind each of its dots the suffix that a wildcard may have. An IPv4 literal ends as no suffix does. */
function walkNamed(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, at: number, length: number): void {
  const wildcards = RouteTable.wildcardCount.get(memory, table) > 0;
  let hash = 0;
  for (let i = at + length - 1; i >= at; i--) {
    const byte = source.u8[i];
    if (wildcards && byte === DOT) {
      const suffix = hostFind(memory, table, suffixEntryHash(hash, EntryKind.wildcard), source, i + 1, at + length - i - 1, true);
      walk(memory, table, source, request, suffix, true);
    }
    hash = suffixHash(hash, byte);
  }
  walk(memory, table, source, request, hostFind(memory, table, suffixEntryHash(hash, EntryKind.host), source, at, length, true), true);
}

const DOT = 0x2e;

function open(memory: Memory, table: RouteTableAddress, pathAt: number, pathBytes: number): void {
  RouteTable.pathAt.set(memory, table, pathAt);
  RouteTable.pathBytes.set(memory, table, pathBytes);
  RouteTable.best.set(memory, table, 0);
  RouteTable.bestNumber.set(memory, table, NONE);
}

function close(memory: Memory, table: RouteTableAddress): RouteAddress | 0 {
  conditionsForget(memory, table);
  return RouteTable.best.get(memory, table) as RouteAddress | 0;
}

/** Goes down the trie of a host (0: none) along the path, as long as there may be a smaller number below. */
function walk(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, host: HostEntryAddress | 0, strict: boolean): void {
  if (host === 0) return;
  const pathAt = RouteTable.pathAt.get(memory, table);
  const pathBytes = RouteTable.pathBytes.get(memory, table);
  let node = HostEntry.root.at(host);
  let depth = 0;
  while (RouteNode.smallestNumber.get(memory, node) < RouteTable.bestNumber.get(memory, table)) {
    if (!strict || isSegmentEnd(source, pathAt, pathBytes, depth)) tryNode(memory, table, source, request, node, strict, depth === pathBytes);
    if (depth === pathBytes) return;
    const child = nodeChild(memory, table, node, source.u8[pathAt + depth]);
    if (child === 0) return;
    const labelBytes = RouteNode.labelBytes.get(memory, child);
    if (labelBytes > pathBytes - depth || !bytesEqual(memory, RouteNode.labelAt.get(memory, child), source, pathAt + depth, labelBytes)) return;
    depth += labelBytes;
    node = child;
  }
}

/** Tries the routes whose prefix ends here; `whole` says whether the path does, too. */
function tryNode(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, node: RouteNodeAddress, strict: boolean, whole: boolean): void {
  tryRing(memory, table, source, request, RouteNode.lastRoute.get(memory, node) as RouteAddress, strict, whole);
  if (RouteNode.smallestInBuckets.get(memory, node) >= RouteTable.bestNumber.get(memory, table)) return;
  conditionsLookUp(memory, table, source, request, strict);
  let condition = RouteTable.matchedFirst.get(memory, table) as ConditionAddress;
  while (condition !== LAST) {
    const bucket = bucketFind(memory, table, node, condition);
    if (bucket !== 0) tryRing(memory, table, source, request, RouteBucket.lastRoute.get(memory, bucket) as RouteAddress, strict, whole);
    condition = Condition.matched.get(memory, condition) as ConditionAddress;
  }
}

/** Keeps the first route of the ring that matches, if its number is smaller than the best one's. */
function tryRing(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, last: RouteAddress | 0, strict: boolean, whole: boolean): void {
  if (last === 0) return;
  const most = RouteTable.bestNumber.get(memory, table);
  let route = last;
  do {
    route = Route.nextHere.get(memory, route) as RouteAddress;
    const number = Route.number.get(memory, route);
    if (number >= most) return;
    if ((whole || Route.exact.get(memory, route) === 0) && conditionsHold(memory, table, source, request, route, strict)) {
      RouteTable.best.set(memory, table, route);
      RouteTable.bestNumber.set(memory, table, number);
      return;
    }
  } while (route !== last);
}

function conditionsHold(memory: Memory, table: RouteTableAddress, source: Memory, request: RequestViewAddress, route: RouteAddress, strict: boolean): boolean {
  let link = Route.conditions.get(memory, route) as ConditionLinkAddress;
  if (link === 0) return true;
  conditionsLookUp(memory, table, source, request, strict);
  let asksMethod = false;
  let hasMethod = false;
  for (; link !== 0; link = ConditionLink.next.get(memory, link) as ConditionLinkAddress) {
    const condition = ConditionLink.condition.get(memory, link) as ConditionAddress;
    const kind = Condition.kind.get(memory, condition);
    if (kind === ConditionKind.method) {
      asksMethod = true;
      if (Condition.matched.get(memory, condition) !== 0) hasMethod = true;
    } else if (!headerHolds(memory, source, request, condition, kind, strict)) return false;
  }
  return hasMethod || !asksMethod;
}

function headerHolds(memory: Memory, source: Memory, request: RequestViewAddress, condition: ConditionAddress, kind: number, strict: boolean): boolean {
  if (kind !== ConditionKind.exact) return lineConditionHolds(memory, condition, source, request);
  if (strict) return Condition.matched.get(memory, condition) !== 0;
  return requestHasHeader(memory, request, source, Condition.name.get(memory, condition) as TextAddress, Condition.value.get(memory, condition) as TextAddress);
}
