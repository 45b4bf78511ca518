/** The operations of semantics=strict on one member of a group, or on one virtual IP's, and a group's report. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU16, readU32, readU64, readU8, readerDone } from "../codec/operand-reader.ts";
import { writeText, writeU32, writeU8, writerRoom } from "../codec/operand-writer.ts";
import { serveWaiting } from "../connection/ending.ts";
import { pendingTick } from "../connection/pending.ts";
import { ControlOperation, LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { groupBackend } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { memberAdd, memberDrain, memberFind, memberHealth, memberRemove } from "../group/member.ts";
import { groupSettle } from "../health/availability.ts";
import { vipByKey } from "../l4/key.ts";
import { routingGroup } from "../routing/routing.ts";
import { writeGroupReport } from "./report.ts";

/** Runs an operation whose number was read. 0 or an errno; the answer stands in the writer. */
export function runMemberOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, operation: number): number {
  if (operation === ControlOperation.report) return report(heap.memory, balancer, shared);
  const reader = Balancer.reader.at(balancer);
  const groupAt = readText(heap.memory, reader, shared);
  const groupBytes = OperandReader.textBytes.get(heap.memory, reader);
  if (operation === ControlOperation.memberAdd) return add(heap, limits, balancer, shared, groupAt, groupBytes);
  if (operation !== ControlOperation.memberRemove && operation !== ControlOperation.memberHealth && operation !== ControlOperation.memberDrain) return LbErrno.badOperation;
  return change(heap, balancer, shared, operation, groupAt, groupBytes);
}

/** text group, backend, u64 tick; its group is read. */
function add(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, groupAt: number, groupBytes: number): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const addressAt = readText(memory, reader, shared);
  const addressBytes = OperandReader.textBytes.get(memory, reader);
  const port = readU16(memory, reader, shared);
  const weight = readU32(memory, reader, shared);
  const healthy = readU8(memory, reader, shared);
  readU32(memory, reader, shared);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader) || healthy > 1) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  const group = groupNamed(memory, balancer, shared, groupAt, groupBytes);
  if (group === 0) return about(memory, balancer, shared, groupAt, groupBytes, LbErrno.backendGroupNotFound);
  const added = memberAdd(heap, limits, balancer, group, shared, addressAt, addressBytes, port, weight, healthy === 1, tick);
  if (added < 0) return added;
  writeU32(memory, Balancer.writer.at(balancer), shared, Backend.handle.get(memory, added as BackendAddress));
  serveWaiting(memory, balancer, tick, Balancer.nowCycle.get(memory, balancer));
  return 0;
}

/** text group, text address, u16 port, and what the operation says of the member; its group is read. */
function change(heap: Heap, balancer: BalancerAddress, shared: Memory, operation: number, groupAt: number, groupBytes: number): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const addressAt = readText(memory, reader, shared);
  const addressBytes = OperandReader.textBytes.get(memory, reader);
  const port = readU16(memory, reader, shared);
  const healthy = operation === ControlOperation.memberHealth ? readU8(memory, reader, shared) : 0;
  const deadlineTick = operation === ControlOperation.memberDrain ? readU64(memory, reader, shared) : 0;
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader) || healthy > 1) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  const group = groupNamed(memory, balancer, shared, groupAt, groupBytes);
  if (group === 0) return about(memory, balancer, shared, groupAt, groupBytes, LbErrno.backendGroupNotFound);
  const index = memberFind(memory, balancer, group, shared, addressAt, addressBytes, port);
  if (index < 0) return about(memory, balancer, shared, addressAt, addressBytes, LbErrno.backendNotFound);
  if (operation === ControlOperation.memberRemove) memberRemove(heap, balancer, group, index, tick);
  else if (operation === ControlOperation.memberHealth) memberHealth(memory, balancer, group, groupBackend(memory, group, index), healthy === 1, tick);
  else memberDrain(heap, balancer, group, index, deadlineTick, tick);
  serveWaiting(memory, balancer, tick, Balancer.nowCycle.get(memory, balancer));
  return 0;
}

function report(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const at = readText(memory, reader, shared);
  const bytes = OperandReader.textBytes.get(memory, reader);
  const saidTick = readU64(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const tick = pendingTick(memory, balancer, saidTick);
  const group = groupNamed(memory, balancer, shared, at, bytes);
  writeU8(memory, writer, shared, group === 0 ? 0 : 1);
  if (group === 0) return 0;
  groupSettle(memory, group, tick);
  writeGroupReport(memory, writer, shared, group, tick);
  return 0;
}

/** The group of that name, or the virtual IP's of that key; 0 if there is neither. */
function groupNamed(memory: Memory, balancer: BalancerAddress, shared: Memory, at: number, bytes: number): GroupAddress | 0 {
  const group = routingGroup(memory, Balancer.routing.at(balancer), shared, at, bytes);
  return group !== 0 ? group : vipByKey(memory, Balancer.transport.at(balancer), Balancer.wantedVip.at(balancer), shared, at, bytes);
}

/** The failure, with the text that it is about. */
function about(memory: Memory, balancer: BalancerAddress, shared: Memory, at: number, bytes: number, status: number): number {
  const writer = Balancer.writer.at(balancer);
  if (writerRoom(memory, writer) < bytes + 4) return Errno.messageTooLarge;
  writeText(memory, writer, shared, shared, at, bytes);
  return status;
}
