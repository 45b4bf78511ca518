/**
 * A NIC's account of frames: every frame that reached it is received, dropped for one reason, or still in flight, so
 * that offered = received + filtered + noDescriptor + tooLong + linkDown + in flight at any time. No register shows it
 * and no reset clears it: it is what the machine's owner is told.
 */

import type { Address } from "../field.ts";
import { i32 } from "../field.ts";
import { layout } from "../layout.ts";
import type { Memory } from "../memory.ts";

/** Why a frame was dropped: argument of HalTrace.frameDropped. */
export const DropReason = Object.freeze({
  /** Not addressed to this machine. */
  filtered: 1,
  /** No free descriptor, or none whose memory the device may reach. */
  noDescriptor: 2,
  /** Over the length limit. */
  tooLong: 3,
  /** Link or receiver is off, or the device was reset before the frame was in memory. */
  linkDown: 4,
});

export const NicAccount = layout("NicAccount", 48, {
  offered: i32("statistic"),
  /** Written to descriptors. */
  received: i32("statistic"),
  filtered: i32("statistic"),
  noDescriptor: i32("statistic"),
  tooLong: i32("statistic"),
  linkDown: i32("statistic"),
  /** Accepted, not yet written back. */
  inFlight: i32,
  transmitted: i32("statistic"),
  /** Frames given for transmission that could not leave: too long, empty, or not readable. */
  transmitDropped: i32("statistic"),
  /** Descriptors and payloads that the IOMMU table refused. */
  dmaFaults: i32("statistic"),
  resets: i32("statistic"),
  /** Descriptors of a kind that is not modelled, passed over. */
  unknownDescriptors: i32("statistic"),
});

/** Counts a dropped frame under its DropReason. */
export function countDropped(ram: Memory, account: Address<"NicAccount">, reason: number): void {
  switch (reason) {
    case DropReason.filtered:
      NicAccount.filtered.add(ram, account, 1);
      return;
    case DropReason.noDescriptor:
      NicAccount.noDescriptor.add(ram, account, 1);
      return;
    case DropReason.tooLong:
      NicAccount.tooLong.add(ram, account, 1);
      return;
    default:
      NicAccount.linkDown.add(ram, account, 1);
      return;
  }
}
