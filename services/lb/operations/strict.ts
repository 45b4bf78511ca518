/**
 * The operations of semantics=strict on requests, connections, probes and time. Operands are judged whole before anything
 * changes; from then on the balancer has heard of the operation's tick, and time does not run backwards. Operations on
 * members are in member.ts.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Outcome } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { OperandReader, readText, readU16, readU32, readU64, readU8, readerDone } from "../codec/operand-reader.ts";
import { patchU16, writeU16, writeU32, writeU8, writerRoom } from "../codec/operand-writer.ts";
import { decidedFirst, decidedPop } from "../connection/decided.ts";
import { advance, closeConnection, serveWaiting } from "../connection/ending.ts";
import { pendingTick } from "../connection/pending.ts";
import { ConnectionOwner, Pending, PendingEntry } from "../connection/records.ts";
import { CloseEnd, ControlOperation, LbErrno } from "../control.ts";
import { countOutcome } from "../decision.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { probeNext, probeResult } from "../health/probe.ts";
import { Policy, Semantics } from "../policy.ts";
import { RequestView } from "../request-view.ts";
import { WAITING, admit } from "../strict.ts";
import { writeKeptText } from "../text.ts";
import { runMemberOperation } from "./member.ts";
import { readRequest } from "./rule.ts";

/** Bytes of an answer besides its texts, at most. */
const ANSWER_BYTES = 32;

export function isStrict(memory: Memory, balancer: BalancerAddress): boolean {
  return Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
}

/** Runs an operation whose number was read. 0 or an errno; the answer stands in the writer. */
export function runStrictOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, operation: number): number {
  if (!isStrict(heap.memory, balancer)) return LbErrno.otherSemantics;
  switch (operation) {
    case ControlOperation.open:
      return open(heap, limits, balancer, shared);
    case ControlOperation.close:
      return close(heap, limits, balancer, shared);
    case ControlOperation.advance:
      return advanceTo(heap, balancer, shared);
    case ControlOperation.admitted:
      return admitted(heap, limits, balancer, shared);
    case ControlOperation.probes:
      return probes(heap.memory, limits, balancer, shared);
    case ControlOperation.probeResult:
      return takeProbeResult(heap.memory, balancer, shared);
    default:
      return runMemberOperation(heap, limits, balancer, shared, operation);
  }
}

function open(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  readClient(memory, balancer, shared);
  readRequest(memory, balancer, shared);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  // The answer must fit before a backend is chosen: the choice cannot be taken back.
  if (writerRoom(memory, writer) < routedBytesMax(limits)) return Errno.messageTooLarge;
  const ticket = nextTicket(memory, balancer);
  const outcome = admit(heap, limits, balancer, shared, tick, nowCycle(memory, balancer), ConnectionOwner.operator, ticket);
  if (outcome === WAITING) {
    Balancer.tickets.set(memory, balancer, ticket);
    writeU8(memory, writer, shared, 1);
    writeU32(memory, writer, shared, ticket);
    return 0;
  }
  countOutcome(memory, balancer, outcome);
  if (outcome === Outcome.routed) {
    writeU8(memory, writer, shared, 0);
    writeRouted(memory, balancer, shared);
    return 0;
  }
  if (outcome === Outcome.backendGroupNotFound) writeKeptText(memory, writer, shared, Balancer.targetName.get(memory, balancer));
  return errnoOf(outcome);
}

/** Reads text client, text method into the balancer's RequestView. */
function readClient(memory: Memory, balancer: BalancerAddress, shared: Memory): void {
  const reader = Balancer.reader.at(balancer);
  const request = Balancer.request.at(balancer);
  const at = readText(memory, reader, shared);
  const bytes = OperandReader.textBytes.get(memory, reader);
  RequestView.clientAt.set(memory, request, at);
  RequestView.clientBytes.set(memory, request, bytes);
  RequestView.clientKept.set(memory, request, 0);
  RequestView.family.set(memory, request, parseAddressLiteral(memory, RequestView.client.at(request), shared, at, bytes));
  RequestView.methodAt.set(memory, request, readText(memory, reader, shared));
  RequestView.methodBytes.set(memory, request, OperandReader.textBytes.get(memory, reader));
}

function close(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const connection = readU32(memory, reader, shared) | 0;
  const end = readU8(memory, reader, shared);
  const latencyCycles = readU64(memory, reader, shared);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader) || end > CloseEnd.retry) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  if (writerRoom(memory, writer) < routedBytesMax(limits)) return Errno.messageTooLarge;
  const status = closeConnection(heap, balancer, connection, end, latencyCycles, tick, nowCycle(memory, balancer));
  if (status < 0) return status;
  const retried = Balancer.chosenConnection.get(memory, balancer) !== 0;
  writeU8(memory, writer, shared, retried ? 1 : 0);
  if (retried) writeRouted(memory, balancer, shared);
  return 0;
}

function advanceTo(heap: Heap, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  advance(heap, balancer, tick, nowCycle(memory, balancer));
  return 0;
}

/** As many decided requests as were asked for, and as the answer has room for. */
function admitted(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const most = readU16(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  let count = 0;
  const countAt = writeU16(memory, writer, shared, 0);
  while (count < most && writerRoom(memory, writer) >= routedBytesMax(limits) && Pending.operatorFirst.get(memory, Balancer.pending.at(balancer)) !== 0) {
    const entry = decidedFirst(heap, balancer, ConnectionOwner.operator);
    if (entry === 0) break;
    const outcome = PendingEntry.outcome.get(memory, entry);
    writeU32(memory, writer, shared, PendingEntry.ticket.get(memory, entry));
    writeU8(memory, writer, shared, outcome);
    if (outcome === Outcome.routed) writeRouted(memory, balancer, shared);
    countOutcome(memory, balancer, outcome);
    decidedPop(heap, balancer, ConnectionOwner.operator);
    count++;
  }
  patchU16(shared, countAt, count);
  return 0;
}

function probes(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const most = readU16(memory, reader, shared);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  let count = 0;
  const countAt = writeU16(memory, writer, shared, 0);
  while (count < most && writerRoom(memory, writer) >= routedBytesMax(limits)) {
    const backend = probeNext(memory, balancer, tick);
    if (backend === 0) break;
    writeU32(memory, writer, shared, Backend.handle.get(memory, backend));
    writeMember(memory, balancer, shared, backend);
    count++;
  }
  patchU16(shared, countAt, count);
  return 0;
}

function takeProbeResult(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const handle = readU32(memory, reader, shared) | 0;
  const passed = readU8(memory, reader, shared);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader) || passed > 1) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  const status = probeResult(memory, balancer, handle, passed === 1, tick);
  serveWaiting(memory, balancer, tick, nowCycle(memory, balancer));
  return status;
}

/** u32 connection, text group, text address, u16 port of what was chosen. */
function writeRouted(memory: Memory, balancer: BalancerAddress, shared: Memory): void {
  const group = Balancer.chosenGroup.get(memory, balancer) as GroupAddress;
  writeU32(memory, Balancer.writer.at(balancer), shared, Balancer.chosenConnection.get(memory, balancer));
  writeMember(memory, balancer, shared, groupBackend(memory, group, Balancer.chosenBackend.get(memory, balancer)));
}

/** text group, text address, u16 port */
function writeMember(memory: Memory, balancer: BalancerAddress, shared: Memory, backend: BackendAddress): void {
  const writer = Balancer.writer.at(balancer);
  writeKeptText(memory, writer, shared, Group.name.get(memory, Backend.group.get(memory, backend) as GroupAddress));
  writeKeptText(memory, writer, shared, Backend.address.get(memory, backend));
  writeU16(memory, writer, shared, Backend.port.get(memory, backend));
}

function routedBytesMax(limits: LbLimits): number {
  return 2 * limits.textBytesMax + ANSWER_BYTES;
}

/** The number that a request is given if it must wait: from 1, and after 2^31-1 from 1 again. */
function nextTicket(memory: Memory, balancer: BalancerAddress): number {
  const ticket = Balancer.tickets.get(memory, balancer);
  return ticket === 0x7fff_ffff ? 1 : ticket + 1;
}

/** The cycle at which this handler began; 0 where nobody counts cycles. */
function nowCycle(memory: Memory, balancer: BalancerAddress): number {
  return Balancer.nowCycle.get(memory, balancer);
}

function errnoOf(outcome: number): number {
  switch (outcome) {
    case Outcome.noRouteMatch:
      return LbErrno.noRouteMatch;
    case Outcome.rateLimitExceeded:
      return LbErrno.rateLimitExceeded;
    case Outcome.limiterFull:
      return LbErrno.limiterFull;
    case Outcome.backendGroupNotFound:
      return LbErrno.backendGroupNotFound;
    case Outcome.noHealthyBackend:
      return LbErrno.noHealthyBackend;
    default:
      return LbErrno.overloaded;
  }
}
