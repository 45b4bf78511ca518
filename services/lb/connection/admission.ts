/**
 * Which backend of a group a connection may go to: the group's limit, each backend's, the table's, and among those that
 * have room the group's algorithm. All connections under semantics=strict are opened here, so that no limit is ever
 * exceeded, not by one; a limit that a reload lowers below what is open lets nothing in until enough has ended.
 *
 * The group is settled (health/availability.ts) before any of these is called.
 */

import type { Memory } from "../../../hal/memory.ts";
import { PickRequest } from "../algorithm/pick-request.ts";
import { Outcome } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { isCandidate, isFull, isInService } from "../group/candidate.ts";
import { GroupPolicy } from "../group/group-policy.ts";
import { Group, groupBackend, groupBackendCount } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { ALL_FULL, NONE_IN_SERVICE, groupPick } from "../group/pick.ts";
import { groupPosition } from "../group/position.ts";
import { sessionAdmit } from "../session/session-store.ts";
import { connectionOpen, connectionRoom } from "./connection-table.ts";
import { directoryFind } from "./directory.ts";
import { pendingDecide, pendingDecideAll, pendingUnbind } from "./pending.ts";
import { ConnectionKind, Pending, PendingEntry } from "./records.ts";
import type { PendingEntryAddress } from "./records.ts";

/**
 * Position of the backend that takes the request of `Balancer.pick`: `bound` if that is a candidate, else the
 * algorithm's choice. Or NONE_IN_SERVICE, or ALL_FULL: some are in service, but they, or the group, have no room (or
 * the only one that has is excluded). Nothing is counted.
 */
export function placeFind(memory: Memory, balancer: BalancerAddress, group: GroupAddress, bound: BackendAddress | 0, tick: number): number {
  if (isGroupFull(memory, group)) {
    const some = (bound !== 0 && isInService(memory, group, bound)) || hasService(memory, group);
    return some ? ALL_FULL : NONE_IN_SERVICE;
  }
  const request = Balancer.pick.at(balancer);
  if (bound !== 0 && isCandidate(memory, group, bound, request)) return groupPosition(memory, group, bound);
  return groupPick(memory, group, request, tick);
}

/** Opens a connection to the backend at that position, which placeFind() gave: chosenBackend and chosenConnection name it. There must be room in the table. */
export function placeOpen(memory: Memory, balancer: BalancerAddress, group: GroupAddress, position: number, owner: number, kind: number, retry: number, cycle: number): void {
  const backend = groupBackend(memory, group, position);
  Balancer.chosenGroup.set(memory, balancer, group);
  Balancer.chosenBackend.set(memory, balancer, position);
  Balancer.chosenConnection.set(memory, balancer, connectionOpen(memory, balancer, group, backend, owner, kind, retry, cycle));
}

/** Whether the group has as many connections as its policy lets it have. */
export function isGroupFull(memory: Memory, group: GroupAddress): boolean {
  const most = GroupPolicy.connectionsMax.get(memory, Group.policy.at(group));
  return most !== 0 && Group.activeConnections.get(memory, group) >= most;
}

/**
 * Lets in those that wait, first come, first served: each in turn, if there is room where it may go. One whose deadline
 * is reached is refused overloaded; one that waits for a backend which is out of service takes any. In a group without
 * backends all are refused. `tick` is pendingTick()'s. The balancer's `pick` and chosen fields are used.
 */
export function admitWaiting(memory: Memory, balancer: BalancerAddress, group: GroupAddress, tick: number, cycle: number): void {
  if (groupBackendCount(memory, group) === 0) {
    pendingDecideAll(memory, balancer, group, Outcome.noHealthyBackend);
    return;
  }
  const due = tick >= Pending.soonestTick.get(memory, Balancer.pending.at(balancer));
  let anyBlocked = false;
  let entry = Group.pendingFirst.get(memory, group) as PendingEntryAddress;
  // Where there is room for nobody else, those behind are looked at only if a deadline may have come.
  while (entry !== 0 && (due || canServe(memory, balancer, group, anyBlocked))) {
    const next = PendingEntry.next.get(memory, entry) as PendingEntryAddress;
    const deadlineTick = PendingEntry.deadlineTick.get(memory, entry);
    if (deadlineTick !== 0 && deadlineTick <= tick) {
      Group.overloaded.add(memory, group, 1);
      pendingDecide(memory, balancer, entry, Outcome.overloaded, 0);
    } else if (canServe(memory, balancer, group, anyBlocked)) {
      const bound = boundBackend(memory, balancer, group, entry);
      // If one that takes any finds no room, neither does the next such one.
      const hopeful = bound !== 0 ? !isFull(memory, group, bound) : !anyBlocked;
      if (hopeful && !serve(memory, balancer, group, entry, bound, tick, cycle)) anyBlocked = true;
    }
    entry = next;
  }
}

/** Whether there may be room for one more; `anyBlocked`: not for one that takes any backend. */
function canServe(memory: Memory, balancer: BalancerAddress, group: GroupAddress, anyBlocked: boolean): boolean {
  if (anyBlocked && Pending.bound.get(memory, Balancer.pending.at(balancer)) === 0) return false;
  return connectionRoom(memory, balancer) && !isGroupFull(memory, group);
}

/** The backend that the entry waits for, 0 for any: also if the one that it waited for is out of service. */
function boundBackend(memory: Memory, balancer: BalancerAddress, group: GroupAddress, entry: PendingEntryAddress): BackendAddress | 0 {
  const handle = PendingEntry.backend.get(memory, entry);
  if (handle === 0) return 0;
  const backend = directoryFind(memory, balancer, handle);
  if (backend !== 0 && Backend.group.get(memory, backend) === group && isInService(memory, group, backend)) return backend;
  pendingUnbind(memory, balancer, entry);
  return 0;
}

/** Gives the entry a connection; false if there is no room for it. */
function serve(memory: Memory, balancer: BalancerAddress, group: GroupAddress, entry: PendingEntryAddress, bound: BackendAddress | 0, tick: number, cycle: number): boolean {
  memory.copy(Balancer.pick.at(balancer), PendingEntry.pick.at(entry), PickRequest.size);
  const position = placeFind(memory, balancer, group, bound, tick);
  if (position < 0) return false;
  placeOpen(memory, balancer, group, position, PendingEntry.owner.get(memory, entry), ConnectionKind.request, 0, cycle);
  sessionAdmit(memory, balancer, entry, groupBackend(memory, group, position));
  pendingDecide(memory, balancer, entry, Outcome.routed, Balancer.chosenConnection.get(memory, balancer));
  return true;
}

/** One that is in service and serves others than those bound to it: of a weight above 0. */
function hasService(memory: Memory, group: GroupAddress): boolean {
  let index = groupBackendCount(memory, group) - 1;
  while (index >= 0 && !serves(memory, group, groupBackend(memory, group, index))) index--;
  return index >= 0;
}

function serves(memory: Memory, group: GroupAddress, backend: BackendAddress): boolean {
  return Backend.weight.get(memory, backend) !== 0 && isInService(memory, group, backend);
}
