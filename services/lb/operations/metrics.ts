/** Operations that tell what was counted and measured, in pages (metrics-api.ts). */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU16, readU8, readerDone } from "../codec/operand-reader.ts";
import { patchU16, writeAscii, writeU16, writeU32, writeU64, writeU8, writerKeeps, writerMark } from "../codec/operand-writer.ts";
import type { WriterAddress } from "../codec/operand-writer.ts";
import { ControlOperation, LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { COUNTERS, GAUGES, counterValue } from "../metrics/counters.ts";
import { BUCKETS, Histogram, histogramBucket } from "../metrics/histogram.ts";
import type { HistogramAddress } from "../metrics/histogram.ts";
import { MeasureName, MetricKind } from "../metrics-api.ts";
import { Measures } from "../metrics/measured.ts";
import { Policy, Semantics } from "../policy.ts";
import { routingGroup } from "../routing/routing.ts";
import { writeChoice } from "./group-answer.ts";
import { routeHits } from "./route-hits.ts";

/** Runs an operation whose number was read. 0 or an errno; the answer stands in the writer. */
export function runMetricsOperation(memory: Memory, balancer: BalancerAddress, shared: Memory, operation: number): number {
  switch (operation) {
    case ControlOperation.metrics:
      return metrics(memory, balancer, shared);
    case ControlOperation.groupMetrics:
      return groupMetrics(memory, balancer, shared);
    case ControlOperation.measure:
      return measure(memory, balancer, shared);
    case ControlOperation.routeHits:
      return routeHits(memory, balancer, shared);
    default:
      return LbErrno.badOperation;
  }
}

function metrics(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const writer = Balancer.writer.at(balancer);
  const reader = Balancer.reader.at(balancer);
  const first = readU16(memory, reader, shared);
  const most = readU16(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const all = COUNTERS.length + GAUGES.length;
  const end = Math.min(all, first + most);
  writeU16(memory, writer, shared, all);
  const countAt = writeU16(memory, writer, shared, 0);
  let number = first;
  for (let fits = true; fits && number < end; number += fits ? 1 : 0) {
    const mark = writerMark(memory, writer);
    writeMetric(memory, balancer, writer, shared, number);
    fits = writerKeeps(memory, writer, mark, number > first);
  }
  patchU16(shared, countAt, Math.max(0, number - first));
  return 0;
}

function writeMetric(memory: Memory, balancer: BalancerAddress, writer: WriterAddress, shared: Memory, number: number): void {
  const counts = number < COUNTERS.length;
  const gauge = number - COUNTERS.length;
  writeAscii(memory, writer, shared, counts ? COUNTERS[number].name : GAUGES[gauge].name);
  writeU8(memory, writer, shared, counts ? MetricKind.counter : MetricKind.gauge);
  writeU64(memory, writer, shared, counts ? counterValue(memory, balancer, COUNTERS[number]) : GAUGES[gauge].read(memory, balancer));
}

function groupMetrics(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const nameAt = readText(memory, reader, shared);
  const nameBytes = OperandReader.textBytes.get(memory, reader);
  const first = readU16(memory, reader, shared);
  const most = readU16(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const group = routingGroup(memory, Balancer.routing.at(balancer), shared, nameAt, nameBytes);
  writeU8(memory, writer, shared, group === 0 ? 0 : 1);
  if (group === 0) return 0;
  const strict = Policy.semantics.get(memory, Balancer.policy.at(balancer)) === Semantics.strict;
  writeGroupCounts(memory, writer, shared, group, strict);
  const all = groupBackendCount(memory, group);
  const end = Math.min(all, first + most);
  writeU16(memory, writer, shared, all);
  const countAt = writeU16(memory, writer, shared, 0);
  let number = first;
  for (let fits = true; fits && number < end; number += fits ? 1 : 0) {
    const mark = writerMark(memory, writer);
    writeBackendCounts(memory, writer, shared, groupBackend(memory, group, number), strict);
    fits = writerKeeps(memory, writer, mark, number > first);
  }
  patchU16(shared, countAt, Math.max(0, number - first));
  return 0;
}

function writeGroupCounts(memory: Memory, writer: WriterAddress, shared: Memory, group: GroupAddress, strict: boolean): void {
  writeU64(memory, writer, shared, strict ? Group.routed.get(memory, group) : requestsOf(memory, group));
  writeU64(memory, writer, shared, Group.refused.get(memory, group));
  writeU64(memory, writer, shared, Group.overloaded.get(memory, group));
  writeU64(memory, writer, shared, Group.retried.get(memory, group));
  writeU64(memory, writer, shared, Group.retriesRefused.get(memory, group));
  writeU32(memory, writer, shared, Group.pendingCount.get(memory, group));
}

/** Requests that its backends took: what the seed's semantics counts no other way. */
function requestsOf(memory: Memory, group: GroupAddress): number {
  let requests = 0;
  for (let i = groupBackendCount(memory, group) - 1; i >= 0; i--) requests += Backend.totalRequests.get(memory, groupBackend(memory, group, i));
  return requests;
}

/** Under the seed's semantics a healthy backend is an available one; strict semantics keeps account of that itself. */
function writeBackendCounts(memory: Memory, writer: WriterAddress, shared: Memory, backend: BackendAddress, strict: boolean): void {
  writeChoice(memory, writer, shared, backend);
  writeU8(memory, writer, shared, strict ? Backend.available.get(memory, backend) : Backend.healthy.get(memory, backend));
  writeU32(memory, writer, shared, Backend.activeConnections.get(memory, backend));
  writeU64(memory, writer, shared, Backend.totalRequests.get(memory, backend));
  writeU64(memory, writer, shared, Backend.failed.get(memory, backend));
  writeU32(memory, writer, shared, Backend.timesEjected.get(memory, backend));
}

function measure(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const name = readU8(memory, reader, shared);
  const first = readU16(memory, reader, shared);
  const most = readU16(memory, reader, shared);
  if (!readerDone(memory, reader) || name > MeasureName.connection) return LbErrno.badOperation;
  const measures = Balancer.measures.get(memory, balancer) as Address<"Measures">;
  writeU8(memory, Balancer.writer.at(balancer), shared, measures === 0 ? 0 : 1);
  if (measures === 0) return 0;
  const field = name === MeasureName.decision ? Measures.decisionCycles : Measures.connectionCycles;
  writeHistogram(memory, Balancer.writer.at(balancer), shared, field.at(measures), first, most);
  return 0;
}

function writeHistogram(memory: Memory, writer: WriterAddress, shared: Memory, histogram: HistogramAddress, first: number, most: number): void {
  writeU64(memory, writer, shared, Histogram.count.get(memory, histogram));
  writeU64(memory, writer, shared, Histogram.sumCycles.get(memory, histogram));
  writeU32(memory, writer, shared, Histogram.leftOut.get(memory, histogram));
  const countAt = writeU16(memory, writer, shared, 0);
  let pairs = 0;
  let fits = true;
  for (let bucket = first; fits && pairs < most && bucket < BUCKETS; bucket++) {
    const values = histogramBucket(memory, histogram, bucket);
    if (values === 0) continue;
    const mark = writerMark(memory, writer);
    writeU16(memory, writer, shared, bucket);
    writeU32(memory, writer, shared, values);
    fits = writerKeeps(memory, writer, mark, pairs > 0);
    if (fits) pairs++;
  }
  patchU16(shared, countAt, pairs);
}
