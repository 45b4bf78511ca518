/**
 * GroupReport, the answer of ControlOperation.report:
 *
 *     text name, u8 algorithm, u8 panicking, u32 members available, u32 ejected, u32 connections open, u32 requests
 *     waiting, u32 retries in flight, u64 routed, u64 refused for want of a backend, u64 refused as overloaded,
 *     u64 retried, u64 retries refused, u16 count, members
 *
 * and of each member:
 *
 *     text address, u16 port, u32 weight, u32 handle, u8 flags (one for each of MemberFlag), u32 effective weight in
 *     hundredths, u32 connections open, u32 most connections so far, u32 requests waiting for it, u32 times ejected,
 *     u64 requests, u64 finished, u64 failed
 */

import type { Memory } from "../../../hal/memory.ts";
import { writeU16, writeU32, writeU64, writeU8 } from "../codec/operand-writer.ts";
import type { WriterAddress } from "../codec/operand-writer.ts";
import { MemberFlag } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { backendWeight } from "../health/slow-start.ts";
import { writeKeptText } from "../text.ts";

export function writeGroupReport(memory: Memory, writer: WriterAddress, shared: Memory, group: GroupAddress, tick: number): void {
  writeKeptText(memory, writer, shared, Group.name.get(memory, group));
  writeU8(memory, writer, shared, Group.algorithm.get(memory, group));
  writeU8(memory, writer, shared, Group.panicking.get(memory, group));
  writeU32(memory, writer, shared, Group.availableCount.get(memory, group));
  writeU32(memory, writer, shared, Group.ejectedCount.get(memory, group));
  writeU32(memory, writer, shared, Group.activeConnections.get(memory, group));
  writeU32(memory, writer, shared, Group.pendingCount.get(memory, group));
  writeU32(memory, writer, shared, Group.retries.get(memory, group));
  writeU64(memory, writer, shared, Group.routed.get(memory, group));
  writeU64(memory, writer, shared, Group.refused.get(memory, group));
  writeU64(memory, writer, shared, Group.overloaded.get(memory, group));
  writeU64(memory, writer, shared, Group.retried.get(memory, group));
  writeU64(memory, writer, shared, Group.retriesRefused.get(memory, group));
  const count = groupBackendCount(memory, group);
  writeU16(memory, writer, shared, count);
  for (let i = 0; i < count; i++) writeMember(memory, writer, shared, group, groupBackend(memory, group, i), tick);
}

function writeMember(memory: Memory, writer: WriterAddress, shared: Memory, group: GroupAddress, backend: BackendAddress, tick: number): void {
  writeKeptText(memory, writer, shared, Backend.address.get(memory, backend));
  writeU16(memory, writer, shared, Backend.port.get(memory, backend));
  writeU32(memory, writer, shared, Backend.weight.get(memory, backend));
  writeU32(memory, writer, shared, Backend.handle.get(memory, backend));
  writeU8(memory, writer, shared, memberFlags(memory, backend));
  writeU32(memory, writer, shared, backendWeight(memory, group, backend, tick));
  writeU32(memory, writer, shared, Backend.activeConnections.get(memory, backend));
  writeU32(memory, writer, shared, Backend.peakConnections.get(memory, backend));
  writeU32(memory, writer, shared, Backend.pending.get(memory, backend));
  writeU32(memory, writer, shared, Backend.timesEjected.get(memory, backend));
  writeU64(memory, writer, shared, Backend.totalRequests.get(memory, backend));
  writeU64(memory, writer, shared, Backend.finished.get(memory, backend));
  writeU64(memory, writer, shared, Backend.failed.get(memory, backend));
}

function memberFlags(memory: Memory, backend: BackendAddress): number {
  return (
    (Backend.healthy.get(memory, backend) === 0 ? 0 : MemberFlag.healthy) |
    (Backend.available.get(memory, backend) === 0 ? 0 : MemberFlag.available) |
    (Backend.ejected.get(memory, backend) === 0 ? 0 : MemberFlag.ejected) |
    (Backend.draining.get(memory, backend) === 0 ? 0 : MemberFlag.draining) |
    (Backend.probing.get(memory, backend) === 0 ? 0 : MemberFlag.probing) |
    (Backend.slowStarting.get(memory, backend) === 0 ? 0 : MemberFlag.slowStarting)
  );
}
