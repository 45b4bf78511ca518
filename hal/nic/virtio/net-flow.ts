/**
 * Which flow a frame belongs to: its IP addresses and ports, found behind VLAN tags and IPv6 extension headers, and the
 * Toeplitz hash over them that receive-side scaling goes by (VIRTIO 1.2, 5.1.6.4.3; published with its test vectors as
 * "RSS hashing functions").
 *
 * A fragment shows no ports, not even the first one, so that all of a datagram's fragments go the same way. Nothing
 * outside the frame's bytes is read; every walk is bounded.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { VirtioNetHash } from "./net-layouts.ts";
import { FlowFields } from "./net-state.ts";

const ETHERNET_HEADER_BYTES = 14;
export const VLAN_TAG_BYTES = 4;
/** A frame with more tags than that is of no known flow. */
const VLAN_TAGS_MAX = 4;
const IPV4_HEADER_BYTES = 20;
const IPV6_HEADER_BYTES = 40;
/** Extension headers that are passed over; a frame with more shows no ports. */
const EXTENSIONS_MAX = 8;
const PORTS_BYTES = 4;

const EtherType = Object.freeze({ ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8, oldServiceVlan: 0x9100 });
const Protocol = Object.freeze({ hopByHop: 0, tcp: 6, udp: 17, routing: 43, fragment: 44, authentication: 51, destination: 60, mobility: 135, hip: 139, shim6: 140 });

/** More fragments bit and fragment offset of IPv4 (RFC 791, 3.1); offset and M flag of IPv6 (RFC 8200, 4.5). */
const IPV4_FRAGMENT = 0x3fff;
const IPV6_FRAGMENT = 0xfff9;

type FieldsAddress = Address<"FlowFields">;

function isVlanTag(etherType: number): boolean {
  return etherType === EtherType.vlan || etherType === EtherType.serviceVlan || etherType === EtherType.oldServiceVlan;
}

/** Does a customer's VLAN tag follow the addresses of a frame? A service tag (0x88a8) numbers other VLANs. */
export function isTagged(ram: Memory, at: number, frameBytes: number): boolean {
  return frameBytes >= ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES && ram.view.getUint16(at + 12) === EtherType.vlan;
}

/** Bytes of a frame's header with its tags (up to four): where the payload begins, the EtherType being in the two bytes before. May lie beyond a short frame's end. */
export function headerBytes(ram: Memory, at: number, frameBytes: number): number {
  let offset = ETHERNET_HEADER_BYTES;
  for (let tags = 0; tags < VLAN_TAGS_MAX; tags++) {
    if (offset > frameBytes || !isVlanTag(ram.view.getUint16(at + offset - 2))) return offset;
    offset += VLAN_TAG_BYTES;
  }
  return offset;
}

/** Fills the record of a frame whose bytes begin at `at`. */
export function readFlow(ram: Memory, fields: FieldsAddress, at: number, frameBytes: number): void {
  FlowFields.addressBytes.set(ram, fields, 0);
  FlowFields.portsAt.set(ram, fields, 0);
  FlowFields.protocol.set(ram, fields, 0);
  const offset = headerBytes(ram, at, frameBytes);
  if (offset > frameBytes) return;
  const etherType = ram.view.getUint16(at + offset - 2);
  if (etherType === EtherType.ipv4) readIpv4(ram, fields, at + offset, at + frameBytes);
  else if (etherType === EtherType.ipv6) readIpv6(ram, fields, at + offset, at + frameBytes);
}

function readIpv4(ram: Memory, fields: FieldsAddress, at: number, end: number): void {
  if (end - at < IPV4_HEADER_BYTES) return;
  const headerLength = (ram.u8[at] & 15) * 4;
  if (ram.u8[at] >> 4 !== 4 || headerLength < IPV4_HEADER_BYTES) return;
  FlowFields.addressesAt.set(ram, fields, at + 12);
  FlowFields.addressBytes.set(ram, fields, 8);
  if ((ram.view.getUint16(at + 6) & IPV4_FRAGMENT) === 0) readPorts(ram, fields, ram.u8[at + 9], at + headerLength, end);
}

function readIpv6(ram: Memory, fields: FieldsAddress, at: number, end: number): void {
  if (end - at < IPV6_HEADER_BYTES || ram.u8[at] >> 4 !== 6) return;
  FlowFields.addressesAt.set(ram, fields, at + 8);
  FlowFields.addressBytes.set(ram, fields, 32);
  let next = ram.u8[at + 6];
  let offset = at + IPV6_HEADER_BYTES;
  for (let count = 0; isExtension(next); count++) {
    if (count === EXTENSIONS_MAX || end - offset < 8) return;
    if (next === Protocol.fragment && (ram.view.getUint16(offset + 2) & IPV6_FRAGMENT) !== 0) return;
    const length = extensionBytes(next, ram.u8[offset + 1]);
    next = ram.u8[offset];
    offset += length;
  }
  readPorts(ram, fields, next, offset, end);
}

function isExtension(next: number): boolean {
  switch (next) {
    case Protocol.hopByHop:
    case Protocol.routing:
    case Protocol.fragment:
    case Protocol.authentication:
    case Protocol.destination:
    case Protocol.mobility:
    case Protocol.hip:
    case Protocol.shim6:
      return true;
    default:
      return false;
  }
}

/** RFC 8200, 4.2 to 4.6; the authentication header counts words of four bytes (RFC 4302, 2.2). */
function extensionBytes(kind: number, length: number): number {
  if (kind === Protocol.fragment) return 8;
  return kind === Protocol.authentication ? (length + 2) * 4 : (length + 1) * 8;
}

function readPorts(ram: Memory, fields: FieldsAddress, protocol: number, at: number, end: number): void {
  if ((protocol !== Protocol.tcp && protocol !== Protocol.udp) || end - at < PORTS_BYTES) return;
  FlowFields.portsAt.set(ram, fields, at);
  FlowFields.protocol.set(ram, fields, protocol);
}

/** Which of the enabled hash types (VirtioNetHash) a frame's flow is hashed by; 0 for none. */
export function hashTypeOf(ram: Memory, fields: FieldsAddress, enabled: number): number {
  const addressBytes = FlowFields.addressBytes.get(ram, fields);
  if (addressBytes === 0) return 0;
  const isIpv4 = addressBytes === 8;
  if (FlowFields.portsAt.get(ram, fields) !== 0) {
    const isTcp = FlowFields.protocol.get(ram, fields) === Protocol.tcp;
    const type = isTcp ? (isIpv4 ? VirtioNetHash.TCPv4 : VirtioNetHash.TCPv6) : isIpv4 ? VirtioNetHash.UDPv4 : VirtioNetHash.UDPv6;
    if ((enabled & type) !== 0) return type;
  }
  return enabled & (isIpv4 ? VirtioNetHash.IPv4 : VirtioNetHash.IPv6);
}

/** The hash over addresses, and over ports for a type that takes them; `key` is the address in RAM of RSS_KEY_BYTES bytes. */
export function toeplitzHash(ram: Memory, fields: FieldsAddress, type: number, key: number): number {
  const addressBytes = FlowFields.addressBytes.get(ram, fields);
  const hash = toeplitz(ram, key, FlowFields.addressesAt.get(ram, fields), addressBytes, 0);
  if (type === VirtioNetHash.IPv4 || type === VirtioNetHash.IPv6) return hash;
  return toeplitz(ram, key + addressBytes, FlowFields.portsAt.get(ram, fields), PORTS_BYTES, hash);
}

/** Goes on with a hash: for every bit set in the input, the 32 bits of the key that begin at the bit's place. */
function toeplitz(ram: Memory, key: number, at: number, bytes: number, before: number): number {
  let hash = before;
  for (let i = 0; i < bytes; i++) {
    const window = ram.view.getInt32(key + i);
    const following = ram.u8[key + i + 4];
    for (let bits = ram.u8[at + i]; bits !== 0; bits &= bits - 1) {
      // The lowest bit that is set, counted from the byte's highest.
      const place = Math.clz32(bits & -bits) - 24;
      hash ^= (window << place) | (following >> (8 - place));
    }
  }
  return hash;
}

/** A hash that is the same for both directions of a flow; 0 for no IP. */
export function bothWaysHash(ram: Memory, fields: FieldsAddress): number {
  const half = FlowFields.addressBytes.get(ram, fields) >> 1;
  const source = FlowFields.addressesAt.get(ram, fields);
  const ports = FlowFields.portsAt.get(ram, fields);
  let hash = ports === 0 ? 0 : Math.imul(ram.view.getUint16(ports) ^ ram.view.getUint16(ports + 2), 0x9e37_79b1);
  for (let i = 0; i < half; i += 4) {
    hash ^= ram.view.getInt32(source + i) ^ ram.view.getInt32(source + half + i);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca77);
  }
  return hash ^ (hash >>> 13);
}
