/**
 * Messages, as VeridianOS lays them out (upstream `ipc/message.rs`). A small message is 48 bytes and travels in
 * registers or a queue slot; anything longer lies in shared memory behind a LargeMessage header, and a small message
 * with the LARGE flag says where.
 */

import { bytes, i32, nested, u32, u64 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";

export const SMALL_MESSAGE_BYTES = 48;

/** capability, opcode, flags and four data words: exactly the seven IPC registers of a task. */
export const SmallMessage = layout("SmallMessage", SMALL_MESSAGE_BYTES, {
  capability: u64("identity"),
  opcode: i32,
  flags: i32,
  data0: u64,
  data1: u64,
  data2: u64,
  data3: u64,
});

/** The first 16 bytes of every small message, for layouts that give the four data words names of their own. */
export const MessageHeader = layout("MessageHeader", 16, {
  capability: u64("identity"),
  opcode: i32,
  flags: i32,
});

export const MemoryRegionRecord = layout("MemoryRegionRecord", 24, {
  baseAddress: u64("identity"),
  regionBytes: u64,
  permissions: u32,
  cachePolicy: u32,
});

export const LargeMessageHeader = layout("LargeMessageHeader", 32, {
  capability: u64("identity"),
  opcode: i32,
  flags: i32,
  totalBytes: u64,
  checksum: u32,
  reserved: u32,
});

/** 120 bytes: header, region, inline data. The payload follows it in the shared region. */
export const LargeMessage = layout("LargeMessage", 120, {
  header: nested(LargeMessageHeader),
  region: nested(MemoryRegionRecord),
  inlineData: bytes(64),
});

/**
 * Bits 0 to 4 as upstream. Ours: LARGE marks the small message that announces a large one; MOVES_BUFFER says that the low
 * word of data0 is the handle of a DMA buffer, one reference of which goes with the message.
 */
export const MessageFlag = Object.freeze({
  urgent: 1 << 0,
  unordered: 1 << 1,
  needsAck: 1 << 2,
  isReply: 1 << 3,
  hasCapability: 1 << 4,
  large: 1 << 5,
  movesBuffer: 1 << 6,
});

/**
 * The checksum of a large message: FNV-1a over the payload's bytes, 32 bits (Fowler, Noll, Vo; offset basis 0x811c9dc5,
 * prime 0x01000193). 0 in a header says that there is none, so a sum of 0 counts as 1.
 */
export function payloadChecksum(memory: Memory, at: number, payloadBytes: number): number {
  const { u8 } = memory;
  let sum = 0x811c9dc5 | 0;
  for (let index = at; index < at + payloadBytes; index++) sum = Math.imul(sum ^ u8[index], 0x01000193);
  return sum === 0 ? 1 : sum >>> 0;
}

export const RegionPermission = Object.freeze({ read: 1, write: 2, execute: 4, shared: 8 });
