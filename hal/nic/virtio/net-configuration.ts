/** The configuration space of a virtio network device (VIRTIO 1.2, 5.1.4): a record in RAM that the driver only reads. */

import type { Memory } from "../../memory.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import { RSS_KEY_BYTES, RSS_TABLE_LENGTH_MAX, VirtioNetConfig, VirtioNetHash, VirtioNetStatus } from "./net-layouts.ts";
import type { VirtioNetParts } from "./net-state.ts";
import { MAC_BYTES } from "./net-state.ts";

/** 1 Gbit/s, full duplex: what the wire is. */
const SPEED = 1000;
const FULL_DUPLEX = 1;
/** What RSS can hash by; not by extension headers (IP_EX and its like). */
export const HASH_TYPES = VirtioNetHash.IPv4 | VirtioNetHash.TCPv4 | VirtioNetHash.UDPv4 | VirtioNetHash.IPv6 | VirtioNetHash.TCPv6 | VirtioNetHash.UDPv6;

/** Power-on state: fields of features that are not offered are 0. True when a driver could have read something else before. */
export function resetConfiguration(ram: Memory, parts: VirtioNetParts, linkUp: boolean): boolean {
  const at = parts.configuration;
  const words = ram.i32.subarray(at >> 2, (at + VirtioNetConfig.size) >> 2);
  const before = words.slice();
  const isFirst = VirtioNetConfig.speed.get(ram, at) === 0;
  const hasRss = (parts.featuresHigh >>> (VirtioFeature.RSS - 32)) & 1;
  const hasPairs = hasRss | ((parts.featuresLow >>> VirtioFeature.MQ) & 1);
  ram.u8.set(parts.mac, VirtioNetConfig.mac.at(at));
  setLinkStatus(ram, parts, linkUp);
  VirtioNetConfig.maxVirtqueuePairs.set(ram, at, hasPairs * parts.pairs.count);
  VirtioNetConfig.mtu.set(ram, at, parts.mtu);
  VirtioNetConfig.speed.set(ram, at, SPEED);
  VirtioNetConfig.duplex.set(ram, at, FULL_DUPLEX);
  VirtioNetConfig.rssMaxKeyBytes.set(ram, at, hasRss * RSS_KEY_BYTES);
  VirtioNetConfig.rssMaxIndirectionTableLength.set(ram, at, hasRss * RSS_TABLE_LENGTH_MAX);
  VirtioNetConfig.supportedHashTypes.set(ram, at, hasRss * HASH_TYPES);
  return !isFirst && words.some((word, i) => word !== before[i]);
}

/** The word at a byte offset; 0 beyond the end. */
export function configurationWord(ram: Memory, parts: VirtioNetParts, offset: number): number {
  return offset < VirtioNetConfig.size ? ram.i32[(parts.configuration + offset) >> 2] : 0;
}

export function setLinkStatus(ram: Memory, parts: VirtioNetParts, linkUp: boolean): void {
  VirtioNetConfig.status.set(ram, parts.configuration, linkUp ? VirtioNetStatus.LINK_UP : 0);
}

/** Address in RAM of the device's own address, six bytes. */
export function macAt(parts: VirtioNetParts): number {
  return VirtioNetConfig.mac.at(parts.configuration);
}

export function setMac(ram: Memory, parts: VirtioNetParts, from: number): void {
  ram.copy(macAt(parts), from, MAC_BYTES);
}
