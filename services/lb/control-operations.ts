/**
 * Control operations: operands in, the balancer changed or asked, answer out. Each reads and judges all its operands
 * before it changes anything, and an operation that fails leaves everything as it was.
 *
 * The operands are read by the balancer's reader, the answer is written by its writer; both were opened by the caller.
 */

import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { Backend } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { OperandReader, readText, readU32, readU64, readU8, readerDone } from "./codec/operand-reader.ts";
import { writeU16, writeU32, writeU64, writeU8, writerRoom } from "./codec/operand-writer.ts";
import { parseConfiguration } from "./config.ts";
import { configure } from "./configure.ts";
import { ControlOperation, LbErrno } from "./control.ts";
import { Group, groupBackend, groupBackendCount } from "./group.ts";
import type { GroupAddress } from "./group.ts";
import { l7Reset, l7Route, l7SetDefaults } from "./l7.ts";
import { limiterAllow } from "./limiter.ts";
import { Outcome } from "./api.ts";
import { HeaderForm, RequestView } from "./request-view.ts";
import { Routing, routingGroup, routingRuleCount } from "./routing.ts";
import { addGroup, addRule, skipHeaders } from "./rule-operations.ts";
import { sessionGet, sessionSet } from "./session.ts";
import { writeKeptText } from "./text.ts";

/** Runs the operation that the reader holds. 0 or an errno; the answer stands in the writer. */
export function runOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  switch (readU8(memory, Balancer.reader.at(balancer), shared)) {
    case ControlOperation.fresh:
      return fresh(heap, balancer);
    case ControlOperation.addGroup:
      return addGroup(heap, limits, balancer, shared);
    case ControlOperation.addRule:
      return addRule(heap, limits, balancer, shared);
    case ControlOperation.route:
      return route(memory, limits, balancer, shared);
    case ControlOperation.setDefaults:
      return setDefaults(memory, balancer, shared);
    case ControlOperation.rate:
      return rate(heap, limits, balancer, shared);
    case ControlOperation.stickySet:
      return stickySet(heap, limits, balancer, shared);
    case ControlOperation.stickyGet:
      return stickyGet(memory, balancer, shared);
    case ControlOperation.counts:
      return counts(memory, balancer, shared);
    case ControlOperation.dumpGroup:
      return dumpGroup(memory, balancer, shared);
    case ControlOperation.configure:
      return configureText(heap, limits, balancer, shared);
    case ControlOperation.listGroups:
      return listGroups(memory, balancer, shared);
    case ControlOperation.parse:
      return parseText(memory, balancer, shared);
    default:
      return LbErrno.badOperation;
  }
}

function fresh(heap: Heap, balancer: BalancerAddress): number {
  if (!readerDone(heap.memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  l7Reset(heap, balancer);
  return 0;
}

function route(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const request = Balancer.request.at(balancer);
  RequestView.pathAt.set(memory, request, readText(memory, reader, shared));
  RequestView.pathBytes.set(memory, request, OperandReader.textBytes.get(memory, reader));
  RequestView.hostAt.set(memory, request, readText(memory, reader, shared));
  RequestView.hostBytes.set(memory, request, OperandReader.textBytes.get(memory, reader));
  RequestView.headerForm.set(memory, request, HeaderForm.operands);
  RequestView.headerCount.set(memory, request, skipHeaders(memory, reader, shared));
  RequestView.headersAt.set(memory, request, OperandReader.listAt.get(memory, reader));
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  // The answer must fit before a backend is chosen: the choice cannot be taken back.
  if (writerRoom(memory, writer) < limits.textBytesMax + 6) return Errno.messageTooLarge;
  switch (l7Route(memory, balancer, shared)) {
    case Outcome.routed: {
      const backend = groupBackend(memory, Balancer.chosenGroup.get(memory, balancer) as GroupAddress, Balancer.chosenBackend.get(memory, balancer));
      writeKeptText(memory, writer, shared, Backend.address.get(memory, backend));
      writeU16(memory, writer, shared, Backend.port.get(memory, backend));
      return 0;
    }
    case Outcome.backendGroupNotFound:
      writeKeptText(memory, writer, shared, Balancer.targetName.get(memory, balancer));
      return LbErrno.backendGroupNotFound;
    case Outcome.noHealthyBackend:
      return LbErrno.noHealthyBackend;
    default:
      return LbErrno.noRouteMatch;
  }
}

function setDefaults(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const requestsPerTick = readU32(memory, reader, shared);
  const burst = readU32(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  l7SetDefaults(memory, balancer, requestsPerTick, burst);
  return 0;
}

function rate(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const clientAt = readText(memory, reader, shared);
  const clientBytes = OperandReader.textBytes.get(memory, reader);
  const tick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  return limiterAllow(heap, limits, balancer, shared, clientAt, clientBytes, tick);
}

function stickySet(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const sessionAt = readText(memory, reader, shared);
  const sessionBytes = OperandReader.textBytes.get(memory, reader);
  const index = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  return sessionSet(heap, limits, balancer, shared, sessionAt, sessionBytes, index);
}

function stickyGet(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const sessionAt = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const index = sessionGet(memory, balancer, shared, sessionAt, OperandReader.textBytes.get(memory, reader));
  writeU8(memory, writer, shared, index < 0 ? 0 : 1);
  writeU64(memory, writer, shared, index < 0 ? 0 : index);
  return 0;
}

function counts(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const writer = Balancer.writer.at(balancer);
  const routing = Balancer.routing.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  writeU32(memory, writer, shared, Routing.groupCount.get(memory, routing));
  writeU32(memory, writer, shared, routingRuleCount(memory, routing));
  return 0;
}

function dumpGroup(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const nameAt = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const group = routingGroup(memory, Balancer.routing.at(balancer), shared, nameAt, OperandReader.textBytes.get(memory, reader));
  writeU8(memory, writer, shared, group === 0 ? 0 : 1);
  if (group === 0) return 0;
  writeKeptText(memory, writer, shared, Group.name.get(memory, group));
  writeU8(memory, writer, shared, Group.algorithm.get(memory, group));
  const count = groupBackendCount(memory, group);
  writeU16(memory, writer, shared, count);
  for (let i = 0; i < count; i++) dumpBackend(memory, balancer, shared, groupBackend(memory, group, i));
  return 0;
}

function dumpBackend(memory: Memory, balancer: BalancerAddress, shared: Memory, backend: BackendAddress): void {
  const writer = Balancer.writer.at(balancer);
  writeKeptText(memory, writer, shared, Backend.address.get(memory, backend));
  writeU16(memory, writer, shared, Backend.port.get(memory, backend));
  writeU32(memory, writer, shared, Backend.weight.get(memory, backend));
  writeU8(memory, writer, shared, Backend.healthy.get(memory, backend));
  writeU32(memory, writer, shared, Backend.activeConnections.get(memory, backend));
  writeU64(memory, writer, shared, Backend.totalRequests.get(memory, backend));
}

function listGroups(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const writer = Balancer.writer.at(balancer);
  const routing = Balancer.routing.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  writeU16(memory, writer, shared, Routing.groupCount.get(memory, routing));
  let group = Routing.firstGroup.get(memory, routing) as GroupAddress;
  while (group !== 0) {
    writeKeptText(memory, writer, shared, Group.name.get(memory, group));
    group = Group.next.get(memory, group) as GroupAddress;
  }
  return 0;
}

function configureText(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  return configure(heap, limits, balancer, shared, at, OperandReader.textBytes.get(memory, reader));
}

function parseText(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const line = Balancer.line.at(balancer);
  return parseConfiguration(memory, line, shared, at, OperandReader.textBytes.get(memory, reader), Balancer.writer.at(balancer));
}
