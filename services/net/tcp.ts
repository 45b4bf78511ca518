/** TCP segments (RFC 9293, 3.1). After `check()` answered above 0, the header with its options lies in memory. */

import type { Address } from "../../hal/field.ts";
import { i32be, u16be, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { Ignored } from "./api.ts";
import { checksumAdd, checksumHolds } from "./checksum.ts";

export const TcpHeader = layout("TcpHeader", 20, {
  sourcePort: u16be,
  destinationPort: u16be,
  sequence: i32be,
  acknowledgement: i32be,
  /** Header length in words in the high half. */
  words: u8,
  flags: u8,
  window: u16be,
  checksum: u16be,
  urgentPointer: u16be,
});

export const TcpFlag = Object.freeze({ fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10, urg: 0x20 });

/**
 * Judges the segment of `segmentBytes` bytes at `at`; `pseudoHeaderSum` is the partial checksum of its pseudo header.
 * Answers the bytes of the header, options included, or -Ignored.
 */
export function check(memory: Memory, at: number, segmentBytes: number, pseudoHeaderSum: number): number {
  if (segmentBytes < TcpHeader.size) return -Ignored.badTcpHeader;
  const headerBytes = (TcpHeader.words.get(memory, at as Address<"TcpHeader">) >> 4) << 2;
  if (headerBytes < TcpHeader.size || headerBytes > segmentBytes) return -Ignored.badTcpHeader;
  return checksumHolds(checksumAdd(memory, at, segmentBytes, pseudoHeaderSum)) ? headerBytes : -Ignored.badTcpChecksum;
}
