/** The two control operations that build something, addGroup and addRule, and the operands they share with others. Operands are read twice: judged, then kept. */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU16, readU32, readU8, readerDone, readerFail, readerFailed } from "../codec/operand-reader.ts";
import type { ReaderAddress } from "../codec/operand-reader.ts";
import { UPSTREAM_ALGORITHMS, LbErrno } from "../control.ts";
import { groupAddBackend, groupCreate, groupFree, groupSetHealth } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { HeaderForm, RequestView } from "../request-view.ts";
import { Route, referenceSet, routeRequireHeader, routeSetHost, routeSetPrefix } from "../routing/route.ts";
import type { RouteAddress } from "../routing/route.ts";
import { routingAddGroup, routingAddRule, routingRouteRoom } from "../routing/routing.ts";
import type { RoutingAddress } from "../routing/routing.ts";
import { Rule, ruleAddRoute, ruleClear } from "../routing/rule.ts";
import type { RuleAddress } from "../routing/rule.ts";

/** text name, u8 algorithm, u16 count, backends. 0, or badOperation, tableFull, messageTooLarge, outOfMemory. */
export function addGroup(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const created = readGroup(heap, limits, Balancer.reader.at(balancer), shared);
  if (created < 0) return created;
  const group = created as GroupAddress;
  const status = routingAddGroup(heap, limits, Balancer.routing.at(balancer), group);
  if (status < 0) groupFree(heap, group);
  return status;
}

/** Makes a group of the operands of addGroup, the last ones of the operation. Its address, or an errno as addGroup. */
export function readGroup(heap: Heap, limits: LbLimits, reader: ReaderAddress, shared: Memory): number {
  const memory = heap.memory;
  const nameAt = readText(memory, reader, shared);
  const nameBytes = OperandReader.textBytes.get(memory, reader);
  const algorithm = readU8(memory, reader, shared);
  const count = readU16(memory, reader, shared);
  const backendsAt = OperandReader.at.get(memory, reader);
  for (let i = 0; i < count && !readerFailed(memory, reader); i++) skipBackend(memory, reader, shared);
  if (!readerDone(memory, reader) || algorithm >= UPSTREAM_ALGORITHMS) return LbErrno.badOperation;

  const created = groupCreate(heap, limits, shared, nameAt, nameBytes, algorithm);
  if (created < 0) return created;
  const group = created as GroupAddress;
  OperandReader.at.set(memory, reader, backendsAt);
  let status = 0;
  for (let i = 0; i < count && status === 0; i++) status = keepBackend(heap, limits, reader, shared, group);
  if (status === 0) return group;
  groupFree(heap, group);
  return status;
}

/** text default, u16 count, routes {text prefix, text host, header list, text group}. 0 or an errno as addGroup. */
export function addRule(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const routing = Balancer.routing.at(balancer);
  const defaultAt = readText(memory, reader, shared);
  const defaultBytes = OperandReader.textBytes.get(memory, reader);
  const count = readU16(memory, reader, shared);
  const routesAt = OperandReader.at.get(memory, reader);
  for (let i = 0; i < count && !readerFailed(memory, reader); i++) skipRoute(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  if (count > routingRouteRoom(memory, routing, limits)) return LbErrno.tableFull;

  const draft = Balancer.draft.at(balancer);
  OperandReader.at.set(memory, reader, routesAt);
  let status = referenceSet(heap, limits, routing, Rule.default.at(draft), shared, defaultAt, defaultBytes);
  for (let i = 0; i < count && status === 0; i++) status = keepRoute(heap, limits, routing, reader, shared, draft);
  if (status === 0) status = routingAddRule(heap, limits, routing, draft);
  if (status < 0) ruleClear(heap, routing, draft);
  return status;
}

/** Reads text path, text host, header list into the balancer's RequestView. */
export function readRequest(memory: Memory, balancer: BalancerAddress, shared: Memory): void {
  const reader = Balancer.reader.at(balancer);
  const request = Balancer.request.at(balancer);
  RequestView.pathAt.set(memory, request, readText(memory, reader, shared));
  RequestView.pathBytes.set(memory, request, OperandReader.textBytes.get(memory, reader));
  RequestView.hostAt.set(memory, request, readText(memory, reader, shared));
  RequestView.hostBytes.set(memory, request, OperandReader.textBytes.get(memory, reader));
  RequestView.headerForm.set(memory, request, HeaderForm.operands);
  RequestView.sessionAt.set(memory, request, 0);
  RequestView.headerCount.set(memory, request, skipHeaders(memory, reader, shared));
  RequestView.headersAt.set(memory, request, OperandReader.listAt.get(memory, reader));
}

/** Reads a header list: the count; `listAt` of the reader says where its first text lies. */
function skipHeaders(memory: Memory, reader: ReaderAddress, shared: Memory): number {
  const count = readU16(memory, reader, shared);
  OperandReader.listAt.set(memory, reader, OperandReader.at.get(memory, reader));
  for (let i = 0; i < count && !readerFailed(memory, reader); i++) {
    readText(memory, reader, shared);
    readText(memory, reader, shared);
  }
  return count;
}

/** Reads a backend, judging it. */
export function skipBackend(memory: Memory, reader: ReaderAddress, shared: Memory): void {
  readText(memory, reader, shared);
  readU16(memory, reader, shared);
  readU32(memory, reader, shared);
  if (readU8(memory, reader, shared) > 1) readerFail(memory, reader);
  readU32(memory, reader, shared);
}

/** Reads a backend into the group. 0, or an errno as groupAddBackend. */
export function keepBackend(heap: Heap, limits: LbLimits, reader: ReaderAddress, shared: Memory, group: GroupAddress): number {
  const memory = heap.memory;
  const addressAt = readText(memory, reader, shared);
  const added = groupAddBackend(heap, limits, group, shared, addressAt, OperandReader.textBytes.get(memory, reader));
  if (added < 0) return added;
  const backend = added as BackendAddress;
  Backend.port.set(memory, backend, readU16(memory, reader, shared));
  Backend.weight.set(memory, backend, readU32(memory, reader, shared));
  groupSetHealth(memory, group, backend, readU8(memory, reader, shared) === 1);
  Backend.activeConnections.set(memory, backend, readU32(memory, reader, shared));
  return 0;
}

/** Reads a route, judging it. */
export function skipRoute(memory: Memory, reader: ReaderAddress, shared: Memory): void {
  readText(memory, reader, shared);
  readText(memory, reader, shared);
  skipHeaders(memory, reader, shared);
  readText(memory, reader, shared);
}

/** What was kept of a route that fails belongs to the draft, and goes with it. */
export function keepRoute(heap: Heap, limits: LbLimits, routing: RoutingAddress, reader: ReaderAddress, shared: Memory, draft: RuleAddress): number {
  const memory = heap.memory;
  const added = ruleAddRoute(heap, limits, draft);
  if (added < 0) return added;
  const route = added as RouteAddress;
  const prefixAt = readText(memory, reader, shared);
  let status = routeSetPrefix(heap, limits, routing, route, shared, prefixAt, OperandReader.textBytes.get(memory, reader));
  if (status < 0) return status;
  const hostAt = readText(memory, reader, shared);
  status = routeSetHost(heap, limits, routing, route, shared, hostAt, OperandReader.textBytes.get(memory, reader));
  for (let left = readU16(memory, reader, shared); left > 0 && status === 0; left--) {
    const nameAt = readText(memory, reader, shared);
    const nameBytes = OperandReader.textBytes.get(memory, reader);
    const valueAt = readText(memory, reader, shared);
    status = routeRequireHeader(heap, limits, routing, route, shared, nameAt, nameBytes, valueAt, OperandReader.textBytes.get(memory, reader));
  }
  if (status < 0) return status;
  const groupAt = readText(memory, reader, shared);
  return referenceSet(heap, limits, routing, Route.target.at(route), shared, groupAt, OperandReader.textBytes.get(memory, reader));
}
