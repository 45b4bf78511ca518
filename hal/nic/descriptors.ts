/** The 82540EM's descriptors: 16 bytes in a ring in RAM, written by the driver, written back by the device. */

import { i32, u16, u64, u8 } from "../field.ts";
import { layout } from "../layout.ts";

export const DESCRIPTOR_BYTES = 16;

/** Legacy receive descriptor (manual 3.2.3). */
export const RxDescriptor = layout("RxDescriptor", DESCRIPTOR_BYTES, {
  bufferAddress: u64("identity"),
  /** Bytes of the frame in this descriptor's buffer; the FCS counts unless RCTL.SECRC strips it. */
  frameBytes: u16,
  checksum: u16,
  /** RxStatus. */
  status: u8,
  errors: u8,
  special: u16,
});

export const RxStatus = Object.freeze({
  /** Descriptor done: the device is finished with it. */
  DD: 1 << 0,
  /** End of packet. */
  EOP: 1 << 1,
  /** Ignore checksum indication: the device has checked no checksum. */
  IXSM: 1 << 2,
  /** The frame was tagged, and its tag was stripped into `special`. */
  VP: 1 << 3,
  /** TCP's or UDP's checksum was judged, IPv4's header checksum was. */
  TCPCS: 1 << 5,
  IPCS: 1 << 6,
});

/** Errors of a frame (3.2.3.2); the wire delivers no damaged ones, so the others never occur. */
export const RxError = Object.freeze({
  /** TCP's or UDP's checksum is wrong, IPv4's is. */
  TCPE: 1 << 5,
  IPE: 1 << 6,
});

/** Legacy transmit descriptor (manual 3.3.3). */
export const TxDescriptor = layout("TxDescriptor", DESCRIPTOR_BYTES, {
  bufferAddress: u64("identity"),
  frameBytes: u16,
  checksumOffset: u8,
  /** TxCommand. */
  command: u8,
  /** TxStatus; the upper four bits are reserved and kept. */
  status: u8,
  checksumStart: u8,
  special: u16,
});

/** The command byte of every transmit descriptor; where two names stand for a bit, its meaning hangs on the descriptor's kind. */
export const TxCommand = Object.freeze({
  /** End of packet. */
  EOP: 1 << 0,
  /** Insert FCS. */
  IFCS: 1 << 1,
  /** Legacy: insert checksum. */
  IC: 1 << 2,
  /** Data: part of a TCP segmentation. Context: this is the segmentation's context. */
  TSE: 1 << 2,
  /** Report status: write DD back. */
  RS: 1 << 3,
  /** Report packet sent: as RS, for devices that early-write. */
  RPS: 1 << 4,
  /** Descriptor extension: not a legacy descriptor. */
  DEXT: 1 << 5,
  /** VLAN packet enable: a tag is inserted. */
  VLE: 1 << 6,
  /** Interrupt delay enable. */
  IDE: 1 << 7,
});

/** Bits of a context descriptor's command byte that no other descriptor has (3.3.6.1). */
export const TxContextCommand = Object.freeze({
  /** The payload is TCP; otherwise UDP. */
  TCP: 1 << 0,
  /** The packet is IPv4; otherwise IPv6. Without this and TCP the header is not changed. */
  IP: 1 << 1,
});

/** What the word behind an extended descriptor's address says (3.3.6, 3.3.7): length, type and command byte. */
export const TX_LENGTH = 0xf_ffff;
export const TX_TYPE_SHIFT = 20;
export const TX_COMMAND_SHIFT = 24;
/** The four bits of its type. */
export const TxType = Object.freeze({ context: 0, data: 1 });

/** TCP/IP context descriptor (manual 3.3.6): sets what the data descriptors that follow want done. */
export const TxContext = layout("TxContext", DESCRIPTOR_BYTES, {
  ipChecksumStart: u8,
  ipChecksumOffset: u8,
  /** The last byte summed; 0 for the end of the packet. */
  ipChecksumEnd: u16,
  checksumStart: u8,
  checksumOffset: u8,
  checksumEnd: u16,
  /** PAYLEN, type and command. */
  lengthAndCommand: i32,
  status: u8,
  headerBytes: u8,
  /** MSS. */
  segmentBytes: u16,
});

/** TCP/IP data descriptor (manual 3.3.7). */
export const TxData = layout("TxData", DESCRIPTOR_BYTES, {
  bufferAddress: u64("identity"),
  /** DTALEN, type and command. */
  lengthAndCommand: i32,
  status: u8,
  /** TxOption. */
  options: u8,
  special: u16,
});

/** POPTS (3.3.7.3). */
export const TxOption = Object.freeze({
  /** Insert the IP checksum. */
  IXSM: 1 << 0,
  /** Insert the TCP or UDP checksum. */
  TXSM: 1 << 1,
});

export const TxStatus = Object.freeze({ DD: 1 << 0 });

const HIGH_WORD = 0x1_0000_0000;

/** The device address that two registers, or the two words of a descriptor, say. Exact up to 2^53; the IOMMU table judges it. */
export function deviceAddress(low: number, high: number): number {
  return (high >>> 0) * HIGH_WORD + (low >>> 0);
}
