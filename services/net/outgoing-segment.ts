/**
 * Builds one frame with a TCP segment: Ethernet II, IPv4 (RFC 791) or IPv6 (RFC 8200) without options, TCP (RFC 9293),
 * checksums correct. Nothing is allocated.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { checksumAdd, checksumPseudoHeader, checksumValue } from "./checksum.ts";
import { Emission, Emitter } from "./emission.ts";
import { EtherType, EthernetHeader } from "./ethernet.ts";
import { IpProtocol } from "./ip-protocol.ts";
import { IPV4_ADDRESS_BYTES, Ipv4Header } from "./ipv4.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header } from "./ipv6.ts";
import { IpAddress } from "./neighbour.ts";
import { TcpFlag, TcpHeader } from "./tcp.ts";

const TIME_TO_LIVE = 64;
/** Version 4, five words of header. */
const VERSION_4 = 0x45;
/** Version 6, traffic class and flow label 0. */
const VERSION_6 = 0x60000000;
const DO_NOT_FRAGMENT = 0x4000;
/** Five words of header. */
const TCP_WORDS = 0x50;

/** Bytes in front of a segment's data in the frame, for a family of 4 or 6. */
export function headerBytesOf(family: number): number {
  return EthernetHeader.size + (family === 4 ? Ipv4Header.size : Ipv6Header.size) + TcpHeader.size;
}

/**
 * Writes the frame at `frameAt` in `shared`: headers, and the `bytes` bytes of data that lie at `from` in `shared`. The
 * caller has room for `headerBytesOf(family) + bytes`. `macAt` in `memory` is the next hop's; `sequence` the data's.
 */
export function writeSegment(
  shared: Memory,
  frameAt: number,
  memory: Memory,
  emitter: Address<"Emitter">,
  emission: Address<"Emission">,
  macAt: number,
  sequence: number,
  from: number,
  bytes: number,
): void {
  const segmentBytes = TcpHeader.size + bytes;
  const tcp = writeLowerHeaders(shared, frameAt, memory, emitter, emission, macAt, segmentBytes);
  writeTcp(shared, tcp, memory, emission, sequence, from, bytes);
  TcpHeader.checksum.set(shared, tcp, tcpChecksum(shared, tcp, segmentBytes, Emission.family.get(memory, emission)));
}

/**
 * Writes the frame of a segment that a client sent: its TCP header of `tcpBytes` bytes at `tcpAt` in `shared`, options
 * and all, with the ports of the Emission, and the `bytes` bytes of data at `from`. Flags that belong to the segment's
 * other parts are left out. The caller has room for `headerBytesOf(family) - 20 + tcpBytes + bytes`.
 */
export function writePassedSegment(
  shared: Memory,
  frameAt: number,
  memory: Memory,
  emitter: Address<"Emitter">,
  emission: Address<"Emission">,
  macAt: number,
  tcpAt: number,
  tcpBytes: number,
  sequence: number,
  flags: number,
  from: number,
  bytes: number,
): void {
  const segmentBytes = tcpBytes + bytes;
  const tcp = writeLowerHeaders(shared, frameAt, memory, emitter, emission, macAt, segmentBytes);
  shared.copy(tcp, tcpAt, tcpBytes);
  shared.copy(tcp + tcpBytes, from, bytes);
  TcpHeader.sourcePort.set(shared, tcp, Emission.sourcePort.get(memory, emission));
  TcpHeader.destinationPort.set(shared, tcp, Emission.destinationPort.get(memory, emission));
  TcpHeader.sequence.set(shared, tcp, sequence);
  TcpHeader.flags.set(shared, tcp, flags);
  TcpHeader.checksum.set(shared, tcp, 0);
  TcpHeader.checksum.set(shared, tcp, tcpChecksum(shared, tcp, segmentBytes, Emission.family.get(memory, emission)));
}

/** Ethernet and IP headers for a segment of `segmentBytes` bytes. The address behind them. */
function writeLowerHeaders(
  shared: Memory,
  frameAt: number,
  memory: Memory,
  emitter: Address<"Emitter">,
  emission: Address<"Emission">,
  macAt: number,
  segmentBytes: number,
): Address<"TcpHeader"> {
  const ethernet = frameAt as Address<"EthernetHeader">;
  const ipAt = frameAt + EthernetHeader.size;
  copyMac(shared, EthernetHeader.destination.at(ethernet), memory, macAt);
  copyMac(shared, EthernetHeader.source.at(ethernet), memory, Emitter.mac.at(emitter));
  if (Emission.family.get(memory, emission) === 4) {
    EthernetHeader.etherType.set(shared, ethernet, EtherType.ipv4);
    writeIpv4(shared, ipAt as Address<"Ipv4Header">, memory, emitter, emission, segmentBytes);
    return (ipAt + Ipv4Header.size) as Address<"TcpHeader">;
  }
  EthernetHeader.etherType.set(shared, ethernet, EtherType.ipv6);
  writeIpv6(shared, ipAt as Address<"Ipv6Header">, memory, emission, segmentBytes);
  return (ipAt + Ipv6Header.size) as Address<"TcpHeader">;
}

/** For a segment whose checksum field is 0, behind an IP header without options: its addresses end where TCP begins. */
function tcpChecksum(shared: Memory, tcp: Address<"TcpHeader">, segmentBytes: number, family: number): number {
  const addressesBytes = 2 * (family === 4 ? IPV4_ADDRESS_BYTES : IPV6_ADDRESS_BYTES);
  const sum = checksumPseudoHeader(shared, tcp - addressesBytes, addressesBytes, IpProtocol.tcp, segmentBytes);
  return checksumValue(checksumAdd(shared, tcp, segmentBytes, sum));
}

/** Takes the next identification. */
function writeIpv4(
  shared: Memory,
  header: Address<"Ipv4Header">,
  memory: Memory,
  emitter: Address<"Emitter">,
  emission: Address<"Emission">,
  segmentBytes: number,
): void {
  Ipv4Header.versionAndWords.set(shared, header, VERSION_4);
  Ipv4Header.serviceType.set(shared, header, 0);
  Ipv4Header.totalBytes.set(shared, header, Ipv4Header.size + segmentBytes);
  Ipv4Header.identification.set(shared, header, Emitter.identification.get(memory, emitter) & 0xffff);
  Emitter.identification.add(memory, emitter, 1);
  Ipv4Header.fragment.set(shared, header, DO_NOT_FRAGMENT);
  Ipv4Header.timeToLive.set(shared, header, TIME_TO_LIVE);
  Ipv4Header.protocol.set(shared, header, IpProtocol.tcp);
  Ipv4Header.checksum.set(shared, header, 0);
  copyIpv4Address(shared, Ipv4Header.source.at(header), memory, Emission.source.at(emission));
  copyIpv4Address(shared, Ipv4Header.destination.at(header), memory, Emission.destination.at(emission));
  Ipv4Header.checksum.set(shared, header, checksumValue(checksumAdd(shared, header, Ipv4Header.size, 0)));
}

function writeIpv6(shared: Memory, header: Address<"Ipv6Header">, memory: Memory, emission: Address<"Emission">, segmentBytes: number): void {
  Ipv6Header.versionAndFlow.set(shared, header, VERSION_6);
  Ipv6Header.payloadBytes.set(shared, header, segmentBytes);
  Ipv6Header.nextHeader.set(shared, header, IpProtocol.tcp);
  Ipv6Header.hopLimit.set(shared, header, TIME_TO_LIVE);
  copyIpv6Address(shared, Ipv6Header.source.at(header), memory, Emission.source.at(emission));
  copyIpv6Address(shared, Ipv6Header.destination.at(header), memory, Emission.destination.at(emission));
}

/** All but the checksum, which is 0. */
function writeTcp(
  shared: Memory,
  header: Address<"TcpHeader">,
  memory: Memory,
  emission: Address<"Emission">,
  sequence: number,
  from: number,
  bytes: number,
): void {
  TcpHeader.sourcePort.set(shared, header, Emission.sourcePort.get(memory, emission));
  TcpHeader.destinationPort.set(shared, header, Emission.destinationPort.get(memory, emission));
  TcpHeader.sequence.set(shared, header, sequence);
  TcpHeader.acknowledgement.set(shared, header, Emission.acknowledgement.get(memory, emission));
  TcpHeader.words.set(shared, header, TCP_WORDS);
  TcpHeader.flags.set(shared, header, TcpFlag.psh | TcpFlag.ack);
  TcpHeader.window.set(shared, header, Emission.window.get(memory, emission));
  TcpHeader.checksum.set(shared, header, 0);
  TcpHeader.urgentPointer.set(shared, header, 0);
  shared.copy(header + TcpHeader.size, from, bytes);
}

// Wire headers begin where they begin: words are moved at any alignment.

function copyMac(shared: Memory, to: number, memory: Memory, from: number): void {
  shared.view.setInt32(to, memory.view.getInt32(from));
  shared.view.setInt16(to + 4, memory.view.getInt16(from + 4));
}

function copyIpv4Address(shared: Memory, to: number, memory: Memory, from: Address<"IpAddress">): void {
  shared.view.setInt32(to, IpAddress.word0.get(memory, from), true);
}

function copyIpv6Address(shared: Memory, to: number, memory: Memory, from: Address<"IpAddress">): void {
  shared.view.setInt32(to, IpAddress.word0.get(memory, from), true);
  shared.view.setInt32(to + 4, IpAddress.word1.get(memory, from), true);
  shared.view.setInt32(to + 8, IpAddress.word2.get(memory, from), true);
  shared.view.setInt32(to + 12, IpAddress.word3.get(memory, from), true);
}
