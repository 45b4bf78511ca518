/**
 * The course of a neighbour: asked for, known, stale, probed, forgotten (RFC 4861, 7.2 and 7.3; the same for ARP, as RFC
 * 1122, 2.3.2.1 and its fourth way, unicast polls, allow).
 *
 * Neighbours that are asked for stand in three lists, each in the order of its next question: those that the machine wants
 * itself, those that strangers make it ask for by what they send, and those that are known and looked after. The first two
 * are bounded apart, so that a flood of made-up addresses leaves room for backends: there the oldest question gives way.
 */

import type { Address } from "../../../hal/field.ts";
import { nowTick } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { isAsked, neighbourClose, neighbourFind, neighbourOpen, neighbourToForget, neighbourTouch } from "./cache.ts";
import { armHostTimer, cancelHostTimer } from "./host-timer.ts";
import { askedAppend, askedList, askedRemove } from "./neighbour-list.ts";
import { ownFor } from "./next-hop.ts";
import { copyMac } from "./packet.ts";
import { sendQuestion } from "./questions.ts";
import type { NeighbourAddress } from "./records.ts";
import { ASKED_LISTS, Asked, HostList, HostNeighbour, HostState, NO_NEIGHBOUR, NeighbourState, countHost, hostLimits, hostOf } from "./records.ts";
import { dropWaiting, sendWaiting } from "./waiting.ts";

/**
 * The neighbour at HostState.hop is about to be sent a frame, for a stranger's sake or not. Its record: its MAC address is
 * known, or it is incomplete and the frame may wait for it; NO_NEIGHBOUR, counted, if it cannot be asked for.
 */
export function useNeighbour(context: NetContext, family: number, forStranger: boolean): NeighbourAddress {
  const { memory } = context;
  const host = hostOf(context);
  const hop = HostState.hop.at(host);
  const entry = neighbourFind(memory, host, family, hop);
  if (entry === NO_NEIGHBOUR) return beginAsking(context, family, forStranger ? Asked.strangers : Asked.own);
  neighbourTouch(memory, host, entry);
  const state = HostNeighbour.state.get(memory, entry);
  if (state === NeighbourState.incomplete && !forStranger && HostNeighbour.asked.get(memory, entry) === Asked.strangers) adopt(context, entry);
  const isOld = state === NeighbourState.reachable && nowTick(context) - HostNeighbour.confirmedTick.get(memory, entry) >= hostLimits(context).reachableTicks;
  if (isOld || state === NeighbourState.stale) {
    HostNeighbour.state.set(memory, entry, NeighbourState.probe);
    HostNeighbour.asks.set(memory, entry, 0);
    askedAppend(memory, host, entry, Asked.probed);
    askOnce(context, entry);
  }
  return entry;
}

/** The neighbour has this MAC address (six bytes at HostState.peerMac): it said so when it was asked, or unasked. All that waits for it is sent. */
export function neighbourKnown(context: NetContext, entry: NeighbourAddress, wasAsked: boolean): void {
  const { memory } = context;
  const host = hostOf(context);
  if (isAsked(memory, entry)) {
    askedRemove(memory, host, entry);
    countHost(context, HostState.neighboursFound);
  }
  HostNeighbour.state.set(memory, entry, wasAsked ? NeighbourState.reachable : NeighbourState.stale);
  HostNeighbour.contested.set(memory, entry, 0);
  HostNeighbour.confirmedTick.set(memory, entry, nowTick(context));
  copyMac(memory, HostNeighbour.mac.at(entry), memory, HostState.peerMac.at(host));
  sendWaiting(context, entry);
}

/** Who asked for an own address will soon be answered more: his address (HostState.peer, peerMac) is remembered if there is room. */
export function rememberAsker(context: NetContext, family: number): void {
  const { memory } = context;
  const host = hostOf(context);
  const own = ownFor(context, family, HostState.peer.at(host) as Address as Address<"IpAddress">);
  const entry = own === 0 ? NO_NEIGHBOUR : neighbourOpen(memory, host, family, HostState.peer.at(host) as Address as Address<"IpAddress">);
  if (entry === NO_NEIGHBOUR || own === 0) return;
  HostNeighbour.own.set(memory, entry, own);
  HostNeighbour.state.set(memory, entry, NeighbourState.stale);
  copyMac(memory, HostNeighbour.mac.at(entry), memory, HostState.peerMac.at(host));
}

/** Asks those again whose time has come, and gives those up that were asked often enough. */
export function askAgain(context: NetContext): void {
  const { memory } = context;
  const host = hostOf(context);
  for (let asked = 0; asked < ASKED_LISTS; asked++) {
    const list = askedList(host, asked);
    // Whoever is asked again goes to the end, and is not due; the others leave.
    for (let entry = HostList.first.get(memory, list) as NeighbourAddress; entry !== NO_NEIGHBOUR && isDue(context, entry); entry = HostList.first.get(memory, list) as NeighbourAddress) {
      if (HostNeighbour.asks.get(memory, entry) >= hostLimits(context).asksMax) unanswered(context, entry);
      else askOnce(context, entry);
    }
  }
  armHostTimer(context);
}

/** No neighbour is asked for any more, and nothing waits. */
export function endAsking(context: NetContext): void {
  const { memory } = context;
  const host = hostOf(context);
  for (let asked = 0; asked < ASKED_LISTS; asked++) {
    const list = askedList(host, asked);
    for (let entry = HostList.first.get(memory, list) as NeighbourAddress; entry !== NO_NEIGHBOUR; entry = HostList.first.get(memory, list) as NeighbourAddress) forget(context, entry, HostState.framesUnfinished);
  }
  cancelHostTimer(context);
}

function isDue(context: NetContext, entry: NeighbourAddress): boolean {
  return HostNeighbour.dueTick.get(context.memory, entry) <= nowTick(context);
}

/** A new record for the neighbour at HostState.hop, and the first question. */
function beginAsking(context: NetContext, family: number, asked: number): NeighbourAddress {
  const { memory } = context;
  const host = hostOf(context);
  const hop = HostState.hop.at(host) as Address as Address<"IpAddress">;
  const own = ownFor(context, family, hop);
  if (own === 0) return refuse(context, HostState.framesUnreachable);
  if (!makeRoom(context, asked)) return refuse(context, HostState.framesCrowded);
  const entry = neighbourOpen(memory, host, family, hop);
  HostNeighbour.own.set(memory, entry, own);
  HostNeighbour.state.set(memory, entry, NeighbourState.incomplete);
  askedAppend(memory, host, entry, asked);
  askOnce(context, entry);
  return entry;
}

/** Room for one more neighbour that is asked for: in its list, and in the table. */
function makeRoom(context: NetContext, asked: number): boolean {
  const { memory } = context;
  const host = hostOf(context);
  const limits = hostLimits(context);
  const list = askedList(host, asked);
  if (asked === Asked.strangers && HostList.count.get(memory, list) >= limits.askedForStrangersMax) {
    countHost(context, HostState.askingGivenUp);
    forget(context, HostList.first.get(memory, list) as NeighbourAddress, HostState.framesUnresolved);
  }
  if (asked === Asked.own && HostList.count.get(memory, list) >= limits.askedMax) return false;
  if (HostState.neighbourFree.get(memory, host) !== 0) return true;
  const victim = neighbourToForget(memory, host);
  if (victim === NO_NEIGHBOUR) return false;
  countHost(context, HostState.neighboursEvicted);
  neighbourClose(memory, host, victim);
  return true;
}

function refuse(context: NetContext, counter: typeof HostState.framesCrowded): NeighbourAddress {
  countHost(context, counter);
  return NO_NEIGHBOUR;
}

/** The machine wants it itself, if it may ask for one more. */
function adopt(context: NetContext, entry: NeighbourAddress): void {
  const { memory } = context;
  const host = hostOf(context);
  if (HostList.count.get(memory, HostState.askedOwn.at(host)) >= hostLimits(context).askedMax) return;
  askedRemove(memory, host, entry);
  askedAppend(memory, host, entry, Asked.own);
  // Due later than it was: lists stay in order.
  HostNeighbour.dueTick.set(memory, entry, nowTick(context) + hostLimits(context).askTicks);
}

/** The question has been asked often enough. One that was known may have moved: it is asked for anew when it is needed. */
function unanswered(context: NetContext, entry: NeighbourAddress): void {
  const known = HostNeighbour.state.get(context.memory, entry) === NeighbourState.probe;
  countHost(context, known ? HostState.neighboursGone : HostState.neighboursUnanswered);
  forget(context, entry, HostState.framesUnresolved);
}

/** A neighbour that is asked for is forgotten; what waits for it is thrown away, counted so. */
function forget(context: NetContext, entry: NeighbourAddress, counter: typeof HostState.framesUnresolved): void {
  const { memory } = context;
  const host = hostOf(context);
  dropWaiting(context, entry, counter);
  askedRemove(memory, host, entry);
  neighbourClose(memory, host, entry);
}

/** One question, and when the next one is due. That it could not be sent is as if it had been lost on the way. */
function askOnce(context: NetContext, entry: NeighbourAddress): void {
  const { memory } = context;
  const host = hostOf(context);
  const asked = HostNeighbour.asked.get(memory, entry);
  askedRemove(memory, host, entry);
  askedAppend(memory, host, entry, asked);
  HostNeighbour.asks.set(memory, entry, HostNeighbour.asks.get(memory, entry) + 1);
  HostNeighbour.dueTick.set(memory, entry, nowTick(context) + hostLimits(context).askTicks);
  countHost(context, HostState.neighboursAsked);
  if (asked === Asked.probed) countHost(context, HostState.neighboursProbed);
  const everybody = asked !== Asked.probed || HostNeighbour.contested.get(memory, entry) !== 0;
  sendQuestion(context, entry, everybody);
  armHostTimer(context);
}
