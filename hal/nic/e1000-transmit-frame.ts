/**
 * What an 82540EM does to a frame before it leaves: headers of segments (manual 3.5.9), checksums (3.3.3, 3.3.5, 3.5.10),
 * VLAN tag (9.2.1), padding (13.4.33). The frame lies in the gathering buffer; whatever a descriptor or context says,
 * nothing outside the frame is touched.
 */

import { FRAME_BYTES_MIN } from "../ethernet.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { TX_COMMAND_SHIFT, TX_LENGTH, TxCommand, TxContext, TxContextCommand, TxOption } from "./descriptors.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import { ControlBit, TransmitControlBit } from "./e1000-registers.ts";
import { E1000TransmitState } from "./e1000-transmit-state.ts";
import { writeChecksum } from "./internet-checksum.ts";

/** Both addresses, and the tag that goes behind them. */
const ADDRESSES_BYTES = 12;
const TAG_BYTES = 4;

/** Where fields lie in their headers (RFC 791, 8200, 9293, 768). */
const IPV4_TOTAL_LENGTH = 2;
const IPV4_IDENTIFICATION = 4;
const IPV6_PAYLOAD_LENGTH = 4;
const TCP_SEQUENCE = 4;
const TCP_FLAGS = 13;
const TCP_FIN_AND_PSH = 0x09;
const UDP_LENGTH = 4;

type StateAddress = Address<"E1000TransmitState">;

/**
 * IC of a legacy descriptor (3.3.3.1): the checksum of everything from CSS on is put at CSO. Ignored when CSS or CSO are
 * out of the packet's range. CSS is the first descriptor's, CSO the last one's.
 */
export function insertLegacyChecksum(ram: Memory, state: StateAddress, at: number, frameBytes: number): void {
  insertChecksum(ram, at, frameBytes, E1000TransmitState.options.get(ram, state), E1000TransmitState.checksumOffset.get(ram, state), 0);
}

/** POPTS of a frame's first data descriptor: the checksums that its context describes. */
export function insertChecksums(ram: Memory, context: Address<"TxContext">, options: number, at: number, frameBytes: number): void {
  if ((options & TxOption.TXSM) !== 0) {
    insertChecksum(ram, at, frameBytes, TxContext.checksumStart.get(ram, context), TxContext.checksumOffset.get(ram, context), TxContext.checksumEnd.get(ram, context));
  }
  if ((options & TxOption.IXSM) !== 0) {
    insertChecksum(ram, at, frameBytes, TxContext.ipChecksumStart.get(ram, context), TxContext.ipChecksumOffset.get(ram, context), TxContext.ipChecksumEnd.get(ram, context));
  }
}

/** `end` is the last byte summed; 0, and what lies beyond the frame, is its end. */
function insertChecksum(ram: Memory, at: number, frameBytes: number, start: number, offset: number, end: number): void {
  if (start >= frameBytes || offset >= frameBytes - 1) return;
  const stop = end === 0 || end >= frameBytes ? frameBytes : end + 1;
  writeChecksum(ram, at + start, Math.max(0, stop - start), at + offset);
}

/**
 * Puts the header of the segmentation in front of a segment's payload, and what this frame has of its own into it
 * (3.5.9.1 to 3.5.9.3): lengths, the IPv4 identification counted on, the sequence number, FIN and PSH in the last frame
 * only, and the length of the pseudo header. Without both IP and TCP in the context the header stays as it is
 * (3.3.6.1, note 2). The manual has the IPv6 payload length count from IPCSS on, as the IPv4 total length does.
 */
export function writeSegmentHeader(ram: Memory, state: StateAddress, at: number, frameBytes: number): void {
  const context = E1000TransmitState.segmentContext.at(state);
  const header = TxContext.headerBytes.get(ram, context);
  const command = TxContext.lengthAndCommand.get(ram, context) >>> TX_COMMAND_SHIFT;
  ram.copy(at, E1000TransmitState.header.at(state), header);
  if ((command & (TxContextCommand.IP | TxContextCommand.TCP)) === 0) return;
  const ip = TxContext.ipChecksumStart.get(ram, context);
  const transport = TxContext.checksumStart.get(ram, context);
  const sumAt = TxContext.checksumOffset.get(ram, context);
  if ((command & TxContextCommand.IP) !== 0) {
    putWord(ram, at, frameBytes, ip + IPV4_TOTAL_LENGTH, frameBytes - ip);
    putWord(ram, at, frameBytes, ip + IPV4_IDENTIFICATION, wordAt(ram, at, frameBytes, ip + IPV4_IDENTIFICATION) + E1000TransmitState.segments.get(ram, state));
  } else putWord(ram, at, frameBytes, ip + IPV6_PAYLOAD_LENGTH, frameBytes - ip);
  if ((command & TxContextCommand.TCP) !== 0) writeTcp(ram, state, context, at, frameBytes, transport);
  else putWord(ram, at, frameBytes, transport + UDP_LENGTH, frameBytes - transport);
  if ((E1000TransmitState.options.get(ram, state) & TxOption.TXSM) === 0) return;
  const sum = wordAt(ram, at, frameBytes, sumAt) + Math.max(0, frameBytes - transport);
  putWord(ram, at, frameBytes, sumAt, (sum & 0xffff) + (sum >>> 16));
}

function writeTcp(ram: Memory, state: StateAddress, context: Address<"TxContext">, at: number, frameBytes: number, tcp: number): void {
  if (tcp + TCP_FLAGS >= frameBytes) return;
  const sent = E1000TransmitState.sentBytes.get(ram, state);
  ram.view.setInt32(at + tcp + TCP_SEQUENCE, ram.view.getInt32(at + tcp + TCP_SEQUENCE, false) + sent, false);
  const left = (TxContext.lengthAndCommand.get(ram, context) & TX_LENGTH) - sent;
  if (left > TxContext.segmentBytes.get(ram, context)) ram.u8[at + tcp + TCP_FLAGS] &= ~TCP_FIN_AND_PSH;
}

/** A word of the frame; 0 where it is not wholly inside. */
function wordAt(ram: Memory, at: number, frameBytes: number, offset: number): number {
  return offset + 2 <= frameBytes ? ram.view.getUint16(at + offset, false) : 0;
}

function putWord(ram: Memory, at: number, frameBytes: number, offset: number, value: number): void {
  if (offset + 2 <= frameBytes) ram.view.setUint16(at + offset, value & 0xffff, false);
}

/**
 * Inserts the tag that VLE asks for, if CTRL.VME lets it (9.2.1): both addresses move forward by its length, which is
 * the answer; 0 if there is none. The type is VET's.
 */
export function insertTag(ram: Memory, file: FileAddress, at: number, frameBytes: number, command: number, special: number): number {
  if ((command & TxCommand.VLE) === 0 || (E1000File.CTRL.get(ram, file) & ControlBit.VME) === 0 || frameBytes < ADDRESSES_BYTES) return 0;
  ram.copy(at - TAG_BYTES, at, ADDRESSES_BYTES);
  ram.view.setUint16(at + ADDRESSES_BYTES - TAG_BYTES, E1000File.VET.get(ram, file), false);
  ram.view.setUint16(at + ADDRESSES_BYTES - TAG_BYTES + 2, special, false);
  return TAG_BYTES;
}

/** TCTL.PSP: a frame that would be shorter than 64 bytes with its FCS is filled up with zeros. The length that it then has. */
export function pad(ram: Memory, file: FileAddress, at: number, frameBytes: number): number {
  if (frameBytes >= FRAME_BYTES_MIN || (E1000File.TCTL.get(ram, file) & TransmitControlBit.PSP) === 0) return frameBytes;
  ram.fill(at + frameBytes, FRAME_BYTES_MIN - frameBytes, 0);
  return FRAME_BYTES_MIN;
}
