/**
 * What others on the link say of addresses, by ARP or neighbour discovery, judged before it is believed:
 *
 * - The manifest's neighbours and the machine's own addresses are what they are, whoever claims them. Own addresses are
 *   defended, not more often than RFC 5227, 2.4 allows.
 * - A known neighbour's MAC address changes only by an answer to a question to everybody. A claim that nobody asked for
 *   leads to such a question; soon after a neighbour has answered, claims mean nothing (RFC 4861, 7.2.5 believes more).
 * - Nobody is remembered that nobody asked for and who did not ask (RFC 826, 4861 7.2.5); who asks takes nobody's place.
 */

import type { Address } from "../../../hal/field.ts";
import { nowTick } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { neighbourKnown, rememberAsker } from "./ask.ts";
import { neighbourFind } from "./cache.ts";
import { fixedMacOf, mayBeNeighbour, ownCount, ownTable } from "./next-hop.ts";
import { isHostAddress } from "./host-address.ts";
import { isPossibleMac, sameMac } from "./host-mac.ts";
import { findAddress } from "./own-addresses.ts";
import { announce } from "./questions.ts";
import type { NeighbourAddress } from "./records.ts";
import { HostNeighbour, HostState, NO_NEIGHBOUR, NeighbourState, countHost, hostLimits, hostOf } from "./records.ts";

/** How an address was told. */
export const Told = Object.freeze({
  /** As an answer to us. */
  answer: 0,
  /** By who asks for an own address of ours. */
  question: 1,
  /** By the way. */
  claim: 2,
});

/**
 * HostState.peer has the MAC address HostState.peerMac: somebody says so, as `told` says; `overrides` if the answer is to
 * take the place of another one. False, counted, if no neighbour may say that: what else the message says is left aside.
 */
export function hear(context: NetContext, family: number, told: number, overrides: boolean): boolean {
  const { memory } = context;
  const host = hostOf(context);
  const peer = HostState.peer.at(host) as Address as Address<"IpAddress">;
  const mac = HostState.peerMac.at(host);
  const own = findAddress(memory, ownTable(context), ownCount(context), family, peer);
  if (!isPossibleMac(context, mac) || !isPossibleNeighbour(context, family, peer)) return refuse(context);
  if (own !== 0) return conflict(context, family, own);
  const fixed = fixedMacOf(context, family, peer);
  if (fixed !== 0) {
    if (!sameMac(context, fixed, mac)) countHost(context, HostState.fixedContradicted);
    return true;
  }
  const entry = neighbourFind(memory, host, family, peer);
  if (entry === NO_NEIGHBOUR) {
    if (told === Told.question) rememberAsker(context, family);
  } else hearKnown(context, entry, told, overrides);
  return true;
}

function hearKnown(context: NetContext, entry: NeighbourAddress, told: number, overrides: boolean): void {
  const { memory } = context;
  const state = HostNeighbour.state.get(memory, entry);
  const answers = told === Told.answer;
  if (state === NeighbourState.incomplete) return neighbourKnown(context, entry, answers);
  const probed = state === NeighbourState.probe;
  if (sameMac(context, HostNeighbour.mac.at(entry), HostState.peerMac.at(hostOf(context)))) {
    if (probed && answers) neighbourKnown(context, entry, true);
    return;
  }
  if (probed && answers && overrides && HostNeighbour.contested.get(memory, entry) !== 0) {
    countHost(context, HostState.neighboursMoved);
    return neighbourKnown(context, entry, true);
  }
  contest(context, entry);
}

/** Somebody else says that he has the address: everybody is asked when it is next used, or at the next question. */
function contest(context: NetContext, entry: NeighbourAddress): void {
  const { memory } = context;
  if (HostNeighbour.contested.get(memory, entry) !== 0) return;
  const state = HostNeighbour.state.get(memory, entry);
  const sinceTicks = nowTick(context) - HostNeighbour.confirmedTick.get(memory, entry);
  if (state === NeighbourState.reachable && sinceTicks < hostLimits(context).askTicks) return;
  countHost(context, HostState.contestedNeighbours);
  HostNeighbour.contested.set(memory, entry, 1);
  if (state === NeighbourState.reachable) HostNeighbour.state.set(memory, entry, NeighbourState.stale);
  // The question to whom had it counts no more: everybody gets as many.
  if (state === NeighbourState.probe) HostNeighbour.asks.set(memory, entry, 0);
}

/** Somebody else has an own address. Always false. */
function conflict(context: NetContext, family: number, own: number): boolean {
  const { memory } = context;
  const host = hostOf(context);
  const last = HostState.defendedTick.get(memory, host);
  countHost(context, HostState.ownAddressConflicts);
  if (last !== 0 && nowTick(context) - last < hostLimits(context).defendTicks) return false;
  HostState.defendedTick.set(memory, host, Math.max(1, nowTick(context)));
  countHost(context, HostState.ownAddressDefended);
  announce(context, family, own);
  return false;
}

function refuse(context: NetContext): boolean {
  countHost(context, HostState.spoofedMessages);
  return false;
}

function isPossibleNeighbour(context: NetContext, family: number, peer: Address<"IpAddress">): boolean {
  return isHostAddress(context.memory, peer, family) && mayBeNeighbour(context, family, peer);
}
