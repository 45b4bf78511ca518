/** Neighbour solicitations and advertisements (RFC 4861, 4.3 and 4.4): their form, how they are judged and written. */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32be, u16be, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { checksumAdd, checksumHolds, checksumPseudoHeader, checksumValue } from "../checksum.ts";
import { EtherType, EthernetHeader } from "../ethernet.ts";
import { IpProtocol } from "../ip-protocol.ts";
import { IPV6_ADDRESS_BYTES, Ipv6Header } from "../ipv6.ts";
import { copyAddressBytes, copyMac, writeEthernet, writeIpv6Head } from "./packet.ts";

export const NeighbourMessage = layout("NeighbourMessage", 24, {
  type: u8,
  code: u8,
  checksum: u16be,
  /** Of an advertisement: NeighbourFlag. */
  flags: i32be,
  target: bytes(16),
});

/** With one MAC address (4.6.1). */
export const NeighbourOption = layout("NeighbourOption", 8, { type: u8, units: u8, mac: bytes(6) });

export const NeighbourMessageType = Object.freeze({ solicitation: 135, advertisement: 136 });
export const NeighbourOptionType = Object.freeze({ sourceMac: 1, targetMac: 2 });
export const NeighbourFlag = Object.freeze({ solicited: 0x4000_0000, override: 0x2000_0000 });

/** It has crossed no router. */
export const HOP_LIMIT = 255;
const UNIT_BYTES = 8;
export const NEIGHBOUR_FRAME_BYTES = EthernetHeader.size + Ipv6Header.size + NeighbourMessage.size + NeighbourOption.size;

/**
 * Whether the ICMPv6 message of `bytes` bytes at `at`, of either type, in the packet whose IPv6 header is at `ipAt`, is sound
 * (7.1.1 and 7.1.2): all rules but those about its code and options, which those who read it apply.
 */
export function isSoundMessage(memory: Memory, ipAt: number, at: number, length: number): boolean {
  const header = ipAt as Address<"Ipv6Header">;
  const message = at as Address<"NeighbourMessage">;
  if (length < NeighbourMessage.size || Ipv6Header.hopLimit.get(memory, header) !== HOP_LIMIT || NeighbourMessage.code.get(memory, message) !== 0) return false;
  const sum = checksumPseudoHeader(memory, Ipv6Header.source.at(header), 2 * IPV6_ADDRESS_BYTES, IpProtocol.icmpv6, length);
  if (!checksumHolds(checksumAdd(memory, at, length, sum))) return false;
  if (isGroupAddress(memory, NeighbourMessage.target.at(message))) return false;
  const solicitation = NeighbourMessage.type.get(memory, message) === NeighbourMessageType.solicitation;
  const option = findOption(memory, at, length, solicitation ? NeighbourOptionType.sourceMac : NeighbourOptionType.targetMac);
  if (option < 0) return false;
  if (solicitation) return !isUnspecified(memory, Ipv6Header.source.at(header)) || (option === 0 && isSolicitedNode(memory, Ipv6Header.destination.at(header)));
  return !isGroupAddress(memory, Ipv6Header.destination.at(header)) || (NeighbourMessage.flags.get(memory, message) & NeighbourFlag.solicited) === 0;
}

/** Address of the MAC address in the first option of that type; 0 if there is none, -1 if options are malformed. */
export function findOption(memory: Memory, at: number, length: number, type: number): number {
  let found = 0;
  for (let offset: number = NeighbourMessage.size; offset < length; ) {
    if (length - offset < UNIT_BYTES) return -1;
    const option = (at + offset) as Address<"NeighbourOption">;
    const optionBytes = NeighbourOption.units.get(memory, option) * UNIT_BYTES;
    if (optionBytes === 0 || optionBytes > length - offset) return -1;
    if (found === 0 && NeighbourOption.type.get(memory, option) === type && optionBytes === NeighbourOption.size) found = NeighbourOption.mac.at(option);
    offset += optionBytes;
  }
  return found;
}

/**
 * Writes a frame of NEIGHBOUR_FRAME_BYTES at `at` in `target`; all addresses lie in `memory`: MAC and IP address that it
 * goes to, MAC and IP address of the sender, and the address that it is about. The option tells the sender's MAC address.
 */
export function writeNeighbourFrame(target: Memory, at: number, type: number, flags: number, memory: Memory, toMacAt: number, toAt: number, ownMacAt: number, ownAt: number, aboutAt: number): void {
  const ip = writeEthernet(target, at, memory, toMacAt, ownMacAt, EtherType.ipv6) as Address<"Ipv6Header">;
  const bodyBytes = NeighbourMessage.size + NeighbourOption.size;
  copyAddressBytes(target, Ipv6Header.source.at(ip), memory, ownAt, IPV6_ADDRESS_BYTES);
  copyAddressBytes(target, Ipv6Header.destination.at(ip), memory, toAt, IPV6_ADDRESS_BYTES);
  const message = writeIpv6Head(target, ip, IpProtocol.icmpv6, HOP_LIMIT, bodyBytes) as Address<"NeighbourMessage">;
  NeighbourMessage.type.set(target, message, type);
  NeighbourMessage.code.set(target, message, 0);
  NeighbourMessage.checksum.set(target, message, 0);
  NeighbourMessage.flags.set(target, message, flags);
  copyAddressBytes(target, NeighbourMessage.target.at(message), memory, aboutAt, IPV6_ADDRESS_BYTES);
  const option = (message + NeighbourMessage.size) as unknown as Address<"NeighbourOption">;
  NeighbourOption.type.set(target, option, type === NeighbourMessageType.solicitation ? NeighbourOptionType.sourceMac : NeighbourOptionType.targetMac);
  NeighbourOption.units.set(target, option, 1);
  copyMac(target, NeighbourOption.mac.at(option), memory, ownMacAt);
  const sum = checksumPseudoHeader(target, Ipv6Header.source.at(ip), 2 * IPV6_ADDRESS_BYTES, IpProtocol.icmpv6, bodyBytes);
  NeighbourMessage.checksum.set(target, message, checksumValue(checksumAdd(target, message, bodyBytes, sum)));
}

/** Writes the solicited-node address of the address at `of` (RFC 4291, 2.7.1), and the MAC address of that group (RFC 2464, 7). */
export function writeSolicitedNode(memory: Memory, addressTo: number, macTo: number, of: number): void {
  memory.fill(addressTo, IPV6_ADDRESS_BYTES, 0);
  memory.u8[addressTo] = 0xff;
  memory.u8[addressTo + 1] = 0x02;
  memory.u8[addressTo + 11] = 0x01;
  memory.u8[addressTo + 12] = 0xff;
  for (let index = 13; index < IPV6_ADDRESS_BYTES; index++) memory.u8[addressTo + index] = memory.u8[of + index];
  writeGroupMac(memory, macTo, addressTo);
}

/** Writes the address of all nodes on the link (RFC 4291, 2.7.1), and its MAC address. */
export function writeAllNodes(memory: Memory, addressTo: number, macTo: number): void {
  memory.fill(addressTo, IPV6_ADDRESS_BYTES, 0);
  memory.u8[addressTo] = 0xff;
  memory.u8[addressTo + 1] = 0x02;
  memory.u8[addressTo + 15] = 0x01;
  writeGroupMac(memory, macTo, addressTo);
}

/** Writes the MAC address of an IPv6 group: 33:33 and its last four bytes. */
export function writeGroupMac(memory: Memory, to: number, groupAt: number): void {
  memory.u8[to] = 0x33;
  memory.u8[to + 1] = 0x33;
  for (let index = 0; index < 4; index++) memory.u8[to + 2 + index] = memory.u8[groupAt + 12 + index];
}

export function isGroupAddress(memory: Memory, at: number): boolean {
  return memory.u8[at] === 0xff;
}

export function isUnspecified(memory: Memory, at: number): boolean {
  for (let index = 0; index < IPV6_ADDRESS_BYTES; index++) if (memory.u8[at + index] !== 0) return false;
  return true;
}

/** ff02::1:ff00:0/104. */
function isSolicitedNode(memory: Memory, at: number): boolean {
  if (memory.u8[at] !== 0xff || memory.u8[at + 1] !== 0x02 || memory.u8[at + 11] !== 0x01 || memory.u8[at + 12] !== 0xff) return false;
  for (let index = 2; index < 11; index++) if (memory.u8[at + index] !== 0) return false;
  return true;
}
