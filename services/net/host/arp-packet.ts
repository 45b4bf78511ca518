/** ARP for IPv4 over Ethernet (RFC 826). */

import type { Address } from "../../../hal/field.ts";
import { bytes, u16be, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { EtherType, EthernetHeader } from "../ethernet.ts";
import { IPV4_ADDRESS_BYTES } from "../ipv4.ts";
import { MAC_BYTES } from "../neighbour.ts";
import { copyAddressBytes, copyMac, writeEthernet } from "./packet.ts";

/** Behind the Ethernet header. */
export const ArpPacket = layout("ArpPacket", 28, {
  hardware: u16be,
  protocol: u16be,
  hardwareBytes: u8,
  protocolBytes: u8,
  operation: u16be,
  senderMac: bytes(6),
  senderAddress: bytes(4),
  targetMac: bytes(6),
  targetAddress: bytes(4),
});

export const ArpOperation = Object.freeze({ request: 1, reply: 2 });

const ETHERNET = 1;
export const ARP_FRAME_BYTES = EthernetHeader.size + ArpPacket.size;

/** Whether the frame is an ARP packet of IPv4 over Ethernet, a request or a reply. */
export function isArpPacket(memory: Memory, at: number, frameBytes: number): boolean {
  if (frameBytes < ARP_FRAME_BYTES || EthernetHeader.etherType.get(memory, at as Address<"EthernetHeader">) !== EtherType.arp) return false;
  const arp = (at + EthernetHeader.size) as Address<"ArpPacket">;
  if (ArpPacket.hardware.get(memory, arp) !== ETHERNET || ArpPacket.protocol.get(memory, arp) !== EtherType.ipv4) return false;
  if (ArpPacket.hardwareBytes.get(memory, arp) !== MAC_BYTES || ArpPacket.protocolBytes.get(memory, arp) !== IPV4_ADDRESS_BYTES) return false;
  const operation = ArpPacket.operation.get(memory, arp);
  return operation === ArpOperation.request || operation === ArpOperation.reply;
}

/**
 * Writes a frame of ARP_FRAME_BYTES at `at` in `target`. All addresses lie in `memory`: whom the frame goes to, who sends
 * it, and whom it is about.
 */
export function writeArpFrame(target: Memory, at: number, operation: number, memory: Memory, toMacAt: number, ownMacAt: number, ownAt: number, targetMacAt: number, targetAt: number): void {
  const arp = writeEthernet(target, at, memory, toMacAt, ownMacAt, EtherType.arp) as Address<"ArpPacket">;
  ArpPacket.hardware.set(target, arp, ETHERNET);
  ArpPacket.protocol.set(target, arp, EtherType.ipv4);
  ArpPacket.hardwareBytes.set(target, arp, MAC_BYTES);
  ArpPacket.protocolBytes.set(target, arp, IPV4_ADDRESS_BYTES);
  ArpPacket.operation.set(target, arp, operation);
  copyMac(target, ArpPacket.senderMac.at(arp), memory, ownMacAt);
  copyAddressBytes(target, ArpPacket.senderAddress.at(arp), memory, ownAt, IPV4_ADDRESS_BYTES);
  copyMac(target, ArpPacket.targetMac.at(arp), memory, targetMacAt);
  copyAddressBytes(target, ArpPacket.targetAddress.at(arp), memory, targetAt, IPV4_ADDRESS_BYTES);
}
