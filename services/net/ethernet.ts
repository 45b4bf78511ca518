/**
 * Ethernet II frames (IEEE 802.3, 3.1.1) and their VLAN tags (IEEE 802.1Q, 9.3; QinQ and its older spelling included).
 * `networkLayer` judges once; after it, the records it passed lie within the frame.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, u16be } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Ignored } from "./api.ts";

export const EthernetHeader = layout("EthernetHeader", 14, {
  destination: bytes(6),
  source: bytes(6),
  etherType: u16be,
});

/** Follows the type that announced it: tag control information, then the type of what follows. */
export const VlanTag = layout("VlanTag", 4, {
  control: u16be,
  etherType: u16be,
});

export const EtherType = Object.freeze({
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
  oldServiceVlan: 0x9100,
});

/** Values below are lengths (IEEE 802.3, 3.2.6). */
const ETHER_TYPE_MIN = 0x0600;

/** Two of QinQ, and as many again for a carrier's. */
const VLAN_TAGS_MAX = 4;

function isVlan(etherType: number): boolean {
  return etherType === EtherType.vlan || etherType === EtherType.serviceVlan || etherType === EtherType.oldServiceVlan;
}

/**
 * Offset, from the frame's first byte, of the IP header of a frame of `frameBytes` bytes at `at`, behind VLAN tags (their
 * contents do not matter to net); the type is in the two bytes before it. Or -Ignored.
 */
export function networkLayer(memory: Memory, at: number, frameBytes: number): number {
  if (frameBytes < EthernetHeader.size) return -Ignored.badEthernet;
  let offset: number = EthernetHeader.size;
  let etherType = EthernetHeader.etherType.get(memory, at as Address<"EthernetHeader">);
  for (let tags = 0; isVlan(etherType); tags++) {
    if (tags === VLAN_TAGS_MAX || frameBytes - offset < VlanTag.size) return -Ignored.badEthernet;
    etherType = VlanTag.etherType.get(memory, (at + offset) as Address<"VlanTag">);
    offset += VlanTag.size;
  }
  if (etherType === EtherType.ipv4 || etherType === EtherType.ipv6) return offset;
  if (etherType < ETHER_TYPE_MIN) return -Ignored.llc;
  return etherType === EtherType.arp ? -Ignored.arp : -Ignored.otherEtherType;
}
