/** Writing messages: the 48 bytes of a small one, and the header of a large one in front of its payload. */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { Errno } from "./errno.ts";
import { LargeMessage, LargeMessageHeader, MemoryRegionRecord, MessageFlag, SmallMessage, payloadChecksum } from "./message.ts";
import type { RegionAddress } from "./region.ts";
import { RegionRecord } from "./region.ts";

/**
 * Writes the 120-byte header at `offset` (a multiple of 8) of a region that the sender may write. Total size is the
 * region record's size plus the message's own, as upstream counts it. 0, messageTooLarge when the region is smaller than
 * that, invalidMemoryRegion when header and payload do not lie inside it where they are to be, or invalidMessage when a checksum is given (not 0) that is not the payload's.
 */
export function writeLargeMessage(ram: Memory, region: RegionAddress, opcode: number, offset: number, payloadBytes: number, checksum: number): number {
  const regionBytes = RegionRecord.regionBytes.get(ram, region);
  // It fits nowhere in this region; elsewhere it is only this place that is wrong.
  if (payloadBytes + LargeMessage.size > regionBytes) return Errno.messageTooLarge;
  if (!(offset >= 0 && payloadBytes >= 0 && (offset & 7) === 0 && offset + LargeMessage.size + payloadBytes <= regionBytes)) return Errno.invalidMemoryRegion;
  const at = (RegionRecord.base.get(ram, region) + offset) as Address<"LargeMessage">;
  if (checksum !== 0 && payloadChecksum(ram, at + LargeMessage.size, payloadBytes) !== checksum) return Errno.invalidMessage;
  // ---- nothing below can fail ----
  const header = LargeMessage.header.at(at);
  LargeMessageHeader.capability.setWords(ram, header, 0, 0);
  LargeMessageHeader.opcode.set(ram, header, opcode);
  LargeMessageHeader.flags.set(ram, header, MessageFlag.large);
  LargeMessageHeader.totalBytes.set(ram, header, payloadBytes + LargeMessage.size);
  LargeMessageHeader.checksum.set(ram, header, checksum);
  LargeMessageHeader.reserved.set(ram, header, 0);
  const memoryRegion = LargeMessage.region.at(at);
  MemoryRegionRecord.baseAddress.set(ram, memoryRegion, at + LargeMessage.size);
  MemoryRegionRecord.regionBytes.set(ram, memoryRegion, payloadBytes);
  MemoryRegionRecord.permissions.set(ram, memoryRegion, RegionRecord.permissions.get(ram, region));
  MemoryRegionRecord.cachePolicy.set(ram, memoryRegion, RegionRecord.cachePolicy.get(ram, region));
  ram.fill(LargeMessage.inlineData.at(at), LargeMessage.inlineData.width, 0);
  return Errno.ok;
}

/** Fills a small message; each word below 2^53. */
export function compose(memory: Memory, at: Address<"SmallMessage">, opcode: number, flags: number, data0: number, data1: number, data2: number, data3: number): void {
  SmallMessage.capability.setWords(memory, at, 0, 0);
  SmallMessage.opcode.set(memory, at, opcode);
  SmallMessage.flags.set(memory, at, flags);
  SmallMessage.data0.set(memory, at, data0);
  SmallMessage.data1.set(memory, at, data1);
  SmallMessage.data2.set(memory, at, data2);
  SmallMessage.data3.set(memory, at, data3);
}
