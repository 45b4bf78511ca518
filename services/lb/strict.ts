/**
 * The way of a request under semantics=strict: rate limits, rules, session, group, limits; then it has a connection, or
 * waits for one, or is refused. A connection counts until whoever owns it says that it is over.
 *
 * Functions that take a tick first let happen what is due by then in the group that they touch. A tick may lie before an
 * earlier one: then no time has passed. Who owns requests that wait must ask for those that were decided (decided.ts)
 * after every call: any of them may let somebody in.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { Outcome } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { placeFind, placeOpen } from "./connection/admission.ts";
import { connectionRoom } from "./connection/connection-table.ts";
import { choiceForget, groupServe } from "./connection/ending.ts";
import { pendingEnter, pendingRoom, pendingRoomAt, pendingTick } from "./connection/pending.ts";
import { ConnectionKind, ConnectionTable } from "./connection/records.ts";
import type { PendingEntryAddress } from "./connection/records.ts";
import { LbErrno } from "./control.ts";
import type { BackendAddress } from "./group/backend.ts";
import { isFull } from "./group/candidate.ts";
import { Group, groupBackend, groupBackendCount } from "./group/group.ts";
import type { GroupAddress } from "./group/group.ts";
import { ALL_FULL, NONE_IN_SERVICE, pickKey } from "./group/pick.ts";
import { groupSettle } from "./health/availability.ts";
import { rateAdmit } from "./rate/rate-admit.ts";
import { RequestView } from "./request-view.ts";
import { GroupReference } from "./routing/route.ts";
import { routingResolve, routingTargetStrict } from "./routing/routing.ts";
import { sessionAwait, sessionBind, sessionFind } from "./session/session-store.ts";

export { connectionsEnd } from "./connection/carry.ts";
export { END_RETRY, advance, closeConnection, connectionsDropOwner, serveWaiting } from "./connection/ending.ts";

/** Instead of an outcome: the request waits, and is decided later. */
export const WAITING = -1;

/** Of a place: the table of connections is full. */
const NO_ROOM = -3;

/**
 * Decides the request that Balancer.request describes, its bytes in `source`. One of Outcome, or WAITING: then `ticket` is
 * what the owner (ConnectionOwner) knows it by when it is decided. chosenGroup (0: none), chosenBackend (-1: none) and
 * chosenConnection (0: none) say where it goes, targetName which name led there (0: none did).
 */
export function admit(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, tick: number, cycle: number, owner: number, ticket: number): number {
  const memory = heap.memory;
  choiceForget(memory, balancer);
  const now = pendingTick(memory, balancer, tick);
  const limited = rateAdmit(heap, limits, balancer, source, tick);
  if (limited !== 0) return limited === LbErrno.rateLimitExceeded ? Outcome.rateLimitExceeded : Outcome.limiterFull;
  const routing = Balancer.routing.at(balancer);
  const target = routingTargetStrict(memory, routing, source, Balancer.request.at(balancer));
  if (target === 0) return Outcome.noRouteMatch;
  Balancer.targetName.set(memory, balancer, GroupReference.name.get(memory, target));
  const group = routingResolve(memory, routing, target);
  if (group === 0) return Outcome.backendGroupNotFound;
  Balancer.chosenGroup.set(memory, balancer, group);
  groupSettle(memory, group, now);
  groupServe(memory, balancer, group, now, cycle);
  const bound = sessionFind(memory, balancer, group, source, now);
  pickKey(memory, balancer, group, source);
  const outcome = enter(memory, balancer, group, bound, now, cycle, owner, ticket);
  if (bound !== 0) return outcome;
  if (outcome === Outcome.routed) sessionBind(heap, limits, balancer, group, source, groupBackend(memory, group, Balancer.chosenBackend.get(memory, balancer)), now);
  else if (outcome === WAITING) sessionAwait(heap, limits, balancer, group, source, Group.pendingLast.get(memory, group) as PendingEntryAddress, now);
  return outcome;
}

/**
 * Decides a flow to a virtual IP, whose group it is; the client's address is the bytes at `clientAt` in `source`, in
 * network order, of that family (4 or 6). No rates, rules and sessions, and no waiting. One of Outcome, and the chosen
 * fields as admit() sets them.
 */
export function admitFlow(memory: Memory, balancer: BalancerAddress, group: GroupAddress, source: Memory, clientAt: number, family: number, tick: number, cycle: number, owner: number): number {
  choiceForget(memory, balancer);
  Balancer.chosenGroup.set(memory, balancer, group);
  const now = pendingTick(memory, balancer, tick);
  groupSettle(memory, group, now);
  describeFlow(memory, balancer, source, clientAt, family);
  pickKey(memory, balancer, group, memory);
  const position = roomFind(memory, balancer, group, 0 as BackendAddress, now);
  if (position < 0) return refuse(memory, group, position);
  placeOpen(memory, balancer, group, position, owner, ConnectionKind.flow, 0, cycle);
  return Outcome.routed;
}

/** Waits, or takes the place that there is, or is refused. One whose session is bound to a full backend waits for that one if it may, else goes elsewhere. */
function enter(memory: Memory, balancer: BalancerAddress, group: GroupAddress, bound: BackendAddress | 0, tick: number, cycle: number, owner: number, ticket: number): number {
  const faithful = bound !== 0 && pendingRoomAt(memory, group, bound) ? bound : (0 as BackendAddress);
  const full = faithful !== 0 && isFull(memory, group, faithful) && pendingRoom(memory, balancer, group);
  const position = full ? ALL_FULL : roomFind(memory, balancer, group, bound, tick);
  if (position >= 0) {
    placeOpen(memory, balancer, group, position, owner, ConnectionKind.request, 0, cycle);
    return Outcome.routed;
  }
  if (position !== ALL_FULL || !pendingRoom(memory, balancer, group)) return refuse(memory, group, position);
  pendingEnter(memory, balancer, group, faithful, owner, ticket, tick);
  return WAITING;
}

/** placeFind(), but NO_ROOM if the table of connections is full. */
function roomFind(memory: Memory, balancer: BalancerAddress, group: GroupAddress, bound: BackendAddress | 0, tick: number): number {
  if (connectionRoom(memory, balancer)) return placeFind(memory, balancer, group, bound, tick);
  if (groupBackendCount(memory, group) === 0) return NONE_IN_SERVICE;
  ConnectionTable.refused.add(memory, Balancer.connections.at(balancer), 1);
  return NO_ROOM;
}

function refuse(memory: Memory, group: GroupAddress, reason: number): number {
  if (reason === NONE_IN_SERVICE) {
    Group.refused.add(memory, group, 1);
    return Outcome.noHealthyBackend;
  }
  Group.overloaded.add(memory, group, 1);
  return Outcome.overloaded;
}

/** A request that has a client, and nothing else. */
function describeFlow(memory: Memory, balancer: BalancerAddress, source: Memory, clientAt: number, family: number): void {
  const request = Balancer.request.at(balancer);
  memory.fill(request, RequestView.size, 0);
  RequestView.clientKept.set(memory, request, 1);
  RequestView.family.set(memory, request, family);
  const client = RequestView.client.at(request);
  const bytes = family === 4 ? 4 : RequestView.client.width;
  for (let i = 0; i < bytes; i++) memory.u8[client + i] = source.u8[clientAt + i];
}
