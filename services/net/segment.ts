/**
 * From a frame to what TCP reassembly needs of it: one Segment record in net's arena, filled anew for each frame.
 * `readSegment` is the only way in: every length has been judged when it answers 0.
 */

import type { Address } from "../../hal/field.ts";
import { i32, nested, u16, u32, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { checksumPseudoHeader } from "./checksum.ts";
import { EtherType, networkLayer } from "./ethernet.ts";
import { Ignored } from "./api.ts";
import { IpProtocol } from "./ip-protocol.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as tcp from "./tcp.ts";

/** What tells flows apart: compared and hashed as ten words. Addresses in network order, IPv4 in the first word. */
export const FlowKey = layout("FlowKey", 40, {
  source0: i32,
  source1: i32,
  source2: i32,
  source3: i32,
  destination0: i32,
  destination1: i32,
  destination2: i32,
  destination3: i32,
  sourcePort: u16,
  destinationPort: u16,
  /** 4 or 6. */
  family: i32,
});

/** The frame at hand. */
export const Segment = layout("Segment", 96, {
  key: nested(FlowKey),
  /** Of the first byte of data: a SYN's own number is one less. */
  sequence: i32,
  acknowledgement: i32,
  /** Address of the data in shared memory, and of the frame in which it lies; 0 when it does not lie in the frame at hand. */
  dataAt: i32,
  dataBytes: i32,
  frameAt: i32,
  bufferHandle: i32("identity"),
  ordinal: u32("identity"),
  /** Frame references that requests have taken over: the first costs no call, the frame's own serves. */
  holds: i32,
  /** Slot + 1 of the request whose head was completed last in the run of bytes at hand; 0 if none. */
  runRequest: i32,
  window: u16,
  queue: u16,
  /** TcpFlag bits. */
  flags: u8,
  /** Of the TCP header, options included; it ends where the data begins. */
  headerBytes: u8,
  reserved1: u16,
  reserved2: u32,
  reserved3: u32,
  reserved4: u32,
});

/** SYN together with one of these: no client opens a connection so. */
const NOT_WITH_SYN = tcp.TcpFlag.fin | tcp.TcpFlag.rst | tcp.TcpFlag.ack;

/** As readAnySegment, for whoever sees only what clients send: Ignored.badFlags for what no client sends. */
export function readSegment(shared: Memory, at: number, frameBytes: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const refused = readAnySegment(shared, at, frameBytes, memory, segment);
  if (refused !== Ignored.none) return refused;
  const flags = Segment.flags.get(memory, segment);
  return (flags & tcp.TcpFlag.syn) !== 0 && (flags & NOT_WITH_SYN) !== 0 ? Ignored.badFlags : Ignored.none;
}

/**
 * Judges the frame of `frameBytes` bytes at `at` in `shared` and fills key, sequence, acknowledgement, window, flags and
 * place of data of the Segment. Ignored.none, or why not.
 */
export function readAnySegment(shared: Memory, at: number, frameBytes: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const ipOffset = networkLayer(shared, at, frameBytes);
  if (ipOffset < 0) return -ipOffset as Ignored;
  const ipAt = at + ipOffset;
  // The Ethernet or VLAN header ends with the type.
  const etherType = (shared.u8[ipAt - 2] << 8) | shared.u8[ipAt - 1];
  Segment.frameAt.set(memory, segment, at);
  return etherType === EtherType.ipv4
    ? readIpv4(shared, ipAt, frameBytes - ipOffset, memory, segment)
    : readIpv6(shared, ipAt, frameBytes - ipOffset, memory, segment);
}

function readIpv4(shared: Memory, at: number, available: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const headerBytes = ipv4.check(shared, at, available);
  if (headerBytes < 0) return -headerBytes as Ignored;
  const header = at as Address<"Ipv4Header">;
  const segmentBytes = ipv4.Ipv4Header.totalBytes.get(shared, header) - headerBytes;
  return readVersion4(shared, ipv4.Ipv4Header.source.at(header), at + headerBytes, segmentBytes, memory, segment);
}

/** A TCP segment of `segmentBytes` bytes at `tcpAt`, between the two IPv4 addresses at `addressesAt`: fills the Segment but for its frame. */
export function readVersion4(shared: Memory, addressesAt: number, tcpAt: number, segmentBytes: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const sum = checksumPseudoHeader(shared, addressesAt, 2 * ipv4.IPV4_ADDRESS_BYTES, IpProtocol.tcp, segmentBytes);
  const refused = readTcp(shared, tcpAt, segmentBytes, sum, memory, segment);
  if (refused !== Ignored.none) return refused;
  const key = Segment.key.at(segment);
  memory.fill(key, FlowKey.sourcePort.offset, 0);
  FlowKey.source0.set(memory, key, word(shared, addressesAt));
  FlowKey.destination0.set(memory, key, word(shared, addressesAt + ipv4.IPV4_ADDRESS_BYTES));
  FlowKey.family.set(memory, key, 4);
  return Ignored.none;
}

function readIpv6(shared: Memory, at: number, available: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const tcpOffset = ipv6.check(shared, at, available);
  if (tcpOffset < 0) return -tcpOffset as Ignored;
  const header = at as Address<"Ipv6Header">;
  const segmentBytes = ipv6.Ipv6Header.size + ipv6.Ipv6Header.payloadBytes.get(shared, header) - tcpOffset;
  return readVersion6(shared, ipv6.Ipv6Header.source.at(header), at + tcpOffset, segmentBytes, memory, segment);
}

/** As readVersion4, between the two IPv6 addresses at `addressesAt`. */
export function readVersion6(shared: Memory, addressesAt: number, tcpAt: number, segmentBytes: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const sum = checksumPseudoHeader(shared, addressesAt, 2 * ipv6.IPV6_ADDRESS_BYTES, IpProtocol.tcp, segmentBytes);
  const refused = readTcp(shared, tcpAt, segmentBytes, sum, memory, segment);
  if (refused !== Ignored.none) return refused;
  const key = Segment.key.at(segment);
  FlowKey.source0.set(memory, key, word(shared, addressesAt));
  FlowKey.source1.set(memory, key, word(shared, addressesAt + 4));
  FlowKey.source2.set(memory, key, word(shared, addressesAt + 8));
  FlowKey.source3.set(memory, key, word(shared, addressesAt + 12));
  const destinationAt = addressesAt + ipv6.IPV6_ADDRESS_BYTES;
  FlowKey.destination0.set(memory, key, word(shared, destinationAt));
  FlowKey.destination1.set(memory, key, word(shared, destinationAt + 4));
  FlowKey.destination2.set(memory, key, word(shared, destinationAt + 8));
  FlowKey.destination3.set(memory, key, word(shared, destinationAt + 12));
  FlowKey.family.set(memory, key, 6);
  return Ignored.none;
}

/** Four bytes as they lie, so that a key's bytes are the address in network order. */
function word(shared: Memory, at: number): number {
  return shared.view.getInt32(at, true);
}

function readTcp(shared: Memory, at: number, segmentBytes: number, sum: number, memory: Memory, segment: Address<"Segment">): Ignored {
  const headerBytes = tcp.check(shared, at, segmentBytes, sum);
  if (headerBytes < 0) return -headerBytes as Ignored;
  const header = at as Address<"TcpHeader">;
  const flags = tcp.TcpHeader.flags.get(shared, header);
  const syn = flags & tcp.TcpFlag.syn;
  const key = Segment.key.at(segment);
  FlowKey.sourcePort.set(memory, key, tcp.TcpHeader.sourcePort.get(shared, header));
  FlowKey.destinationPort.set(memory, key, tcp.TcpHeader.destinationPort.get(shared, header));
  // A SYN takes one sequence number, its data begins behind it.
  Segment.sequence.set(memory, segment, (tcp.TcpHeader.sequence.get(shared, header) + (syn === 0 ? 0 : 1)) | 0);
  Segment.acknowledgement.set(memory, segment, tcp.TcpHeader.acknowledgement.get(shared, header));
  Segment.window.set(memory, segment, tcp.TcpHeader.window.get(shared, header));
  Segment.flags.set(memory, segment, flags);
  Segment.headerBytes.set(memory, segment, headerBytes);
  Segment.dataAt.set(memory, segment, at + headerBytes);
  Segment.dataBytes.set(memory, segment, segmentBytes - headerBytes);
  return Ignored.none;
}
