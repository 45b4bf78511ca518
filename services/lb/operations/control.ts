/**
 * Control operations: operands in, the balancer changed or asked, answer out. Each reads and judges all its operands
 * before it changes anything, and an operation that fails leaves everything as it was.
 *
 * The operands are read by the balancer's reader, the answer is written by its writer; both were opened by the caller.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU32, readU64, readU8, readerDone } from "../codec/operand-reader.ts";
import { writeU16, writeU32, writeU64, writeU8, writerRoom } from "../codec/operand-writer.ts";
import { parseConfiguration } from "../config.ts";
import { configure } from "../config/configure.ts";
import { serveWaiting } from "../connection/ending.ts";
import { ControlOperation, LbErrno } from "../control.ts";
import { Group, groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { l7Route, l7SetDefaults } from "../l7.ts";
import { writeChoice, writeGroup } from "./group-answer.ts";
import { runTransportOperation } from "./transport.ts";
import { Policy, Semantics } from "../policy.ts";
import { limiterAllow } from "../rate/limiter.ts";
import { rateAdmitClient } from "../rate/rate-admit.ts";
import { Outcome } from "../api.ts";
import { runMetricsOperation } from "./metrics.ts";
import { runPartOperation } from "./part.ts";
import { balancerRenew, balancerReset } from "../reset.ts";
import { Routing, routingGroup, routingRuleCount } from "../routing/routing.ts";
import { addGroup, addRule, readRequest } from "./rule.ts";
import { isStrict, runStrictOperation } from "./strict.ts";
import { sessionGet, sessionSet } from "../session/session-table.ts";
import { writeKeptText } from "../text.ts";

/** Operations of the seed that would replace, or count on, what semantics=strict keeps account of. */
const REPLACING_OPERATIONS: readonly number[] = Object.freeze([
  ControlOperation.addGroup,
  ControlOperation.addRule,
  ControlOperation.route,
  ControlOperation.addVip,
  ControlOperation.removeVip,
  ControlOperation.addBackend,
  ControlOperation.removeBackend,
  ControlOperation.setHealth,
  ControlOperation.select,
  ControlOperation.healthCheck,
  ControlOperation.groupInstall,
]);

/** Runs the operation that the reader holds. 0 or an errno; the answer stands in the writer. */
export function runOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const operation = readU8(memory, Balancer.reader.at(balancer), shared);
  if (operation >= ControlOperation.memberAdd && operation <= ControlOperation.report) return runStrictOperation(heap, limits, balancer, shared, operation);
  if (isStrict(memory, balancer) && REPLACING_OPERATIONS.includes(operation)) return LbErrno.otherSemantics;
  if (operation >= ControlOperation.metrics) return runMetricsOperation(memory, balancer, shared, operation);
  if (operation >= ControlOperation.bucketNew) return runPartOperation(heap, limits, balancer, shared, operation);
  if (operation >= ControlOperation.addVip) return runTransportOperation(heap, limits, balancer, shared, operation);
  switch (operation) {
    case ControlOperation.fresh:
      return fresh(heap, balancer, shared);
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

function fresh(heap: Heap, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const piecesStay = readerDone(memory, reader) ? 0 : readU8(memory, reader, shared);
  if (!readerDone(memory, reader) || piecesStay > 1) return LbErrno.badOperation;
  if (piecesStay === 1) balancerRenew(heap, balancer);
  else balancerReset(heap, balancer);
  return 0;
}

function route(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  readRequest(memory, balancer, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  // The answer must fit before a backend is chosen: the choice cannot be taken back.
  if (writerRoom(memory, writer) < limits.textBytesMax + 6) return Errno.messageTooLarge;
  switch (l7Route(memory, balancer, shared)) {
    case Outcome.routed: {
      const backend = groupBackend(memory, Balancer.chosenGroup.get(memory, balancer) as GroupAddress, Balancer.chosenBackend.get(memory, balancer));
      writeChoice(memory, writer, shared, backend);
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
  const strict = Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
  return (strict ? rateAdmitClient : limiterAllow)(heap, limits, balancer, shared, clientAt, clientBytes, tick);
}

function stickySet(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const sessionAt = readText(memory, reader, shared);
  const sessionBytes = OperandReader.textBytes.get(memory, reader);
  const index = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  return sessionSet(heap, limits, Balancer.sessions.at(balancer), shared, sessionAt, sessionBytes, index);
}

function stickyGet(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const sessionAt = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const index = sessionGet(memory, Balancer.sessions.at(balancer), shared, sessionAt, OperandReader.textBytes.get(memory, reader));
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
  writeGroup(memory, writer, shared, group);
  return 0;
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
  const status = configure(heap, limits, balancer, shared, at, OperandReader.textBytes.get(memory, reader));
  // Limits may have risen, and members come back.
  if (status === 0) serveWaiting(memory, balancer, 0, Balancer.nowCycle.get(memory, balancer));
  return status;
}

function parseText(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const line = Balancer.line.at(balancer);
  return parseConfiguration(memory, line, shared, at, OperandReader.textBytes.get(memory, reader), Balancer.writer.at(balancer));
}
