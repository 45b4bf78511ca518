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
  /** Longest frame staged whole, without FCS: with RCTL.LPE the longest that the NIC takes. A multiple of 8, at least 60. */
  readonly wireFrameBytes: number;
  /** Longest frame that a NIC gathers for transmission, without FCS. A multiple of 8. */
  readonly transmitFrameBytes: number;
  /** Bytes of records waiting for the operator, 4 of length before each included; a multiple of 8. */
  readonly mailboxInboundBytes: number;
  /** Bytes of records waiting for the outside. */
  readonly mailboxOutboundBytes: number;
}

export const standardHalLimits: HalLimits = Object.freeze({
  /** Per NIC one each for the next arrival, a payload, a write-back, the transmission, the cable and a line out of order, two
   *  each for interrupt moderation, two delays and the PHY: 14, so 80 are enough for 5 NICs and what else there is. */
  eventSlots: 80,
  /** About the last 200 requests at 10 records each. */
  traceRecords: 2048,
  /** Frame buffers, descriptor rings, and two regions of the machine's own: 4. */
  iommuRanges: 4,
  /** Enough that a burst at 1 Gbit/s is staged ahead of one run of the machine. */
  wireFrames: 128,
  /** 32 frames of 2048 bytes, or the 128 of 512 bytes that an HTTP mix averages. */
  wireBytes: 64 * 1024,
  /** One DMA buffer. */
  wireFrameBytes: 2048,
  /** One DMA buffer, though several descriptors may make up a frame. */
  transmitFrameBytes: 2048,
  /** One operation as long as half the region "control" (64 KiB) holds: a configuration of 2,000 lines. */
  mailboxInboundBytes: 64 * 1024,
  /** One answer as long as the other half holds: a dumped group of 1,024 backends takes about 40 KiB. */
  mailboxOutboundBytes: 64 * 1024,
});

/** For machines whose configurations have tens of thousands of lines. */
export const largeHalLimits: HalLimits = Object.freeze({
  ...standardHalLimits,
  /** One configuration of 20,000 lines of 50 bytes. */
  mailboxInboundBytes: 1024 * 1024,
  /** One dumped group of 1,024 backends, ten times over. */
  mailboxOutboundBytes: 512 * 1024,
});

/** For a machine of 64 KiB, and for tests that reach the edges. */
export const tinyHalLimits: HalLimits = Object.freeze({
  /** 14 for a NIC, and some for more devices. */
  eventSlots: 16,
  traceRecords: 32,
  iommuRanges: 4,
  wireFrames: 4,
  /** One frame of the largest kind the NIC takes (2048 bytes), or two of 1514. */
  wireBytes: 3 * 1024,
  wireFrameBytes: 2048,
  /** A full Ethernet frame, 1514 bytes. */
  transmitFrameBytes: 1520,
  /** One configuration of 1 KiB and some small operations. */
  mailboxInboundBytes: 2048,
  mailboxOutboundBytes: 1024,
});
