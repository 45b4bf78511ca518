/**
 * Members of a group that is in service under semantics=strict, one at a time: found, added, removed, judged, drained. Each
 * operation affects exactly the member that it names. `group` is any group that has begun (enrolment.ts), a virtual IP's
 * included; `tick` is when it happens, or an earlier call's tick if that was later: time does not run backwards.
 *
 * Positions are good until a member is removed; records do not move.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { byteStringEquals, bytesEqual } from "../../../kernel/collections/byte-string.ts";
import { List, listAt, listCount, listCreate, listFree, listPush, listRemove } from "../../../kernel/collections/list.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { parseAddressLiteral } from "../codec/address-literal.ts";
import { directoryTake } from "../connection/directory.ts";
import { pendingTick } from "../connection/pending.ts";
import { LbErrno } from "../control.ts";
import { groupSettle, groupUnsettle } from "../health/availability.ts";
import { backendDrain, isDrained } from "../health/drain.ts";
import { backendSetHealthy, backendWarm, groupJudge } from "../health/fitness.ts";
import type { TextAddress } from "../text.ts";
import { Backend, BackendReference } from "./backend.ts";
import type { BackendAddress } from "./backend.ts";
import { memberDischarge, memberEnrol, memberForget } from "./enrolment.ts";
import { groupTableBuild, groupTableExchange, groupTableForget, groupTableFree } from "./group-table.ts";
import { Group, groupAddBackend, groupBackend, groupBackendCount, groupRemoveBackend, groupSetHealth } from "./group.ts";
import type { GroupAddress } from "./group.ts";

export { groupBegin, memberCarry, memberForget, memberJoin } from "./enrolment.ts";

const LITERAL_BYTES = 16;
const PORT_MAX = 0xffff;

/** The greatest weight under semantics=strict. */
export const MEMBER_WEIGHT_MAX = 1000;

/**
 * Position of the member with that address and port, or -1. The address is the text of `addressBytes` bytes at `addressAt`:
 * an IP literal means all ways to write it, anything else only the very same text.
 */
export function memberFind(memory: Memory, balancer: BalancerAddress, group: GroupAddress, source: Memory, addressAt: number, addressBytes: number, port: number): number {
  const literal = Balancer.wantedLiteral.at(balancer);
  const family = parseAddressLiteral(memory, literal, source, addressAt, addressBytes);
  const count = groupBackendCount(memory, group);
  for (let i = 0; i < count; i++) {
    const backend = groupBackend(memory, group, i);
    if (Backend.port.get(memory, backend) !== port || Backend.family.get(memory, backend) !== family) continue;
    const same =
      family === 0
        ? byteStringEquals(memory, Backend.address.get(memory, backend) as TextAddress, source, addressAt, addressBytes)
        : bytesEqual(memory, Backend.literal.at(backend), memory, literal, LITERAL_BYTES);
    if (same) return i;
  }
  return -1;
}

/**
 * Adds a member at the end; it starts slowly, if the policy says so, once it is healthy. Its record, which has a name
 * (Backend.handle); or invalidArgument (port 0, a weight above 1,000), backendAlreadyExists, tableFull (members, names, or
 * the algorithm's table), messageTooLarge (the address), outOfMemory: then nothing has changed.
 */
export function memberAdd(
  heap: Heap,
  limits: LbLimits,
  balancer: BalancerAddress,
  group: GroupAddress,
  source: Memory,
  addressAt: number,
  addressBytes: number,
  port: number,
  weight: number,
  healthy: boolean,
  tick: number,
): number {
  const memory = heap.memory;
  if (!(port > 0 && port <= PORT_MAX && weight >= 0 && weight <= MEMBER_WEIGHT_MAX)) return Errno.invalidArgument;
  if (memberFind(memory, balancer, group, source, addressAt, addressBytes, port) >= 0) return LbErrno.backendAlreadyExists;
  const listBefore = Group.backends.get(memory, group) as Address<"List">;
  const list = listWithRoom(heap, limits, listBefore);
  if (list < 0) return list;
  Group.backends.set(memory, group, list);
  const added = groupAddBackend(heap, limits, group, source, addressAt, addressBytes);
  const status = added < 0 ? added : takeIn(heap, limits, balancer, group, added as BackendAddress, port, weight, healthy);
  if (status < 0) {
    if (list !== listBefore) listFree(heap, list);
    Group.backends.set(memory, group, listBefore);
    return status;
  }
  // Nothing can fail any more.
  if (list !== listBefore) listFree(heap, listBefore);
  const now = pendingTick(memory, balancer, tick);
  groupUnsettle(memory, group);
  if (healthy) backendWarm(memory, group, added as BackendAddress, now);
  groupSettle(memory, group, now);
  return added;
}

/** Makes a member of the backend just added. 0; or an errno, and the backend is gone again. */
function takeIn(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, backend: BackendAddress, port: number, weight: number, healthy: boolean): number {
  const memory = heap.memory;
  Backend.port.set(memory, backend, port);
  Backend.weight.set(memory, backend, weight);
  groupSetHealth(memory, group, backend, healthy);
  memberEnrol(memory, group, backend);
  const table = groupTableBuild(heap, limits, group, Group.table.get(memory, group));
  const named = table < 0 ? table : directoryTake(heap, limits, balancer, backend);
  if (named >= 0) {
    groupTableFree(heap, groupTableExchange(memory, group, table));
    return 0;
  }
  if (table > 0) groupTableFree(heap, table);
  memberDischarge(memory, group, backend);
  groupRemoveBackend(heap, group, groupBackendCount(memory, group) - 1);
  groupJudge(memory, group);
  return named;
}

/** Takes the member at that position out at once. Its connections are forgotten: to close them is quiet. Cannot fail. */
export function memberRemove(heap: Heap, balancer: BalancerAddress, group: GroupAddress, index: number, tick: number): void {
  const memory = heap.memory;
  const backend = groupBackend(memory, group, index);
  memberForget(heap, balancer, backend);
  memberDischarge(memory, group, backend);
  groupRemoveBackend(heap, group, index);
  groupTableForget(memory, group, index);
  // Plain turns: those behind moved up, and the turn stays with whoever had it.
  const turn = Group.position.low(memory, group);
  if (index < turn) Group.position.setWords(memory, group, turn - 1, 0);
  // One member fewer: its share of ejected ones may be exceeded now, and panic begin or end.
  groupUnsettle(memory, group);
  groupSettle(memory, group, pendingTick(memory, balancer, tick));
}

/** Says that the member is healthy or not, as if as many probes as it takes had said so. */
export function memberHealth(memory: Memory, balancer: BalancerAddress, group: GroupAddress, backend: BackendAddress, healthy: boolean, tick: number): void {
  const now = pendingTick(memory, balancer, tick);
  groupSettle(memory, group, now);
  backendSetHealthy(memory, group, backend, healthy, now);
}

/**
 * Lets the member at that position take no new request and leave when nothing is open any more or at the deadline, which
 * may be at once; a deadline of 0 takes it back into service. Cannot fail.
 */
export function memberDrain(heap: Heap, balancer: BalancerAddress, group: GroupAddress, index: number, deadlineTick: number, tick: number): void {
  const backend = groupBackend(heap.memory, group, index);
  const now = pendingTick(heap.memory, balancer, tick);
  backendDrain(heap.memory, group, backend, deadlineTick);
  if (isDrained(heap.memory, backend, now)) memberRemove(heap, balancer, group, index, now);
}

/** Takes out all members that have drained: to be asked as time goes on, and when a connection has ended. One comparison if nobody drains. */
export function membersDrained(heap: Heap, balancer: BalancerAddress, group: GroupAddress, tick: number): void {
  if (Group.drainingCount.get(heap.memory, group) === 0) return;
  const now = pendingTick(heap.memory, balancer, tick);
  for (let i = groupBackendCount(heap.memory, group) - 1; i >= 0; i--) {
    if (isDrained(heap.memory, groupBackend(heap.memory, group, i), now)) memberRemove(heap, balancer, group, i, now);
  }
}

/**
 * A list that takes one reference more without growing: the present one, or a longer copy, so that the present one can be
 * put back as it was. Its address, or tableFull, outOfMemory.
 */
function listWithRoom(heap: Heap, limits: LbLimits, list: Address<"List">): Address<"List"> {
  const memory = heap.memory;
  const count = listCount(memory, list);
  if (count >= limits.backendsMax) return LbErrno.tableFull as number as Address<"List">;
  if (count < List.capacity.get(memory, list)) return list;
  const longer = listCreate(heap, BackendReference.size, limits.backendsMax);
  if (longer < 0) return longer;
  for (let i = 0; i <= count; i++) {
    const reference = listPush<"BackendReference">(heap, longer);
    if (reference < 0) {
      listFree(heap, longer);
      return reference as number as Address<"List">;
    }
    if (i < count) BackendReference.backend.set(memory, reference, BackendReference.backend.get(memory, listAt<"BackendReference">(memory, list, i)));
  }
  listRemove(heap, longer, count);
  return longer;
}
