/**
 * What happens to connections under semantics=strict after they were opened (strict.ts): they end, time passes, their
 * owner goes away. Whenever room comes of it, those that wait are let in.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { cycleOf, peakEwmaSample } from "../algorithm/peak-ewma.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import { ConnectionEnd } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { membersDrained } from "../group/member.ts";
import { groupSettle } from "../health/availability.ts";
import { backendResult } from "../health/ejection.ts";
import { NEVER_TICK } from "../health/slow-start.ts";
import { vipAt, vipCount, vipGroup } from "../l4.ts";
import { connectionMeasured } from "../metrics/measured.ts";
import { Routing } from "../routing/routing.ts";
import { sessionsExpire } from "../session/session-store.ts";
import { admitWaiting } from "./admission.ts";
import { connectionBackend, connectionClose, connectionFind, connectionRoom, connectionsCloseOwner } from "./connection-table.ts";
import { decidedDropOwner } from "./decided.ts";
import { pendingDropOwner, pendingSoonestTick, pendingTick } from "./pending.ts";
import { Connection, ConnectionKind, Pending } from "./records.ts";
import { retryOpen, retryRefuse } from "./retry.ts";

/** Besides ConnectionEnd: it failed, and is to be tried elsewhere. */
export const END_RETRY = 2;

/**
 * A connection is over: `end` one of ConnectionEnd, or END_RETRY. What it took is latencyCycles, or, if that is -1, the
 * time since it was opened. 0, and chosenConnection names the connection that the retry was given, 0 for none; or
 * connectionNotFound; or retryRefused: then it ended as failed. One whose backend is gone ends quietly.
 */
export function closeConnection(heap: Heap, balancer: BalancerAddress, name: number, end: number, latencyCycles: number, tick: number, cycle: number): number {
  const memory = heap.memory;
  choiceForget(memory, balancer);
  const connection = connectionFind(memory, balancer, name);
  if (connection === 0) return LbErrno.connectionNotFound;
  const backend = connectionBackend(memory, balancer, connection);
  const now = pendingTick(memory, balancer, tick);
  const tableFull = !connectionRoom(memory, balancer);
  if (backend === 0) {
    connectionClose(heap, balancer, connection);
    if (tableFull) serveWaiting(memory, balancer, now, cycle);
    return end === END_RETRY ? LbErrno.retryRefused : 0;
  }
  const group = Backend.group.get(memory, backend) as GroupAddress;
  const owner = Connection.owner.get(memory, connection);
  const kind = Connection.kind.get(memory, connection);
  const tookCycles = latencyCycles >= 0 ? latencyCycles : Math.max(0, cycle - Connection.openedCycle.get(memory, connection));
  memory.copy(Balancer.pick.at(balancer), Connection.pick.at(connection), PickRequest.size);
  groupSettle(memory, group, now);
  connectionClose(heap, balancer, connection);
  countEnd(memory, balancer, group, backend, end, tookCycles, now, cycle);
  // A member that leaves now moves others up: it must have happened before one is chosen by position.
  membersDrained(heap, balancer, group, now);
  let status = 0;
  if (end === END_RETRY) status = kind === ConnectionKind.flow ? retryRefuse(memory, group) : retryOpen(memory, balancer, group, backend, owner, now, cycle);
  groupServe(memory, balancer, group, now, cycle);
  // The table's room is everybody's.
  if (tableFull) serveWaiting(memory, balancer, now, cycle);
  return status;
}

/** Lets happen all that is due by that tick: drains, ejections, sessions, deadlines of those that wait. */
export function advance(heap: Heap, balancer: BalancerAddress, tick: number, cycle: number): void {
  const memory = heap.memory;
  const now = pendingTick(memory, balancer, tick);
  groupsAdvance(heap, balancer, now);
  sessionsExpire(heap, balancer, now);
  serveWaiting(memory, balancer, now, cycle);
}

/** Lets in those that wait, wherever there is room by now: to be called after members, their health, or limits have changed. Quick if nobody waits. */
export function serveWaiting(memory: Memory, balancer: BalancerAddress, tick: number, cycle: number): void {
  const pending = Balancer.pending.at(balancer);
  if (Pending.waiting.get(memory, pending) === 0) return;
  const now = pendingTick(memory, balancer, tick);
  const due = now >= Pending.soonestTick.get(memory, pending);
  let soonestTick = NEVER_TICK;
  let group = firstGroup(memory, balancer);
  while (group !== 0) {
    if (Group.pendingCount.get(memory, group) !== 0) {
      groupSettle(memory, group, now);
      groupServe(memory, balancer, group, now, cycle);
      if (due) soonestTick = Math.min(soonestTick, pendingSoonestTick(memory, group));
    }
    group = Group.next.get(memory, group) as GroupAddress;
  }
  if (due) Pending.soonestTick.set(memory, pending, soonestTick);
}

/** Lets in those that wait in a settled group. The chosen fields stay as they are. */
export function groupServe(memory: Memory, balancer: BalancerAddress, group: GroupAddress, tick: number, cycle: number): void {
  if (Group.pendingCount.get(memory, group) === 0) return;
  const chosenGroup = Balancer.chosenGroup.get(memory, balancer);
  const chosenBackend = Balancer.chosenBackend.get(memory, balancer);
  const chosenConnection = Balancer.chosenConnection.get(memory, balancer);
  admitWaiting(memory, balancer, group, tick, cycle);
  Balancer.chosenGroup.set(memory, balancer, chosenGroup);
  Balancer.chosenBackend.set(memory, balancer, chosenBackend);
  Balancer.chosenConnection.set(memory, balancer, chosenConnection);
}

/** An owner is gone: its connections end, no backend blamed, and its requests that wait are forgotten. */
export function connectionsDropOwner(heap: Heap, balancer: BalancerAddress, owner: number, tick: number, cycle: number): void {
  const memory = heap.memory;
  decidedDropOwner(heap, balancer, owner);
  let group = firstGroup(memory, balancer);
  while (group !== 0) {
    pendingDropOwner(heap, balancer, group, owner);
    group = Group.next.get(memory, group) as GroupAddress;
  }
  connectionsCloseOwner(heap, balancer, owner);
  groupsAdvance(heap, balancer, pendingTick(memory, balancer, tick));
  serveWaiting(memory, balancer, tick, cycle);
}

/** Nothing is chosen. */
export function choiceForget(memory: Memory, balancer: BalancerAddress): void {
  Balancer.chosenGroup.set(memory, balancer, 0);
  Balancer.chosenBackend.set(memory, balancer, -1);
  Balancer.chosenConnection.set(memory, balancer, 0);
  Balancer.targetName.set(memory, balancer, 0);
}

/** Settles all groups, those of virtual IPs included, and lets members go that have drained. */
function groupsAdvance(heap: Heap, balancer: BalancerAddress, tick: number): void {
  const memory = heap.memory;
  let group = firstGroup(memory, balancer);
  while (group !== 0) {
    groupAdvance(heap, balancer, group, tick);
    group = Group.next.get(memory, group) as GroupAddress;
  }
  const transport = Balancer.transport.at(balancer);
  for (let i = vipCount(memory, transport) - 1; i >= 0; i--) groupAdvance(heap, balancer, vipGroup(memory, vipAt(memory, transport, i)), tick);
}

function groupAdvance(heap: Heap, balancer: BalancerAddress, group: GroupAddress, tick: number): void {
  groupSettle(heap.memory, group, tick);
  membersDrained(heap, balancer, group, tick);
}

function firstGroup(memory: Memory, balancer: BalancerAddress): GroupAddress {
  return Routing.firstGroup.get(memory, Balancer.routing.at(balancer)) as GroupAddress;
}

/** What the end says of the backend. */
function countEnd(memory: Memory, balancer: BalancerAddress, group: GroupAddress, backend: BackendAddress, end: number, tookCycles: number, tick: number, cycle: number): void {
  const failed = end !== ConnectionEnd.finished;
  if (failed) Backend.failed.add(memory, backend, 1);
  else Backend.finished.add(memory, backend, 1);
  connectionMeasured(memory, balancer, tookCycles);
  peakEwmaSample(memory, backend, tookCycles, cycleOf(tick, cycle));
  backendResult(memory, group, backend, failed, tick);
}
