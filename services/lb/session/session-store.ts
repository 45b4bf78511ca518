/**
 * Sessions that requests make (semantics=strict): who comes with a session cookie goes to the backend to which the first
 * request with that value went, as long as that backend is in service.
 *
 * A session belongs to one group and one value of the cookie that Policy.sessionCookie names. Groups are told apart by a
 * number of their own (Group.sessionSpace), which a reload hands on to the group of the same name; the backend is kept by
 * its name in the directory, which survives a reload as well. So a session outlives a reload exactly if its backend does,
 * and never leads to another backend that happens to stand where its own stood.
 *
 * A session ends when Policy.sessionTicks have passed since its last request (0: never). The table has a bound; there,
 * sessions that have ended make room, and so do those whose backend is gone, of which each attempt looks at a few. Else the
 * request is served all the same, only unbound, and counted: no client can take away another's session.
 *
 * Sessions stand in the order of their last use. A tick that lies before the latest use counts as that one, so that this
 * order is also the order in which they end.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapCount, mapCreate, mapFind, mapFirst, mapFree, mapInsert, mapNext, mapRemoveAt, mapSlotOf, mapValueAt } from "../../../kernel/collections/map.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { RequestDescriptor } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { directoryFind } from "../connection/directory.ts";
import { PendingEntry } from "../connection/records.ts";
import type { PendingEntryAddress } from "../connection/records.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { isInService } from "../group/candidate.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Policy } from "../policy.ts";
import { RequestView } from "../request-view.ts";
import type { TextAddress } from "../text.ts";
import { cookieValue } from "./cookie.ts";
import { Session, SessionStore } from "./session.ts";
import type { SessionAddress, SessionStoreAddress } from "./session.ts";

type MapAddress = Address<"HashMap">;

/** Sessions that one attempt at the bound looks at in search of one whose backend is gone. */
const LOOKS = 4;

/**
 * The backend to which the session of the request in the balancer's RequestView is bound in this group, and the session
 * is used now; 0 if it has none, or its backend is gone or out of service. The group has been settled for this tick.
 */
export function sessionFind(memory: Memory, balancer: BalancerAddress, group: GroupAddress, source: Memory, tick: number): BackendAddress | 0 {
  const store = Balancer.sessionStore.at(balancer);
  const sessions = SessionStore.sessions.get(memory, store) as MapAddress;
  const space = Group.sessionSpace.get(memory, group);
  if (sessions === 0 || space === 0 || !hasSession(memory, balancer, source)) return 0;
  const request = Balancer.request.at(balancer);
  const session = mapFind<"Session">(memory, sessions, source, RequestView.valueAt.get(memory, request), RequestView.valueBytes.get(memory, request), space);
  if (session === 0) return 0;
  const now = nowOf(memory, store, tick);
  if (hasEnded(memory, balancer, Session.lastUsedTick.get(memory, session), now)) return 0;
  use(memory, store, mapSlotOf(memory, sessions, session), now);
  const backend = directoryFind(memory, balancer, Session.backend.get(memory, session));
  if (backend === 0 || Backend.group.get(memory, backend) !== group) return 0;
  return isInService(memory, group, backend) ? backend : 0;
}

/**
 * Binds the request's session in this group to the backend, which has a name, whether or not it was bound before. Cannot
 * fail: false if the request names no session (no cookie, an empty value or one above limits.sessionBytesMax), or if there
 * was no room, which is counted.
 */
export function sessionBind(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, source: Memory, backend: BackendAddress, tick: number): boolean {
  const session = sessionKeep(heap, limits, balancer, group, source, tick);
  if (session === 0) return false;
  Session.backend.set(heap.memory, session, Backend.handle.get(heap.memory, backend));
  Session.waiting.set(heap.memory, session, 0);
  return true;
}

/** The same for a request that waits: its session, in which it finds no backend now, is bound when it is let in. */
export function sessionAwait(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, source: Memory, entry: PendingEntryAddress, tick: number): void {
  const memory = heap.memory;
  const session = sessionKeep(heap, limits, balancer, group, source, tick);
  if (session === 0) return;
  Session.waiting.set(memory, session, entry);
  PendingEntry.session.set(memory, entry, mapSlotOf(memory, SessionStore.sessions.get(memory, Balancer.sessionStore.at(balancer)) as MapAddress, session) + 1);
}

/** A request that waited is let in: binds its session to the backend, unless that has ended or was bound meanwhile. */
export function sessionAdmit(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress, backend: BackendAddress): void {
  const sessions = SessionStore.sessions.get(memory, Balancer.sessionStore.at(balancer)) as MapAddress;
  const slot = PendingEntry.session.get(memory, entry) - 1;
  if (slot < 0 || sessions === 0 || mapNext(memory, sessions, slot - 1) !== slot) return;
  const session = mapValueAt<"Session">(memory, sessions, slot);
  if (Session.waiting.get(memory, session) !== entry) return;
  Session.backend.set(memory, session, Backend.handle.get(memory, backend));
  Session.waiting.set(memory, session, 0);
}

/** The request's session, used now, made if need be; 0 as sessionBind() says. */
function sessionKeep(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, source: Memory, tick: number): SessionAddress | 0 {
  const memory = heap.memory;
  const store = Balancer.sessionStore.at(balancer);
  if (!hasSession(memory, balancer, source)) return 0;
  if (RequestView.valueBytes.get(memory, Balancer.request.at(balancer)) > limits.sessionBytesMax) return 0;
  if (Group.sessionSpace.get(memory, group) === 0) {
    SessionStore.spaces.add(memory, store, 1);
    Group.sessionSpace.set(memory, group, SessionStore.spaces.get(memory, store));
  }
  const now = nowOf(memory, store, tick);
  const slot = sessionSlot(heap, limits, balancer, group, source, now);
  if (slot < 0) {
    Balancer.sessionsUnbound.add(memory, balancer, 1);
    return 0;
  }
  use(memory, store, slot, now);
  return sessionAt(memory, store, slot);
}

/** Forgets the sessions that have ended by that tick. */
export function sessionsExpire(heap: Heap, balancer: BalancerAddress, tick: number): void {
  const memory = heap.memory;
  const store = Balancer.sessionStore.at(balancer);
  const now = nowOf(memory, store, tick);
  for (;;) {
    const link = SessionStore.oldest.get(memory, store);
    if (link === 0 || !hasEnded(memory, balancer, Session.lastUsedTick.get(memory, sessionAt(memory, store, link - 1)), now)) return;
    forget(heap, store, link - 1);
  }
}

/** Sessions that are kept, those that have ended unnoticed included. */
export function sessionStoreCount(memory: Memory, balancer: BalancerAddress): number {
  const sessions = SessionStore.sessions.get(memory, Balancer.sessionStore.at(balancer)) as MapAddress;
  return sessions === 0 ? 0 : mapCount(memory, sessions);
}

/** Forgets all sessions: also to be done when another cookie names them. The numbers of groups stay given out. */
export function sessionStoreClear(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const store = Balancer.sessionStore.at(balancer);
  const sessions = SessionStore.sessions.get(memory, store) as MapAddress;
  if (sessions !== 0) mapFree(heap, sessions);
  SessionStore.sessions.set(memory, store, 0);
  SessionStore.oldest.set(memory, store, 0);
  SessionStore.newest.set(memory, store, 0);
  SessionStore.hand.set(memory, store, 0);
}

/** Whether the request has a session cookie that is not empty, or begins a session: then the view's valueAt and valueBytes are its name. */
function hasSession(memory: Memory, balancer: BalancerAddress, source: Memory): boolean {
  const request = Balancer.request.at(balancer);
  const name = Policy.sessionCookie.get(memory, Balancer.policy.at(balancer)) as TextAddress;
  if (name === 0) return false;
  if (cookieValue(memory, request, source, name) && RequestView.valueBytes.get(memory, request) > 0) return true;
  const sessionAt = RequestView.sessionAt.get(memory, request);
  if (sessionAt === 0) return false;
  RequestView.valueAt.set(memory, request, sessionAt);
  RequestView.valueBytes.set(memory, request, RequestDescriptor.session.width);
  return true;
}

/** The slot of the request's session, which is made if need be; negative if there is no room. */
function sessionSlot(heap: Heap, limits: LbLimits, balancer: BalancerAddress, group: GroupAddress, source: Memory, now: number): number {
  const memory = heap.memory;
  const store = Balancer.sessionStore.at(balancer);
  const request = Balancer.request.at(balancer);
  const at = RequestView.valueAt.get(memory, request);
  const bytes = RequestView.valueBytes.get(memory, request);
  const space = Group.sessionSpace.get(memory, group);
  const fresh = SessionStore.sessions.get(memory, store) === 0;
  const sessions = fresh ? mapCreate(heap, Session.size, limits.sessionsMax) : (SessionStore.sessions.get(memory, store) as MapAddress);
  if (sessions < 0) return sessions;
  const found = mapFind<"Session">(memory, sessions, source, at, bytes, space);
  if (found !== 0) return mapSlotOf(memory, sessions, found);
  let session = mapInsert<"Session">(heap, sessions, source, at, bytes, space);
  if (session < 0 && makeRoom(heap, balancer, sessions, now)) session = mapInsert<"Session">(heap, sessions, source, at, bytes, space);
  if (session < 0) {
    if (fresh) mapFree(heap, sessions);
    return session;
  }
  SessionStore.sessions.set(memory, store, sessions);
  const slot = mapSlotOf(memory, sessions, session);
  linkNewest(memory, store, slot);
  return slot;
}

/** Forgets sessions that have ended, or else some whose backend is gone. False if none was found. */
function makeRoom(heap: Heap, balancer: BalancerAddress, sessions: MapAddress, now: number): boolean {
  const memory = heap.memory;
  const store = Balancer.sessionStore.at(balancer);
  const before = mapCount(memory, sessions);
  sessionsExpire(heap, balancer, now);
  let slot = SessionStore.hand.get(memory, store);
  for (let left = Math.min(LOOKS, before); left > 0 && mapCount(memory, sessions) === before; left--) {
    slot = mapNext(memory, sessions, slot);
    if (slot < 0) slot = mapFirst(memory, sessions);
    if (directoryFind(memory, balancer, Session.backend.get(memory, mapValueAt<"Session">(memory, sessions, slot))) === 0) forget(heap, store, slot);
  }
  SessionStore.hand.set(memory, store, Math.max(slot, 0));
  return mapCount(memory, sessions) < before;
}

/** The tick, or that of the latest use if that is later. */
function nowOf(memory: Memory, store: SessionStoreAddress, tick: number): number {
  const newest = SessionStore.newest.get(memory, store);
  return newest === 0 ? tick : Math.max(tick, Session.lastUsedTick.get(memory, sessionAt(memory, store, newest - 1)));
}

function hasEnded(memory: Memory, balancer: BalancerAddress, lastUsedTick: number, now: number): boolean {
  const ticks = Policy.sessionTicks.get(memory, Balancer.policy.at(balancer));
  return ticks !== 0 && now - lastUsedTick >= ticks;
}

function sessionAt(memory: Memory, store: SessionStoreAddress, slot: number): Address<"Session"> {
  return mapValueAt<"Session">(memory, SessionStore.sessions.get(memory, store) as MapAddress, slot);
}

/** Makes the session the one used last. */
function use(memory: Memory, store: SessionStoreAddress, slot: number, now: number): void {
  if (SessionStore.newest.get(memory, store) !== slot + 1) {
    unlink(memory, store, slot);
    linkNewest(memory, store, slot);
  }
  Session.lastUsedTick.set(memory, sessionAt(memory, store, slot), now);
}

function forget(heap: Heap, store: SessionStoreAddress, slot: number): void {
  unlink(heap.memory, store, slot);
  mapRemoveAt(heap, SessionStore.sessions.get(heap.memory, store) as MapAddress, slot);
}

function linkNewest(memory: Memory, store: SessionStoreAddress, slot: number): void {
  const session = sessionAt(memory, store, slot);
  const newest = SessionStore.newest.get(memory, store);
  Session.older.set(memory, session, newest);
  Session.newer.set(memory, session, 0);
  if (newest === 0) SessionStore.oldest.set(memory, store, slot + 1);
  else Session.newer.set(memory, sessionAt(memory, store, newest - 1), slot + 1);
  SessionStore.newest.set(memory, store, slot + 1);
}

function unlink(memory: Memory, store: SessionStoreAddress, slot: number): void {
  const session = sessionAt(memory, store, slot);
  const older = Session.older.get(memory, session);
  const newer = Session.newer.get(memory, session);
  if (older === 0) SessionStore.oldest.set(memory, store, newer);
  else Session.newer.set(memory, sessionAt(memory, store, older - 1), newer);
  if (newer === 0) SessionStore.newest.set(memory, store, older);
  else Session.older.set(memory, sessionAt(memory, store, newer - 1), older);
}
