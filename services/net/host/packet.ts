/** Ethernet and IP headers of packets that the host makes itself: no options; IPv4 packets are atomic (RFC 6864, 4.1). */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { checksumAdd, checksumValue } from "../checksum.ts";
import { EthernetHeader } from "../ethernet.ts";
import { Ipv4Header } from "../ipv4.ts";
import { Ipv6Header } from "../ipv6.ts";
import { MAC_BYTES } from "../neighbour.ts";

const VERSION_4 = 0x45;
const VERSION_6 = 0x60000000;
const DO_NOT_FRAGMENT = 0x4000;

/** Six bytes from `from` on, in whatever memory each of both lies. */
export function copyMac(target: Memory, to: number, memory: Memory, from: number): void {
  for (let index = 0; index < MAC_BYTES; index++) target.u8[to + index] = memory.u8[from + index];
}

/** `count` bytes of an address. */
export function copyAddressBytes(target: Memory, to: number, memory: Memory, from: number, count: number): void {
  for (let index = 0; index < count; index++) target.u8[to + index] = memory.u8[from + index];
}

/** Both MAC addresses lie in `memory`. Answers where the frame's data begins. */
export function writeEthernet(target: Memory, at: number, memory: Memory, destinationAt: number, sourceAt: number, etherType: number): number {
  const header = at as Address<"EthernetHeader">;
  copyMac(target, EthernetHeader.destination.at(header), memory, destinationAt);
  copyMac(target, EthernetHeader.source.at(header), memory, sourceAt);
  EthernetHeader.etherType.set(target, header, etherType);
  return at + EthernetHeader.size;
}

/** All but the addresses, which stand there already, and which the checksum counts. Answers where the packet's data begins. */
export function writeIpv4Head(target: Memory, at: number, protocol: number, timeToLive: number, dataBytes: number): number {
  const header = at as Address<"Ipv4Header">;
  Ipv4Header.versionAndWords.set(target, header, VERSION_4);
  Ipv4Header.serviceType.set(target, header, 0);
  Ipv4Header.totalBytes.set(target, header, Ipv4Header.size + dataBytes);
  Ipv4Header.identification.set(target, header, 0);
  Ipv4Header.fragment.set(target, header, DO_NOT_FRAGMENT);
  Ipv4Header.timeToLive.set(target, header, timeToLive);
  Ipv4Header.protocol.set(target, header, protocol);
  Ipv4Header.checksum.set(target, header, 0);
  Ipv4Header.checksum.set(target, header, checksumValue(checksumAdd(target, at, Ipv4Header.size, 0)));
  return at + Ipv4Header.size;
}

/** All but the addresses. Answers where the packet's data begins. */
export function writeIpv6Head(target: Memory, at: number, protocol: number, hopLimit: number, dataBytes: number): number {
  const header = at as Address<"Ipv6Header">;
  Ipv6Header.versionAndFlow.set(target, header, VERSION_6);
  Ipv6Header.payloadBytes.set(target, header, dataBytes);
  Ipv6Header.nextHeader.set(target, header, protocol);
  Ipv6Header.hopLimit.set(target, header, hopLimit);
  return at + Ipv6Header.size;
}
