/** The 82540EM's legacy descriptors: 16 bytes in a ring in RAM, written by the driver, written back by the device. */

import { u16, u64, u8 } from "../field.ts";
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

export const TxCommand = Object.freeze({
  /** End of packet. */
  EOP: 1 << 0,
  /** Insert FCS. */
  IFCS: 1 << 1,
  /** Report status: write DD back. */
  RS: 1 << 3,
  /** Report packet sent: as RS, for devices that early-write. */
  RPS: 1 << 4,
  /** Descriptor extension: not a legacy descriptor. */
  DEXT: 1 << 5,
});

export const TxStatus = Object.freeze({ DD: 1 << 0 });

const HIGH_WORD = 0x1_0000_0000;

/** The device address that two registers, or the two words of a descriptor, say. Exact up to 2^53; the IOMMU table judges it. */
export function deviceAddress(low: number, high: number): number {
  return (high >>> 0) * HIGH_WORD + (low >>> 0);
}
