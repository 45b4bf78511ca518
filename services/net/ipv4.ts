/** IPv4 (RFC 791). After `check()` answered above 0, the header and all that `totalBytes` claims lie in memory. */

import type { Address } from "../../hal/field.ts";
import { bytes, u16be, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Ignored } from "./api.ts";
import { checksumAdd, checksumHolds } from "./checksum.ts";
import { IpProtocol, refuseProtocol } from "./ip-protocol.ts";

export const Ipv4Header = layout("Ipv4Header", 20, {
  /** Version 4 in the high half, header length in words in the low half. */
  versionAndWords: u8,
  serviceType: u8,
  totalBytes: u16be,
  identification: u16be,
  /** Flags in the three high bits, offset in units of 8 bytes below. */
  fragment: u16be,
  timeToLive: u8,
  protocol: u8,
  checksum: u16be,
  source: bytes(4),
  destination: bytes(4),
});

export const IPV4_ADDRESS_BYTES = 4;

/** More fragments follow, or an offset that is not 0. */
const FRAGMENTED = 0x3fff;

/**
 * Judges the packet at `at`, of which `available` bytes are there (padding of the frame may follow it). Answers the bytes
 * of the header, options included, when it is a whole TCP packet; -Ignored.fragment when it is a part of one; else -Ignored.
 */
export function check(memory: Memory, at: number, available: number): number {
  const header = at as Address<"Ipv4Header">;
  if (available < Ipv4Header.size) return -Ignored.badIpHeader;
  const versionAndWords = Ipv4Header.versionAndWords.get(memory, header);
  const headerBytes = (versionAndWords & 0x0f) << 2;
  const totalBytes = Ipv4Header.totalBytes.get(memory, header);
  if (versionAndWords >> 4 !== 4 || headerBytes < Ipv4Header.size) return -Ignored.badIpHeader;
  if (totalBytes < headerBytes || totalBytes > available) return -Ignored.badIpHeader;
  if (!checksumHolds(checksumAdd(memory, at, headerBytes, 0))) return -Ignored.badIpChecksum;
  const protocol = Ipv4Header.protocol.get(memory, header);
  if (protocol !== IpProtocol.tcp) return refuseProtocol(protocol);
  return (Ipv4Header.fragment.get(memory, header) & FRAGMENTED) === 0 ? headerBytes : -Ignored.fragment;
}
