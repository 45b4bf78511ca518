/**
 * Addresses of the world's hosts as its records hold them, and what they answer to whoever asks where they are. Every
 * address but the machine's own is one of the world's.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { EtherType, EthernetHeader } from "../../services/net/ethernet.ts";
import { ArpOperation, ArpPacket, isArpPacket, writeArpFrame } from "../../services/net/host/arp-packet.ts";
import { NeighbourFlag, NeighbourMessage, NeighbourMessageType, isSoundMessage, isUnspecified, writeNeighbourFrame } from "../../services/net/host/neighbour-message.ts";
import { IpProtocol } from "../../services/net/ip-protocol.ts";
import { Ipv6Header } from "../../services/net/ipv6.ts";

/** An IP address: network order, IPv4 in the first word. */
export const HostAddress = layout("HostAddress", 20, { word0: i32, word1: i32, word2: i32, word3: i32, family: i32 });

export { ARP_FRAME_BYTES } from "../../services/net/host/arp-packet.ts";
export { NEIGHBOUR_FRAME_BYTES } from "../../services/net/host/neighbour-message.ts";

/** Where an IPv6 packet without extension headers has its message. */
const MESSAGE_OFFSET = EthernetHeader.size + Ipv6Header.size;

/**
 * Whether the frame is an ARP request of IPv4 over Ethernet that somebody should answer: who asks for his own address tells
 * it, or looks whether anybody else has it (RFC 5227, 1.1).
 */
export function isArpRequest(memory: Memory, at: number, frameBytes: number): boolean {
  if (!isArpPacket(memory, at, frameBytes)) return false;
  const arp = (at + EthernetHeader.size) as Address<"ArpPacket">;
  if (ArpPacket.operation.get(memory, arp) !== ArpOperation.request) return false;
  const sender = addressWord(memory, ArpPacket.senderAddress.at(arp));
  return sender !== 0 && sender !== addressWord(memory, ArpPacket.targetAddress.at(arp));
}

/** Writes, at `to`, the answer to the request at `at`: the address that was asked for has this MAC. */
export function writeArpReply(memory: Memory, to: number, at: number, macAt: number): void {
  const asked = (at + EthernetHeader.size) as Address<"ArpPacket">;
  const sender = ArpPacket.senderMac.at(asked);
  writeArpFrame(memory, to, ArpOperation.reply, memory, sender, macAt, ArpPacket.targetAddress.at(asked), sender, ArpPacket.senderAddress.at(asked));
}

/** Whether the frame is a neighbour solicitation (RFC 4861, 7.1.1) of somebody who has an address. */
export function isSolicitation(memory: Memory, at: number, frameBytes: number): boolean {
  if (frameBytes < MESSAGE_OFFSET + NeighbourMessage.size || EthernetHeader.etherType.get(memory, at as Address<"EthernetHeader">) !== EtherType.ipv6) return false;
  const header = (at + EthernetHeader.size) as Address<"Ipv6Header">;
  const messageBytes = Ipv6Header.payloadBytes.get(memory, header);
  if (Ipv6Header.nextHeader.get(memory, header) !== IpProtocol.icmpv6 || messageBytes > frameBytes - MESSAGE_OFFSET) return false;
  if (!isSoundMessage(memory, header, at + MESSAGE_OFFSET, messageBytes) || isUnspecified(memory, Ipv6Header.source.at(header))) return false;
  return NeighbourMessage.type.get(memory, (at + MESSAGE_OFFSET) as Address<"NeighbourMessage">) === NeighbourMessageType.solicitation;
}

/** Writes, at `to`, the answer to the solicitation at `at`: the address that was asked for has this MAC. */
export function writeAdvertisement(memory: Memory, to: number, at: number, macAt: number): void {
  const asker = Ipv6Header.source.at((at + EthernetHeader.size) as Address<"Ipv6Header">);
  const asked = NeighbourMessage.target.at((at + MESSAGE_OFFSET) as Address<"NeighbourMessage">);
  const flags = NeighbourFlag.solicited | NeighbourFlag.override;
  writeNeighbourFrame(memory, to, NeighbourMessageType.advertisement, flags, memory, EthernetHeader.source.at(at as Address<"EthernetHeader">), asker, macAt, asked, asked);
}

function addressWord(memory: Memory, at: number): number {
  return memory.view.getInt32(at);
}
