/**
 * Whose capture is this? The machine takes the MAC address that the capture's clients talk to: the one to which most SYN
 * frames go (SYN without ACK, inside VLAN tags; a tie takes the lowest); without any, the one that receives most TCP
 * frames to served ports; else 02:00:00:00:00:01. Group addresses are never taken: no interface owns one.
 */

import { isGroupMac, macNumber, parseMac } from "../address-text.ts";
import type { Capture } from "./pcap.ts";

export const DEFAULT_MAC = parseMac("02:00:00:00:00:01");

const ETHERNET_HEADER_BYTES = 14;
const VLAN_TAG_BYTES = 4;
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const TCP = 6;
const IPV6_HEADER_BYTES = 40;
/** Hop-by-hop options, routing, destination options: next header and a length in units of 8 bytes, less one. */
const IPV6_EXTENSIONS: readonly number[] = [0, 43, 60];
const IPV6_FRAGMENT = 44;
const TCP_FLAGS_OFFSET = 13;
const SYN = 0x02;
const ACK = 0x10;

/** The machine's own address, as a number (address-text.ts). */
export function ownMac(capture: Capture, servedPorts: readonly number[]): number {
  const synFrames = new Map<number, number>();
  const servedFrames = new Map<number, number>();
  for (let number = 1; number <= capture.count; number++) {
    const frame = capture.frame(number);
    const tcpAt = tcpHeaderAt(frame);
    if (tcpAt < 0) continue;
    const destination = macNumber(frame, 0);
    if (isGroupMac(destination)) continue;
    if ((frame[tcpAt + TCP_FLAGS_OFFSET] & (SYN | ACK)) === SYN) count(synFrames, destination);
    if (servedPorts.includes((frame[tcpAt + 2] << 8) | frame[tcpAt + 3])) count(servedFrames, destination);
  }
  return most(synFrames) ?? most(servedFrames) ?? DEFAULT_MAC;
}

function count(counts: Map<number, number>, mac: number): void {
  counts.set(mac, (counts.get(mac) ?? 0) + 1);
}

function most(counts: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  let bestCount = 0;
  for (const [mac, frames] of counts) {
    if (frames < bestCount || (frames === bestCount && best !== undefined && mac > best)) continue;
    best = mac;
    bestCount = frames;
  }
  return best;
}

/** Offset of the TCP header if its ports and flags were captured, else -1. */
function tcpHeaderAt(frame: Uint8Array): number {
  if (frame.length < ETHERNET_HEADER_BYTES) return -1;
  let at = ETHERNET_HEADER_BYTES;
  let type = (frame[12] << 8) | frame[13];
  while (VLAN_TYPES.includes(type) && at + VLAN_TAG_BYTES <= frame.length) {
    type = (frame[at + 2] << 8) | frame[at + 3];
    at += VLAN_TAG_BYTES;
  }
  const tcpAt = type === IPV4 ? behindIpv4(frame, at) : type === IPV6 ? behindIpv6(frame, at) : -1;
  return tcpAt >= 0 && tcpAt + TCP_FLAGS_OFFSET < frame.length ? tcpAt : -1;
}

function behindIpv4(frame: Uint8Array, at: number): number {
  if (at + 20 > frame.length || frame[at] >> 4 !== 4 || frame[at + 9] !== TCP) return -1;
  const fragmentOffset = ((frame[at + 6] << 8) | frame[at + 7]) & 0x1fff;
  const headerBytes = (frame[at] & 0xf) * 4;
  return fragmentOffset === 0 && headerBytes >= 20 ? at + headerBytes : -1;
}

function behindIpv6(frame: Uint8Array, at: number): number {
  if (at + IPV6_HEADER_BYTES > frame.length || frame[at] >> 4 !== 6) return -1;
  let next = frame[at + 6];
  let place = at + IPV6_HEADER_BYTES;
  while (next !== TCP) {
    if (place + 8 > frame.length) return -1;
    if (next === IPV6_FRAGMENT) {
      if ((((frame[place + 2] << 8) | frame[place + 3]) & 0xfff8) !== 0) return -1;
      next = frame[place];
      place += 8;
    } else if (IPV6_EXTENSIONS.includes(next)) {
      next = frame[place];
      place += (frame[place + 1] + 1) * 8;
    } else {
      return -1;
    }
  }
  return place;
}
