/**
 * Echo of ICMP (RFC 792; RFC 1122, 3.2.2.6) and ICMPv6 (RFC 4443, 4.1 and 4.2). Requests to own addresses are answered
 * where they came from: to the MAC address of the frame, so that nothing is asked for or remembered for a stranger's sake.
 * Requests to groups, and in several parts, are not answered.
 */

import type { Address } from "../../../hal/field.ts";
import { bytes, u16be, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import { copyBytes } from "../../../kernel/collections/byte-string.ts";
import { checksumAdd, checksumHolds, checksumPseudoHeader, checksumValue } from "../checksum.ts";
import { Emitter } from "../emission.ts";
import { frameOf, openFrame } from "../emit.ts";
import { EtherType, EthernetHeader } from "../ethernet.ts";
import { IpProtocol } from "../ip-protocol.ts";
import { IPV4_ADDRESS_BYTES, Ipv4Header } from "../ipv4.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header } from "../ipv6.ts";
import { emitterOf } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { copyAddressBytes, writeEthernet, writeIpv4Head, writeIpv6Head } from "./packet.ts";
import { mayEcho } from "./rate.ts";
import { HostState, countHost, hostOf } from "./records.ts";
import { sendNow } from "./waiting.ts";

/** Behind it: identifier, sequence number and data, which go back as they came. */
export const IcmpHeader = layout("IcmpHeader", 8, { type: u8, code: u8, checksum: u16be, rest: bytes(4) });

export const IcmpType = Object.freeze({ echoReply: 0, echoRequest: 8 });
export const Icmpv6Type = Object.freeze({ echoRequest: 128, echoReply: 129 });

const TIME_TO_LIVE = 64;

/**
 * An echo request of `length` bytes at `at`, in a packet of that family whose source and destination addresses lie side by
 * side at `addressesAt`. The destination is an own address; HostState.peerMac is where it came from.
 */
export function answerEcho(context: NetContext, family: number, addressesAt: number, at: number, length: number): void {
  const { memory, shared } = context;
  const headBytes = EthernetHeader.size + (family === 4 ? Ipv4Header.size : Ipv6Header.size);
  const frameBytes = headBytes + length;
  const tooLong = frameBytes > Emitter.mtu.get(memory, emitterOf(context)) + EthernetHeader.size;
  if (tooLong || !isSound(context, family, addressesAt, at, length)) return countHost(context, HostState.echoesRefused);
  if (!mayEcho(context)) return;
  const emitter = emitterOf(context);
  const handle = openFrame(context, emitter);
  if (handle < 0) return;
  const to = frameOf(context, emitter, handle, frameBytes);
  writeHeads(context, family, to, addressesAt, length);
  copyBytes(shared, to + headBytes, shared, at, length);
  finish(context, family, to + headBytes, length);
  sendNow(context, handle, frameBytes);
}

function isSound(context: NetContext, family: number, addressesAt: number, at: number, length: number): boolean {
  const { shared } = context;
  if (length < IcmpHeader.size || IcmpHeader.code.get(shared, at as Address<"IcmpHeader">) !== 0) return false;
  const sum = family === 4 ? 0 : checksumPseudoHeader(shared, addressesAt, 2 * IPV6_ADDRESS_BYTES, IpProtocol.icmpv6, length);
  return checksumHolds(checksumAdd(shared, at, length, sum));
}

function writeHeads(context: NetContext, family: number, to: number, addressesAt: number, length: number): void {
  const { memory, shared } = context;
  const peerMac = HostState.peerMac.at(hostOf(context));
  const ownMac = Emitter.mac.at(emitterOf(context));
  if (family === 4) {
    const ip = writeEthernet(shared, to, memory, peerMac, ownMac, EtherType.ipv4) as Address<"Ipv4Header">;
    copyAddressBytes(shared, Ipv4Header.destination.at(ip), shared, addressesAt, IPV4_ADDRESS_BYTES);
    copyAddressBytes(shared, Ipv4Header.source.at(ip), shared, addressesAt + IPV4_ADDRESS_BYTES, IPV4_ADDRESS_BYTES);
    writeIpv4Head(shared, ip, IpProtocol.icmp, TIME_TO_LIVE, length);
    return;
  }
  const ip = writeEthernet(shared, to, memory, peerMac, ownMac, EtherType.ipv6) as Address<"Ipv6Header">;
  copyAddressBytes(shared, Ipv6Header.destination.at(ip), shared, addressesAt, IPV6_ADDRESS_BYTES);
  copyAddressBytes(shared, Ipv6Header.source.at(ip), shared, addressesAt + IPV6_ADDRESS_BYTES, IPV6_ADDRESS_BYTES);
  writeIpv6Head(shared, ip, IpProtocol.icmpv6, TIME_TO_LIVE, length);
}

/** The request becomes a reply: its type, and with it its checksum. */
function finish({ shared }: NetContext, family: number, at: number, length: number): void {
  const header = at as Address<"IcmpHeader">;
  IcmpHeader.type.set(shared, header, family === 4 ? IcmpType.echoReply : Icmpv6Type.echoReply);
  IcmpHeader.checksum.set(shared, header, 0);
  // Source and destination count the same, whichever is first.
  const sum = family === 4 ? 0 : checksumPseudoHeader(shared, at - 2 * IPV6_ADDRESS_BYTES, 2 * IPV6_ADDRESS_BYTES, IpProtocol.icmpv6, length);
  IcmpHeader.checksum.set(shared, header, checksumValue(checksumAdd(shared, at, length, sum)));
}
