/** Control operations on groups that stand outside the balancer's rules, until they are installed. */

import type { Memory } from "../../../hal/memory.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readU32, readU8, readerDone } from "../codec/operand-reader.ts";
import { writeU8, writerRoom } from "../codec/operand-writer.ts";
import { UPSTREAM_ALGORITHMS, ControlOperation, LbErrno } from "../control.ts";
import { writeChoice, writeGroup } from "./group-answer.ts";
import { Group, groupBackend, groupBackendCount, groupFree, groupSelect, groupSetHealth } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { partGroup, partGroupKeep, partGroupRelease } from "../parts.ts";
import { routingAddGroup } from "../routing/routing.ts";
import { keepBackend, readGroup, skipBackend } from "./rule.ts";

/** `healthy` of groupPatch that leaves the backend as it is. */
const HEALTH_KEPT = 2;

/** Runs an operation whose number and id were read. 0 or an errno; the answer stands in the writer. */
export function runGroupPartOperation(
  heap: Heap,
  limits: LbLimits,
  balancer: BalancerAddress,
  shared: Memory,
  operation: number,
  idAt: number,
  idBytes: number,
): number {
  const memory = heap.memory;
  if (operation === ControlOperation.groupNew) return groupNew(heap, limits, balancer, shared, idAt, idBytes);
  const group = partGroup(memory, Balancer.parts.at(balancer), shared, idAt, idBytes);
  switch (operation) {
    case ControlOperation.groupPush:
      return push(heap, limits, balancer, shared, group);
    case ControlOperation.groupPatch:
      return patch(memory, balancer, shared, group);
    case ControlOperation.groupSetAlgorithm:
      return setAlgorithm(memory, balancer, shared, group);
    case ControlOperation.groupSelect:
      return select(memory, limits, balancer, shared, group);
    case ControlOperation.groupDump:
      return dump(memory, balancer, shared, group);
    case ControlOperation.groupInstall:
      return install(heap, limits, balancer, shared, idAt, idBytes, group);
    default:
      return LbErrno.badOperation;
  }
}

function groupNew(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number): number {
  const group = readGroup(heap, limits, Balancer.reader.at(balancer), shared);
  if (group < 0) return group;
  const status = partGroupKeep(heap, limits, Balancer.parts.at(balancer), shared, idAt, idBytes, group as GroupAddress);
  if (status < 0) groupFree(heap, group as GroupAddress);
  return status;
}

function push(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, group: GroupAddress | 0): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const backendAt = OperandReader.at.get(memory, reader);
  skipBackend(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  if (group === 0) return Errno.notFound;
  OperandReader.at.set(memory, reader, backendAt);
  return keepBackend(heap, limits, reader, shared, group);
}

function patch(memory: Memory, balancer: BalancerAddress, shared: Memory, group: GroupAddress | 0): number {
  const reader = Balancer.reader.at(balancer);
  const index = readU32(memory, reader, shared);
  const healthy = readU8(memory, reader, shared);
  const connectionsSet = readU8(memory, reader, shared);
  const activeConnections = readU32(memory, reader, shared);
  if (!readerDone(memory, reader) || healthy > HEALTH_KEPT || connectionsSet > 1) return LbErrno.badOperation;
  if (group === 0 || index >= groupBackendCount(memory, group)) return Errno.notFound;
  const backend = groupBackend(memory, group, index);
  if (healthy !== HEALTH_KEPT) groupSetHealth(memory, group, backend, healthy === 1);
  if (connectionsSet === 1) Backend.activeConnections.set(memory, backend, activeConnections);
  return 0;
}

function setAlgorithm(memory: Memory, balancer: BalancerAddress, shared: Memory, group: GroupAddress | 0): number {
  const reader = Balancer.reader.at(balancer);
  const algorithm = readU8(memory, reader, shared);
  if (!readerDone(memory, reader) || algorithm >= UPSTREAM_ALGORITHMS) return LbErrno.badOperation;
  if (group === 0) return Errno.notFound;
  Group.algorithm.set(memory, group, algorithm);
  return 0;
}

function select(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory, group: GroupAddress | 0): number {
  const writer = Balancer.writer.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  if (group === 0) return Errno.notFound;
  // The answer must fit before a backend is chosen: the choice cannot be taken back.
  if (writerRoom(memory, writer) < limits.textBytesMax + 7) return Errno.messageTooLarge;
  const index = groupSelect(memory, group);
  writeU8(memory, writer, shared, index < 0 ? 0 : 1);
  if (index >= 0) writeChoice(memory, writer, shared, groupBackend(memory, group, index));
  return 0;
}

function dump(memory: Memory, balancer: BalancerAddress, shared: Memory, group: GroupAddress | 0): number {
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  if (group === 0) return Errno.notFound;
  writeGroup(memory, Balancer.writer.at(balancer), shared, group);
  return 0;
}

function install(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, idAt: number, idBytes: number, group: GroupAddress | 0): number {
  if (!readerDone(heap.memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  if (group === 0) return Errno.notFound;
  const status = routingAddGroup(heap, limits, Balancer.routing.at(balancer), group);
  if (status === 0) partGroupRelease(heap, Balancer.parts.at(balancer), shared, idAt, idBytes);
  return status;
}
