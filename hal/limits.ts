/**
 * How large hal's tables are. Every number says what it is the sum of; what does not fit is refused or a panic, as the
 * table's own file says, and never grows.
 */

export interface HalLimits {
  /** Device events under way at once. Full is a panic: devices must not schedule without bound. */
  readonly eventSlots: number;
  /** Records in the trace ring; a power of two. */
  readonly traceRecords: number;
  /** Ranges of memory granted to one device at once. */
  readonly iommuRanges: number;
  /** Frames on their way to one NIC at once. */
  readonly wireFrames: number;
  /** Bytes of the frames on their way to one NIC. */
  readonly wireBytes: number;
  /** Bytes of records waiting for the operator, 4 of length before each included; a multiple of 8. */
  readonly mailboxInboundBytes: number;
  /** Bytes of records waiting for the outside. */
  readonly mailboxOutboundBytes: number;
}

export const standardHalLimits: HalLimits = Object.freeze({
  /** Per NIC one arrival, two for the frame being received, two for the frame being sent, 32 write-backs: 37, and as
   *  many again for a second NIC, less than 80. */
  eventSlots: 80,
  /** About the last 200 requests at 10 records each. */
  traceRecords: 2048,
  /** Frame buffers, descriptor rings, and two regions of the machine's own: 4. */
  iommuRanges: 4,
  /** Enough that a burst at 1 Gbit/s is staged ahead of one run of the machine. */
  wireFrames: 128,
  /** 32 frames of 2048 bytes, or the 128 of 512 bytes that an HTTP mix averages. */
  wireBytes: 64 * 1024,
  /** The longest configuration text (32 KiB) and its header, with as much again behind it. */
  mailboxInboundBytes: 64 * 1024,
  /** The longest answer (a dumped group) once, with as much again behind it. */
  mailboxOutboundBytes: 32 * 1024,
});

/** For a machine of 64 KiB, and for tests that reach the edges. */
export const tinyHalLimits: HalLimits = Object.freeze({
  /** One NIC with 4 write-backs: 9, and a few for a second. */
  eventSlots: 16,
  traceRecords: 32,
  iommuRanges: 4,
  wireFrames: 4,
  /** One frame of the largest kind the NIC takes (2048 bytes), or two of 1514. */
  wireBytes: 3 * 1024,
  /** One configuration of 1 KiB and some small operations. */
  mailboxInboundBytes: 2048,
  mailboxOutboundBytes: 1024,
});
