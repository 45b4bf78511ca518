/**
 * Frames of a machine that ends connections itself, before TCP sees them: what is for others or from nobody is left aside;
 * ARP, neighbour discovery and echo are answered; packets in parts are put together.
 */

import type { Address } from "../../../hal/field.ts";
import { Ignored } from "../api.ts";
import { Emitter } from "../emission.ts";
import { EtherType, EthernetHeader, networkLayer } from "../ethernet.ts";
import { KEPT, acceptFragment, releaseWhole } from "../fragment/reassembly.ts";
import { IpProtocol } from "../ip-protocol.ts";
import { IPV4_ADDRESS_BYTES, Ipv4Header } from "../ipv4.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header, skipExtensions } from "../ipv6.ts";
import { IpAddress } from "../neighbour.ts";
import { emitterOf } from "../proxy/state.ts";
import { FlowKey, Segment } from "../segment.ts";
import type { NetContext } from "../state.ts";
import { segmentOf } from "../state.ts";
import { arpFrame } from "./arp.ts";
import { neighbourMessage } from "./discovery.ts";
import { IcmpHeader, IcmpType, Icmpv6Type, answerEcho } from "./echo.ts";
import { isHostAddress } from "./host-address.ts";
import { isPossibleMac } from "./host-mac.ts";
import { NeighbourMessageType } from "./neighbour-message.ts";
import { ownCount, ownTable } from "./next-hop.ts";
import { findAddress, isOwnAddress } from "./own-addresses.ts";
import { copyMac } from "./packet.ts";
import { HostState, countHost, hostOf } from "./records.ts";

/** What these functions answer when the frame is done with. */
export const DONE = KEPT;
type Done = typeof KEPT;

/** Parts and offset of an IPv4 packet. */
const FRAGMENTED = 0x3fff;

/** The segment at hand, if it is ours: from a host's address to an own one. Ignored.none, or DONE. */
export function admitSegment(context: NetContext): Ignored | Done {
  const { memory } = context;
  const key = Segment.key.at(segmentOf(context));
  const family = FlowKey.family.get(memory, key);
  if (!isOwnAddress(context, key)) return leave(context, HostState.packetsForOthers);
  if (!isHostAddress(memory, key, family) || isOwn(context, family, key)) return leave(context, HostState.packetsFromNobody);
  return Ignored.none;
}

/**
 * The frame of `frameBytes` bytes at `at` in `shared`, which readAnySegment has left aside for that reason. Ignored.none if
 * it makes a packet whole: the segment at hand is filled then, and to be released with releaseWhole(); DONE; or why it is
 * left aside.
 */
export function takeOtherFrame(context: NetContext, at: number, frameBytes: number, reason: Ignored): Ignored | Done {
  if (reason === Ignored.arp) return takeArp(context, at, frameBytes);
  if (reason === Ignored.icmp) return takeIcmp(context, at);
  if (reason !== Ignored.fragment) return reason;
  if (!isForUs(context, at, frameBytes)) return leave(context, HostState.packetsForOthers);
  const accepted = acceptFragment(context, at, frameBytes);
  const admitted = accepted === Ignored.none ? admitSegment(context) : accepted;
  if (admitted === DONE) releaseWhole(context);
  return admitted;
}

function leave(context: NetContext, counter: typeof HostState.packetsForOthers): Done {
  countHost(context, counter);
  return DONE;
}

/** What is tagged for a VLAN belongs to a link that the machine has no address on. */
function takeArp(context: NetContext, at: number, frameBytes: number): Ignored | Done {
  if (EthernetHeader.etherType.get(context.shared, at as Address<"EthernetHeader">) !== EtherType.arp || !isSentHere(context, at)) return Ignored.arp;
  arpFrame(context, at, frameBytes);
  return DONE;
}

/** The frame's IP header and all extension headers are sound: readAnySegment has seen them. */
function takeIcmp(context: NetContext, at: number): Ignored | Done {
  const { shared } = context;
  const ip = at + EthernetHeader.size;
  const etherType = EthernetHeader.etherType.get(shared, at as Address<"EthernetHeader">);
  if (!isSentHere(context, at)) return Ignored.icmp;
  if (etherType === EtherType.ipv4) return takeIcmp4(context, at, ip);
  return etherType === EtherType.ipv6 ? takeIcmp6(context, at, ip) : Ignored.icmp;
}

function takeIcmp4(context: NetContext, at: number, ip: number): Ignored | Done {
  const { shared } = context;
  const header = ip as Address<"Ipv4Header">;
  const headerBytes = (Ipv4Header.versionAndWords.get(shared, header) & 0x0f) << 2;
  const length = Ipv4Header.totalBytes.get(shared, header) - headerBytes;
  const message = (ip + headerBytes) as Address<"IcmpHeader">;
  if (Ipv4Header.protocol.get(shared, header) !== IpProtocol.icmp || length < 1 || IcmpHeader.type.get(shared, message) !== IcmpType.echoRequest) return Ignored.icmp;
  return takeEcho(context, 4, at, Ipv4Header.source.at(header), message, length, (Ipv4Header.fragment.get(shared, header) & FRAGMENTED) === 0);
}

function takeIcmp6(context: NetContext, at: number, ip: number): Ignored | Done {
  const { shared } = context;
  const header = ip as Address<"Ipv6Header">;
  const end = Ipv6Header.size + Ipv6Header.payloadBytes.get(shared, header);
  const offset = skipExtensions(shared, ip, Ipv6Header.size, end, Ipv6Header.nextHeader.get(shared, header), IpProtocol.icmpv6);
  if (offset < 0 || offset >= end) return Ignored.icmp;
  const type = IcmpHeader.type.get(shared, (ip + offset) as Address<"IcmpHeader">);
  if (type === Icmpv6Type.echoRequest) return takeEcho(context, 6, at, Ipv6Header.source.at(header), ip + offset, end - offset, true);
  if (type !== NeighbourMessageType.solicitation && type !== NeighbourMessageType.advertisement) return Ignored.icmp;
  neighbourMessage(context, at, ip, ip + offset, end - offset);
  return DONE;
}

function takeEcho(context: NetContext, family: number, at: number, addressesAt: number, message: number, length: number, whole: boolean): Done {
  const { memory, shared } = context;
  const host = hostOf(context);
  const addressBytes = family === 4 ? IPV4_ADDRESS_BYTES : IPV6_ADDRESS_BYTES;
  copyWords(context, HostState.peer.at(host), addressesAt, addressBytes);
  copyWords(context, HostState.target.at(host), addressesAt + addressBytes, addressBytes);
  if (!isOwn(context, family, HostState.target.at(host))) return leave(context, HostState.packetsForOthers);
  copyMac(memory, HostState.peerMac.at(host), shared, EthernetHeader.source.at(at as Address<"EthernetHeader">));
  const isPossible = isHostAddress(memory, HostState.peer.at(host), family) && isPossibleMac(context, HostState.peerMac.at(host));
  if (!isPossible || isOwn(context, family, HostState.peer.at(host))) return leave(context, HostState.packetsFromNobody);
  const group = (shared.u8[EthernetHeader.destination.at(at as Address<"EthernetHeader">)] & 1) !== 0;
  if (!whole || group) return leave(context, HostState.echoesRefused);
  answerEcho(context, family, addressesAt, message, length);
  return DONE;
}

/** Whether the part's packet is for an own address: its headers are sound. VLAN tags are looked through, as TCP is. */
function isForUs(context: NetContext, at: number, frameBytes: number): boolean {
  const { memory, shared } = context;
  const host = hostOf(context);
  const ip = at + networkLayer(shared, at, frameBytes);
  const family = shared.u8[ip] >> 4;
  const to = family === 4 ? Ipv4Header.destination.at(ip as Address<"Ipv4Header">) : Ipv6Header.destination.at(ip as Address<"Ipv6Header">);
  copyWords(context, HostState.target.at(host), to, family === 4 ? IPV4_ADDRESS_BYTES : IPV6_ADDRESS_BYTES);
  return findAddress(memory, ownTable(context), ownCount(context), family, HostState.target.at(host)) !== 0;
}

function isOwn(context: NetContext, family: number, address: number): boolean {
  return findAddress(context.memory, ownTable(context), ownCount(context), family, address) !== 0;
}

/** Whether the frame goes to the machine's MAC address, or to a group. */
function isSentHere(context: NetContext, at: number): boolean {
  const { memory, shared } = context;
  if ((shared.u8[at] & 1) !== 0) return true;
  const mac = Emitter.mac.at(emitterOf(context));
  for (let index = 0; index < 6; index++) if (shared.u8[at + index] !== memory.u8[mac + index]) return false;
  return true;
}

/** An address of so many bytes in the frame becomes an IpAddress. */
function copyWords({ memory, shared }: NetContext, to: number, from: number, addressBytes: number): void {
  memory.fill(to, IpAddress.size, 0);
  for (let index = 0; index < addressBytes; index++) memory.u8[to + index] = shared.u8[from + index];
}
