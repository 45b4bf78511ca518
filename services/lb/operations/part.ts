/**
 * Control operations on pieces of the HTTP balancer: buckets, session tables, groups and routes on their own. Operands
 * are judged whole before anything changes.
 */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU32, readU64, readerDone } from "../codec/operand-reader.ts";
import { writeU32, writeU64, writeU8 } from "../codec/operand-writer.ts";
import { ControlOperation, LbErrno } from "../control.ts";
import { runGroupPartOperation } from "./group-part.ts";
import { partBucket, partBucketMake, partSessions, partSessionsMake } from "../parts.ts";
import { RateLimit, rateLimitAllow, rateLimitReset } from "../rate/token-bucket.ts";
import type { RateLimitAddress } from "../rate/token-bucket.ts";
import { keepRoute, readRequest, skipRoute } from "./rule.ts";
import { routingAddRule, routingClear, routingTarget } from "../routing/routing.ts";
import { ruleClear } from "../routing/rule.ts";
import { SessionTable, sessionCount, sessionGet, sessionRemove, sessionSet, sessionsClear } from "../session/session-table.ts";
import type { SessionTableAddress } from "../session/session-table.ts";
import { textCreate, textFree, writeKeptText } from "../text.ts";

/** Runs an operation whose number was read. 0 or an errno; the answer stands in the writer. */
export function runPartOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, operation: number): number {
  const memory = heap.memory;
  if (operation === ControlOperation.routeMatches) return matches(heap, limits, balancer, shared);
  const reader = Balancer.reader.at(balancer);
  const idAt = readText(memory, reader, shared);
  const idBytes = OperandReader.textBytes.get(memory, reader);
  switch (operation) {
    case ControlOperation.bucketNew:
      return bucketNew(heap, limits, balancer, shared, idAt, idBytes);
    case ControlOperation.bucketAllow:
      return bucketAllow(memory, balancer, shared, idAt, idBytes);
    case ControlOperation.bucketGet:
      return bucketGet(memory, balancer, shared, idAt, idBytes);
    case ControlOperation.sessionNew:
      return tableNew(heap, limits, balancer, shared, idAt, idBytes);
    case ControlOperation.sessionCount:
      return tableCount(memory, balancer, shared, idAt, idBytes);
    case ControlOperation.sessionSet:
    case ControlOperation.sessionGet:
    case ControlOperation.sessionRemove:
      return tableOperation(heap, limits, balancer, shared, operation, idAt, idBytes);
    default:
      return runGroupPartOperation(heap, limits, balancer, shared, operation, idAt, idBytes);
  }
}

function bucketNew(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const reader = Balancer.reader.at(balancer);
  const requestsPerTick = readU32(heap.memory, reader, shared);
  const burst = readU32(heap.memory, reader, shared);
  if (!readerDone(heap.memory, reader)) return LbErrno.badOperation;
  const bucket = partBucketMake(heap, limits, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (bucket < 0) return bucket;
  rateLimitReset(heap.memory, bucket as RateLimitAddress, requestsPerTick, burst);
  return 0;
}

function bucketAllow(memory: Memory, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const reader = Balancer.reader.at(balancer);
  const tick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const bucket = partBucket(memory, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (bucket === 0) return Errno.notFound;
  writeU8(memory, Balancer.writer.at(balancer), shared, rateLimitAllow(memory, bucket, tick) ? 1 : 0);
  return 0;
}

function bucketGet(memory: Memory, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const writer = Balancer.writer.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  const bucket = partBucket(memory, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (bucket === 0) return Errno.notFound;
  writeU32(memory, writer, shared, RateLimit.requestsPerTick.get(memory, bucket));
  writeU32(memory, writer, shared, RateLimit.burst.get(memory, bucket));
  writeU32(memory, writer, shared, RateLimit.currentTokens.get(memory, bucket));
  writeU64(memory, writer, shared, RateLimit.lastRefillTick.get(memory, bucket));
  return 0;
}

function tableNew(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const nameAt = readText(memory, reader, shared);
  const nameBytes = OperandReader.textBytes.get(memory, reader);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const name = textCreate(heap, limits, shared, nameAt, nameBytes);
  if (name < 0) return name;
  const made = partSessionsMake(heap, limits, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (made < 0) {
    textFree(heap, name);
    return made;
  }
  const table = made as SessionTableAddress;
  sessionsClear(heap, table);
  SessionTable.cookieName.set(memory, table, name);
  return 0;
}

function tableCount(memory: Memory, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const writer = Balancer.writer.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  const table = partSessions(memory, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (table === 0) return Errno.notFound;
  writeKeptText(memory, writer, shared, SessionTable.cookieName.get(memory, table));
  writeU32(memory, writer, shared, sessionCount(memory, table));
  return 0;
}

/** sessionSet, sessionGet, sessionRemove: they name a session. */
function tableOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, operation: number, idAt: number, idBytes: number): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const sessionAt = readText(memory, reader, shared);
  const sessionBytes = OperandReader.textBytes.get(memory, reader);
  const index = operation === ControlOperation.sessionSet ? readU64(memory, reader, shared) : 0;
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const table = partSessions(memory, Balancer.parts.at(balancer), shared, idAt, idBytes);
  if (table === 0) return Errno.notFound;
  if (operation === ControlOperation.sessionSet) return sessionSet(heap, limits, table, shared, sessionAt, sessionBytes, index);
  if (operation === ControlOperation.sessionRemove) sessionRemove(heap, table, shared, sessionAt, sessionBytes);
  else answerIndex(memory, balancer, shared, sessionGet(memory, table, shared, sessionAt, sessionBytes));
  return 0;
}

function answerIndex(memory: Memory, balancer: BalancerAddress, shared: Memory, index: number): void {
  const writer = Balancer.writer.at(balancer);
  writeU8(memory, writer, shared, index < 0 ? 0 : 1);
  writeU64(memory, writer, shared, index < 0 ? 0 : index);
}

/** The route becomes the only one of the routing that is empty between handlers, which is asked and emptied again. */
function matches(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const routeAt = OperandReader.at.get(memory, reader);
  skipRoute(memory, reader, shared);
  readRequest(memory, balancer, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const draft = Balancer.draft.at(balancer);
  const routing = Balancer.attempt.at(balancer);
  OperandReader.at.set(memory, reader, routeAt);
  let status = keepRoute(heap, limits, routing, reader, shared, draft);
  if (status === 0) status = routingAddRule(heap, limits, routing, draft);
  if (status === 0) writeU8(memory, Balancer.writer.at(balancer), shared, routingTarget(memory, routing, shared, Balancer.request.at(balancer)) === 0 ? 0 : 1);
  ruleClear(heap, routing, draft);
  routingClear(heap, routing);
  return status;
}
