/**
 * What an 82540EM says of a received frame's checksums (manual 3.2.9, 13.4.47): whether it judged the IPv4 header's and
 * TCP's or UDP's, and with what result; and its own sum over the frame, the packet checksum.
 *
 * Judged are Ethernet II and SNAP frames, tagged or not: IPv4, with options too; TCP and UDP over IPv4 but not in
 * fragments, and over IPv6 behind hop-by-hop, destination and used-up routing headers. A UDP checksum of 0 over IPv4 is
 * none. A packet that is longer than its frame is not judged beyond its IPv4 header.
 *
 * With RXCSUM at its reset value nothing is judged, and no sum is made.
 */

import type { Memory } from "../memory.ts";
import { RxError, RxStatus } from "./descriptors.ts";
import { ReceiveChecksumBit } from "./e1000-registers.ts";
import { TAG_BYTES } from "./e1000-vlan.ts";
import { onesComplementSum } from "./internet-checksum.ts";

/** Answers of `checksumVerdict`: RxStatus in the low byte, RxError above. */
export const VERDICT_ERRORS_SHIFT = 8;

const TYPE_AT = 12;
const ETHERNET_HEADER_BYTES = 14;
const SNAP_BYTES = 8;
/** A type below is a length. */
const TYPE_MIN = 0x600;
const TYPE_IPV4 = 0x0800;
const TYPE_IPV6 = 0x86dd;
const SNAP_HEADER = 0xaaaa_0300 | 0;
const IPV4_BYTES = 20;
const IPV4_ADDRESSES_AT = 12;
const IPV4_FRAGMENT = 0x3fff;
const IPV6_BYTES = 40;
const IPV6_ADDRESSES_AT = 8;
const Protocol = Object.freeze({ hopByHop: 0, tcp: 6, udp: 17, routing: 43, destination: 60 });
const TCP_BYTES = 20;
const UDP_BYTES = 8;
const UDP_CHECKSUM_AT = 6;
/** More headers than the frame could hold anyway. */
const EXTENSIONS_MAX = 8;
const RIGHT = 0xffff;
const NOTHING = 0;

/** IPCS, TCPCS or IXSM, with IPE and TCPE, of a frame of `bytes` bytes (without FCS) ; `tagged`: it still has its tag. */
export function checksumVerdict(ram: Memory, at: number, bytes: number, tagged: boolean, enabled: number): number {
  let ip = at + ETHERNET_HEADER_BYTES + (tagged ? TAG_BYTES : 0);
  const end = at + bytes;
  let type = wordAt(ram, at + TYPE_AT + (tagged ? TAG_BYTES : 0));
  if (type < TYPE_MIN && ip + SNAP_BYTES <= end && ram.view.getInt32(ip) === SNAP_HEADER && wordAt(ram, ip + 4) === 0) {
    type = wordAt(ram, ip + 6);
    ip += SNAP_BYTES;
  }
  const verdict = type === TYPE_IPV4 ? ipv4Verdict(ram, ip, end, enabled) : type === TYPE_IPV6 ? ipv6Verdict(ram, ip, end, enabled) : NOTHING;
  return verdict === NOTHING ? RxStatus.IXSM : verdict;
}

/** The sum over a frame without its FCS, from RXCSUM.PCSS on. */
export function packetChecksum(ram: Memory, at: number, bytes: number, enabled: number): number {
  const start = enabled & ReceiveChecksumBit.PCSS;
  return start >= bytes ? 0 : onesComplementSum(ram, at + start, bytes - start);
}

function ipv4Verdict(ram: Memory, ip: number, end: number, enabled: number): number {
  const headerBytes = (ram.u8[ip] & 15) * 4;
  if (ip + IPV4_BYTES > end || ram.u8[ip] >> 4 !== 4 || headerBytes < IPV4_BYTES || ip + headerBytes > end) return NOTHING;
  let verdict = NOTHING;
  if ((enabled & ReceiveChecksumBit.IPOFLD) !== 0) {
    verdict |= RxStatus.IPCS;
    if (onesComplementSum(ram, ip, headerBytes) !== RIGHT) verdict |= RxError.IPE << VERDICT_ERRORS_SHIFT;
  }
  const segmentBytes = wordAt(ram, ip + 2) - headerBytes;
  const whole = (wordAt(ram, ip + 6) & IPV4_FRAGMENT) === 0;
  if ((enabled & ReceiveChecksumBit.TUOFLD) === 0 || !whole || segmentBytes < 0 || ip + headerBytes + segmentBytes > end) return verdict;
  const segment = ip + headerBytes;
  if (ram.u8[ip + 9] === Protocol.udp && segmentBytes >= UDP_BYTES && wordAt(ram, segment + UDP_CHECKSUM_AT) === 0) return verdict;
  return verdict | segmentVerdict(ram, ram.u8[ip + 9], segment, segmentBytes, onesComplementSum(ram, ip + IPV4_ADDRESSES_AT, 8));
}

function ipv6Verdict(ram: Memory, ip: number, end: number, enabled: number): number {
  if ((enabled & ReceiveChecksumBit.TUOFLD) === 0 || ip + IPV6_BYTES > end || ram.u8[ip] >> 4 !== 6) return NOTHING;
  const packetEnd = ip + IPV6_BYTES + wordAt(ram, ip + 4);
  if (packetEnd > end) return NOTHING;
  let next = ram.u8[ip + 6];
  let at = ip + IPV6_BYTES;
  for (let i = 0; i < EXTENSIONS_MAX && isPassed(ram, next, at, packetEnd); i++) {
    next = ram.u8[at];
    at += (ram.u8[at + 1] + 1) * 8;
  }
  return segmentVerdict(ram, next, at, packetEnd - at, onesComplementSum(ram, ip + IPV6_ADDRESSES_AT, 32));
}

/** Is this an extension header that the device looks beyond? A routing header only when all of it was used. */
function isPassed(ram: Memory, next: number, at: number, end: number): boolean {
  if (at + 8 > end) return false;
  return next === Protocol.hopByHop || next === Protocol.destination || (next === Protocol.routing && ram.u8[at + 3] === 0);
}

/** `bytes` may be less than 0: then headers in front have claimed more than there is. */
function segmentVerdict(ram: Memory, protocol: number, at: number, bytes: number, addresses: number): number {
  if (!(protocol === Protocol.tcp && bytes >= TCP_BYTES) && !(protocol === Protocol.udp && bytes >= UDP_BYTES)) return NOTHING;
  const sum = addresses + protocol + bytes + onesComplementSum(ram, at, bytes);
  // Four numbers of 16 bits: a multiple of 65,535 is what folds to all ones.
  return sum % RIGHT === 0 ? RxStatus.TCPCS : RxStatus.TCPCS | (RxError.TCPE << VERDICT_ERRORS_SHIFT);
}

function wordAt(ram: Memory, at: number): number {
  return (ram.u8[at] << 8) | ram.u8[at + 1];
}
