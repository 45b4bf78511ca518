/**
 * What the transmitter of an E1000 remembers: the descriptor it works on, the frame it gathers, the two contexts that
 * descriptors set (manual 3.3.6), and the descriptors that wait to be written back. All-zero state is an idle transmitter.
 */

import type { Address } from "../field.ts";
import { bytes, i32, nested, u64 } from "../field.ts";
import { layout } from "../layout.ts";
import type { HalLimits } from "../limits.ts";
import type { RamPlan } from "../ram-plan.ts";
import { TxContext } from "./descriptors.ts";

/** 3.5.5: the header that segmentation puts in front of each frame is at most so long. */
export const SEGMENT_HEADER_BYTES_MAX = 240;
/** In front of the gathered bytes: room for the four bytes of a VLAN tag, which move both addresses forward. */
const HEADROOM_BYTES = 8;

/** What a frame is made of, as its first descriptor says. */
export const FrameKind = Object.freeze({ none: 0, legacy: 1, data: 2, segmented: 3 });

export const E1000TransmitState = layout("E1000TransmitState", {
  /** The descriptor, as it was fetched: where its data lies, how much it is, and how much of it has been taken. */
  bufferAddress: u64("identity"),
  dataBytes: i32,
  takenBytes: i32,
  /** Its index in the ring, its command byte, CSO of a legacy descriptor, and its VLAN tag. */
  index: i32,
  command: i32,
  checksumOffset: i32,
  special: i32,
  /** The frame: one of FrameKind; POPTS, or CSS, of its first descriptor; bytes gathered, -1 when it cannot be sent any more. */
  kind: i32,
  options: i32,
  gatheredBytes: i32,
  /** Segmentation: command byte and tag of the first data descriptor, header bytes gathered, frames and payload bytes that have left. */
  firstCommand: i32,
  firstSpecial: i32,
  headerBytes: i32,
  segments: i32,
  sentBytes: i32,
  /** 1: more data came than the context announced. */
  surplus: i32,
  /** Descriptors that wait to be written back: the index of the first, how many, and whether one of them wants its interrupt at once. */
  waitingFirst: i32,
  waiting: i32,
  waitingUrgent: i32,
  /** The context of checksums, and that of segmentation. */
  checksumContext: nested(TxContext),
  segmentContext: nested(TxContext),
  header: bytes(SEGMENT_HEADER_BYTES_MAX),
});

export interface E1000TransmitParts {
  readonly state: Address<"E1000TransmitState">;
  /** Where a frame is gathered before it leaves; in front of it is room for a VLAN tag. */
  readonly gather: number;
  readonly gatherBytes: number;
}

export function planTransmit(plan: RamPlan, name: string, limits: HalLimits): E1000TransmitParts {
  return Object.freeze({
    state: plan.record(`${name}.transmit`, E1000TransmitState),
    gather: plan.bytes(`${name}.gather`, HEADROOM_BYTES + limits.transmitFrameBytes) + HEADROOM_BYTES,
    gatherBytes: limits.transmitFrameBytes,
  });
}
