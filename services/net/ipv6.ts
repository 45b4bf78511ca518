/**
 * IPv6 (RFC 8200). After `check()` answered above 0, the header, the extension headers before TCP and all that
 * `payloadBytes` claims lie in memory.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32be, u16be, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Ignored } from "./api.ts";
import { IpProtocol, refuseProtocol } from "./ip-protocol.ts";

export const Ipv6Header = layout("Ipv6Header", 40, {
  /** Version 6 in the highest four bits, then traffic class and flow label. */
  versionAndFlow: i32be,
  payloadBytes: u16be,
  nextHeader: u8,
  hopLimit: u8,
  source: bytes(16),
  destination: bytes(16),
});

/** The first 8 bytes of a hop-by-hop, routing or destination options header (RFC 8200, 4.3, 4.4, 4.6). */
export const Ipv6Extension = layout("Ipv6Extension", 8, {
  nextHeader: u8,
  /** Units of 8 bytes, the first not counted. */
  moreUnits: u8,
  routingType: u8,
  segmentsLeft: u8,
  rest: bytes(4),
});

/** RFC 8200, 4.5. */
export const Ipv6Fragment = layout("Ipv6Fragment", 8, {
  nextHeader: u8,
  reserved: u8,
  /** Offset in units of 8 bytes in the 13 high bits, "more fragments" in the lowest. */
  offsetAndMore: u16be,
  identification: i32be,
});

export const IPV6_ADDRESS_BYTES = 16;

/** RFC 8200, 4.1 lists seven, destination options twice. */
const EXTENSIONS_MAX = 8;

/** Reserved bits left out. */
const FRAGMENTED = 0xfff9;

/**
 * Judges the packet at `at`, of which `available` bytes are there (padding of the frame may follow it). Answers the offset
 * of the TCP header from `at`; -Ignored.fragment when it is a part of a packet, up to whose fragment header all is sound;
 * else -Ignored.
 */
export function check(memory: Memory, at: number, available: number): number {
  const header = at as Address<"Ipv6Header">;
  if (available < Ipv6Header.size) return -Ignored.badIpHeader;
  if (Ipv6Header.versionAndFlow.get(memory, header) >>> 28 !== 6) return -Ignored.badIpHeader;
  const end = Ipv6Header.size + Ipv6Header.payloadBytes.get(memory, header);
  if (end > available) return -Ignored.badIpHeader;
  return skipExtensions(memory, at, Ipv6Header.size, end, Ipv6Header.nextHeader.get(memory, header));
}

/**
 * Offset, from `at`, of the fragment header of a part that `check` answered -Ignored.fragment for. A packet that is its own
 * only part may have such a header too, before that of the part.
 */
export function fragmentOffset(memory: Memory, at: number): number {
  let offset: number = Ipv6Header.size;
  let protocol = Ipv6Header.nextHeader.get(memory, at as Address<"Ipv6Header">);
  for (let count = 0; count < EXTENSIONS_MAX; count++) {
    const extension = (at + offset) as Address<"Ipv6Extension">;
    const isFragment = protocol === IpProtocol.fragment;
    if (isFragment && (Ipv6Fragment.offsetAndMore.get(memory, extension as number as Address<"Ipv6Fragment">) & FRAGMENTED) !== 0) break;
    protocol = Ipv6Extension.nextHeader.get(memory, extension);
    offset += Ipv6Extension.size + (isFragment ? 0 : Ipv6Extension.moreUnits.get(memory, extension) << 3);
  }
  return offset;
}

/** Whether the header of this number is one that leads on to another. */
export function isExtension(protocol: number): boolean {
  return protocol === IpProtocol.fragment || isSimpleExtension(protocol);
}

/** The offset of the TCP header (or of `wanted`) behind the extension headers from offset `from` on, all before `end`; or -Ignored. */
export function skipExtensions(memory: Memory, at: number, from: number, end: number, firstProtocol: number, wanted: number = IpProtocol.tcp): number {
  let offset = from;
  let protocol = firstProtocol;
  for (let count = 0; protocol !== wanted; count++) {
    if (!isExtension(protocol)) return refuseProtocol(protocol);
    if (count === EXTENSIONS_MAX || end - offset < Ipv6Extension.size) return -Ignored.badExtensionHeader;
    if (protocol === IpProtocol.fragment) {
      const fragment = (at + offset) as Address<"Ipv6Fragment">;
      // A packet that is its own only fragment (RFC 6946) is whole.
      if ((Ipv6Fragment.offsetAndMore.get(memory, fragment) & FRAGMENTED) !== 0) return -Ignored.fragment;
      protocol = Ipv6Fragment.nextHeader.get(memory, fragment);
      offset += Ipv6Fragment.size;
      continue;
    }
    const extension = (at + offset) as Address<"Ipv6Extension">;
    if (protocol === IpProtocol.routing && Ipv6Extension.segmentsLeft.get(memory, extension) !== 0) return -Ignored.badExtensionHeader;
    protocol = Ipv6Extension.nextHeader.get(memory, extension);
    offset += Ipv6Extension.size + (Ipv6Extension.moreUnits.get(memory, extension) << 3);
    if (offset > end) return -Ignored.badExtensionHeader;
  }
  return offset;
}

function isSimpleExtension(protocol: number): boolean {
  return protocol === IpProtocol.hopByHop || protocol === IpProtocol.routing || protocol === IpProtocol.destinationOptions;
}
