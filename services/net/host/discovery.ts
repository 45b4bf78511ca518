/** Neighbour solicitations and advertisements that come in (RFC 4861, 7.2). Routers say nothing that is listened to: the manifest names the gateway. */

import type { Address } from "../../../hal/field.ts";
import { EthernetHeader } from "../ethernet.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header } from "../ipv6.ts";
import type { NetContext } from "../state.ts";
import { neighbourFind } from "./cache.ts";
import { Told, hear } from "./hear.ts";
import { NeighbourFlag, NeighbourMessage, NeighbourMessageType, NeighbourOptionType, findOption, isSoundMessage, isUnspecified } from "./neighbour-message.ts";
import { ownCount, ownTable } from "./next-hop.ts";
import { findAddress } from "./own-addresses.ts";
import { copyAddressBytes, copyMac } from "./packet.ts";
import { sendAdvertisement } from "./questions.ts";
import { mayAnswer } from "./rate.ts";
import { HostNeighbour, HostState, NO_NEIGHBOUR, NeighbourState, countHost, hostOf } from "./records.ts";

/** A message of either type, `length` bytes at `at`, in the IPv6 packet at `ipAt` of the frame at `frameAt`. */
export function neighbourMessage(context: NetContext, frameAt: number, ipAt: number, at: number, length: number): void {
  const { memory, shared } = context;
  const host = hostOf(context);
  countHost(context, HostState.neighbourMessages);
  if (!isSoundMessage(shared, ipAt, at, length)) return countHost(context, HostState.malformedMessages);
  copyAddressBytes(memory, HostState.target.at(host), shared, NeighbourMessage.target.at(at as Address<"NeighbourMessage">), IPV6_ADDRESS_BYTES);
  if (NeighbourMessage.type.get(shared, at as Address<"NeighbourMessage">) === NeighbourMessageType.solicitation) solicited(context, frameAt, ipAt, at, length);
  else advertised(context, at, length);
}

/** 7.2.3 and 7.2.4. Without the option the frame itself tells where the answer goes. */
function solicited(context: NetContext, frameAt: number, ipAt: number, at: number, length: number): void {
  const { memory, shared } = context;
  const host = hostOf(context);
  const own = findAddress(memory, ownTable(context), ownCount(context), 6, HostState.target.at(host));
  if (own === 0) return;
  const source = Ipv6Header.source.at(ipAt as Address<"Ipv6Header">);
  const option = findOption(shared, at, length, NeighbourOptionType.sourceMac);
  const looks = isUnspecified(shared, source);
  copyAddressBytes(memory, HostState.peer.at(host), shared, source, IPV6_ADDRESS_BYTES);
  copyMac(memory, HostState.peerMac.at(host), shared, option > 0 ? option : EthernetHeader.source.at(frameAt as Address<"EthernetHeader">));
  if (!looks && !hear(context, 6, option > 0 ? Told.question : Told.claim, true)) return;
  if (mayAnswer(context)) sendAdvertisement(context, own, looks);
}

/** 7.2.5. An answer without the option says that the neighbour is where he was. */
function advertised(context: NetContext, at: number, length: number): void {
  const { memory, shared } = context;
  const host = hostOf(context);
  const flags = NeighbourMessage.flags.get(shared, at as Address<"NeighbourMessage">);
  const option = findOption(shared, at, length, NeighbourOptionType.targetMac);
  memory.copy(HostState.peer.at(host), HostState.target.at(host), IPV6_ADDRESS_BYTES);
  if (option > 0) copyMac(memory, HostState.peerMac.at(host), shared, option);
  else if (!takeKnownMac(context)) return;
  hear(context, 6, (flags & NeighbourFlag.solicited) !== 0 ? Told.answer : Told.claim, (flags & NeighbourFlag.override) !== 0);
}

/** HostState.peerMac becomes the one that the neighbour had before; false if he had none. */
function takeKnownMac(context: NetContext): boolean {
  const { memory } = context;
  const host = hostOf(context);
  const entry = neighbourFind(memory, host, 6, HostState.peer.at(host) as Address as Address<"IpAddress">);
  if (entry === NO_NEIGHBOUR || HostNeighbour.state.get(memory, entry) === NeighbourState.incomplete) return false;
  copyMac(memory, HostState.peerMac.at(host), memory, HostNeighbour.mac.at(entry));
  return true;
}
