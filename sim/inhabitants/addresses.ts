/** Addresses of the world's hosts as its records hold them, and what an ARP request or neighbour solicitation is answered with. */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, u16be, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { EtherType, EthernetHeader } from "../../services/net/ethernet.ts";

/** An IP address: network order, IPv4 in the first word. */
export const HostAddress = layout("HostAddress", 20, { word0: i32, word1: i32, word2: i32, word3: i32, family: i32 });

/** ARP for IPv4 over Ethernet (RFC 826), behind the Ethernet header. */
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

const REQUEST = 1;
const REPLY = 2;
const ETHERNET = 1;
export const ARP_FRAME_BYTES = EthernetHeader.size + ArpPacket.size;

/**
 * Whether the frame is an ARP request of IPv4 over Ethernet that somebody should answer: who asks for his own address tells
 * it, or looks whether anybody else has it (RFC 5227, 1.1).
 */
export function isArpRequest(memory: Memory, at: number, frameBytes: number): boolean {
  if (frameBytes < ARP_FRAME_BYTES || EthernetHeader.etherType.get(memory, at as Address<"EthernetHeader">) !== EtherType.arp) return false;
  const arp = (at + EthernetHeader.size) as Address<"ArpPacket">;
  if (ArpPacket.hardware.get(memory, arp) !== ETHERNET || ArpPacket.protocol.get(memory, arp) !== EtherType.ipv4 || ArpPacket.operation.get(memory, arp) !== REQUEST) return false;
  const sender = addressWord(memory, ArpPacket.senderAddress.at(arp));
  return sender !== 0 && sender !== addressWord(memory, ArpPacket.targetAddress.at(arp));
}

/** Writes, at `to`, the answer to the request at `at`: the address that was asked for has this MAC. */
export function writeArpReply(memory: Memory, to: number, at: number, macAt: number): void {
  const asked = (at + EthernetHeader.size) as Address<"ArpPacket">;
  const answer = (to + EthernetHeader.size) as Address<"ArpPacket">;
  memory.copy(to, ArpPacket.senderMac.at(asked), 6);
  memory.copy(to + 6, macAt, 6);
  EthernetHeader.etherType.set(memory, to as Address<"EthernetHeader">, EtherType.arp);
  ArpPacket.hardware.set(memory, answer, ETHERNET);
  ArpPacket.protocol.set(memory, answer, EtherType.ipv4);
  ArpPacket.hardwareBytes.set(memory, answer, 6);
  ArpPacket.protocolBytes.set(memory, answer, 4);
  ArpPacket.operation.set(memory, answer, REPLY);
  memory.copy(ArpPacket.senderMac.at(answer), macAt, 6);
  memory.copy(ArpPacket.senderAddress.at(answer), ArpPacket.targetAddress.at(asked), 4);
  memory.copy(ArpPacket.targetMac.at(answer), ArpPacket.senderMac.at(asked), 6);
  memory.copy(ArpPacket.targetAddress.at(answer), ArpPacket.senderAddress.at(asked), 4);
}

function addressWord(memory: Memory, at: number): number {
  return memory.view.getInt32(at);
}
