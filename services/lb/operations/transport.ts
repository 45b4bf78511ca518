/** Control operations on the transport balancer; operands are judged whole before anything changes. */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringEquals } from "../../../kernel/collections/byte-string.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Backend } from "../group/backend.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { OperandReader, readText, readU16, readU32, readU8, readerDone } from "../codec/operand-reader.ts";
import { writeText, writeU16, writeU32, writeU8, writerRoom } from "../codec/operand-writer.ts";
import { UPSTREAM_ALGORITHMS, ControlOperation, LbErrno } from "../control.ts";
import { writeBackends, writeChoice } from "./group-answer.ts";
import { Group, groupBackend, groupBackendCount, groupRemoveBackend, groupSetHealth } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { transportSelect } from "../l4/select.ts";
import { Vip, WantedVip, transportHealthCheck, vipAdd, vipAt, vipCount, vipFind, vipGroup, vipRemove, vipWanted } from "../l4.ts";
import type { VipAddress } from "../l4.ts";
import { keepBackend, skipBackend } from "./rule.ts";
import { writeKeptText } from "../text.ts";
import type { TextAddress } from "../text.ts";

/** Runs an operation whose number was read. 0 or an errno; the answer stands in the writer. */
export function runTransportOperation(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory, operation: number): number {
  const memory = heap.memory;
  if (operation === ControlOperation.healthCheck) return healthCheck(memory, balancer);
  if (operation === ControlOperation.dump) return dump(memory, balancer, shared);
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  const addressBytes = OperandReader.textBytes.get(memory, reader);
  vipWanted(memory, Balancer.wantedVip.at(balancer), at, addressBytes, readU16(memory, reader, shared));
  switch (operation) {
    case ControlOperation.addVip:
      return addVip(heap, limits, balancer, shared);
    case ControlOperation.removeVip:
      return removeVip(heap, balancer, shared);
    case ControlOperation.addBackend:
      return addBackend(heap, limits, balancer, shared);
    case ControlOperation.removeBackend:
      return removeBackend(heap, balancer, shared);
    case ControlOperation.setHealth:
      return setHealth(memory, balancer, shared);
    case ControlOperation.select:
      return select(memory, limits, balancer, shared);
    case ControlOperation.getVip:
      return getVip(memory, balancer, shared);
    default:
      return LbErrno.badOperation;
  }
}

function addVip(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const algorithm = readU8(heap.memory, reader, shared);
  if (!readerDone(heap.memory, reader) || algorithm >= UPSTREAM_ALGORITHMS) return LbErrno.badOperation;
  const status = vipAdd(heap, limits, Balancer.transport.at(balancer), Balancer.wantedVip.at(balancer), shared, algorithm);
  return status === LbErrno.vipAlreadyExists ? aboutVip(heap.memory, balancer, shared, status) : status;
}

function removeVip(heap: Heap, balancer: BalancerAddress, shared: Memory): number {
  const transport = Balancer.transport.at(balancer);
  if (!readerDone(heap.memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  const index = vipFind(heap.memory, transport, Balancer.wantedVip.at(balancer), shared);
  if (index < 0) return aboutVip(heap.memory, balancer, shared, LbErrno.vipNotFound);
  vipRemove(heap, transport, index);
  return 0;
}

function addBackend(heap: Heap, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const backendAt = OperandReader.at.get(memory, reader);
  skipBackend(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const group = wantedGroup(memory, balancer, shared);
  if (group === 0) return aboutVip(memory, balancer, shared, LbErrno.vipNotFound);
  OperandReader.at.set(memory, reader, backendAt);
  return keepBackend(heap, limits, reader, shared, group);
}

function removeBackend(heap: Heap, balancer: BalancerAddress, shared: Memory): number {
  const memory = heap.memory;
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  const addressBytes = OperandReader.textBytes.get(memory, reader);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const group = wantedGroup(memory, balancer, shared);
  if (group === 0) return aboutVip(memory, balancer, shared, LbErrno.vipNotFound);
  let index = backendNamed(memory, group, shared, at, addressBytes, 0);
  if (index < 0) return aboutBackend(memory, balancer, shared, at, addressBytes);
  for (; index >= 0; index = backendNamed(memory, group, shared, at, addressBytes, index)) groupRemoveBackend(heap, group, index);
  return 0;
}

function setHealth(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const at = readText(memory, reader, shared);
  const addressBytes = OperandReader.textBytes.get(memory, reader);
  const healthy = readU8(memory, reader, shared);
  if (!readerDone(memory, reader) || healthy > 1) return LbErrno.badOperation;
  const group = wantedGroup(memory, balancer, shared);
  if (group === 0) return aboutVip(memory, balancer, shared, LbErrno.vipNotFound);
  const index = backendNamed(memory, group, shared, at, addressBytes, 0);
  if (index < 0) return aboutBackend(memory, balancer, shared, at, addressBytes);
  groupSetHealth(memory, group, groupBackend(memory, group, index), healthy === 1);
  return 0;
}

function select(memory: Memory, limits: LbLimits, balancer: BalancerAddress, shared: Memory): number {
  const reader = Balancer.reader.at(balancer);
  const writer = Balancer.writer.at(balancer);
  const clientIp = readU32(memory, reader, shared);
  if (!readerDone(memory, reader)) return LbErrno.badOperation;
  const group = wantedGroup(memory, balancer, shared);
  if (group === 0) return aboutVip(memory, balancer, shared, LbErrno.vipNotFound);
  // The answer must fit before a backend is chosen: the choice cannot be taken back.
  if (writerRoom(memory, writer) < limits.textBytesMax + 6) return Errno.messageTooLarge;
  const index = transportSelect(memory, Balancer.transport.at(balancer), group, clientIp);
  if (index < 0) return LbErrno.noHealthyBackend;
  writeChoice(memory, writer, shared, groupBackend(memory, group, index));
  return 0;
}

function healthCheck(memory: Memory, balancer: BalancerAddress): number {
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  transportHealthCheck(memory, Balancer.transport.at(balancer));
  return 0;
}

function getVip(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const transport = Balancer.transport.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  const index = vipFind(memory, transport, Balancer.wantedVip.at(balancer), shared);
  writeU8(memory, Balancer.writer.at(balancer), shared, index < 0 ? 0 : 1);
  if (index >= 0) writeVip(memory, balancer, shared, vipAt(memory, transport, index));
  return 0;
}

function dump(memory: Memory, balancer: BalancerAddress, shared: Memory): number {
  const transport = Balancer.transport.at(balancer);
  if (!readerDone(memory, Balancer.reader.at(balancer))) return LbErrno.badOperation;
  const count = vipCount(memory, transport);
  writeU16(memory, Balancer.writer.at(balancer), shared, count);
  for (let i = 0; i < count; i++) writeVip(memory, balancer, shared, vipAt(memory, transport, i));
  return 0;
}

function writeVip(memory: Memory, balancer: BalancerAddress, shared: Memory, vip: VipAddress): void {
  const writer = Balancer.writer.at(balancer);
  const group = vipGroup(memory, vip);
  writeKeptText(memory, writer, shared, Group.name.get(memory, group));
  writeU16(memory, writer, shared, Vip.port.get(memory, vip));
  writeU8(memory, writer, shared, Group.algorithm.get(memory, group));
  writeU32(memory, writer, shared, Group.healthyCount.get(memory, group));
  writeBackends(memory, writer, shared, group);
}

function wantedGroup(memory: Memory, balancer: BalancerAddress, shared: Memory): GroupAddress | 0 {
  const transport = Balancer.transport.at(balancer);
  const index = vipFind(memory, transport, Balancer.wantedVip.at(balancer), shared);
  return index < 0 ? 0 : vipGroup(memory, vipAt(memory, transport, index));
}

/** Position of the first backend with that address, from `first` on; -1 if there is none. */
function backendNamed(memory: Memory, group: GroupAddress, shared: Memory, at: number, addressBytes: number, first: number): number {
  const count = groupBackendCount(memory, group);
  for (let i = first; i < count; i++) {
    const address = Backend.address.get(memory, groupBackend(memory, group, i)) as TextAddress;
    if (byteStringEquals(memory, address, shared, at, addressBytes)) return i;
  }
  return -1;
}

/** Answers the wanted VIP's key as one text. */
function aboutVip(memory: Memory, balancer: BalancerAddress, shared: Memory, status: number): number {
  const writer = Balancer.writer.at(balancer);
  const wantedVip = Balancer.wantedVip.at(balancer);
  const wanted = WantedVip.vip.at(wantedVip);
  const at = WantedVip.addressAt.get(memory, wantedVip);
  const addressBytes = WantedVip.addressBytes.get(memory, wantedVip);
  const tailBytes = Vip.tailBytes.get(memory, wanted);
  writeU32(memory, writer, shared, addressBytes + tailBytes);
  for (let i = 0; i < addressBytes; i++) writeU8(memory, writer, shared, shared.u8[at + i]);
  for (let i = 0; i < tailBytes; i++) writeU8(memory, writer, shared, memory.u8[Vip.tail.at(wanted) + i]);
  return status;
}

function aboutBackend(memory: Memory, balancer: BalancerAddress, shared: Memory, at: number, addressBytes: number): number {
  writeText(memory, Balancer.writer.at(balancer), shared, shared, at, addressBytes);
  return LbErrno.backendNotFound;
}
