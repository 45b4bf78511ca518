/** A gigabit Ethernet as the wire models it: lengths that the standard sets, and the time that a frame takes. */

export const FCS_BYTES = 4;
export const FRAME_BYTES_MIN = 60;
/** Preamble 7, start delimiter 1, gap 12 (IEEE 802.3, 3.1.1 and 4.4.2). */
export const OVERHEAD_BYTES = 20;
/** 1 Gbit/s and 1 cycle = 1 ns. */
const CYCLES_PER_BYTE = 8;

/** What a NIC says of its side of the wire. */
export interface WireShape {
  /** Shorter frames are padded with zeros to this length: 60 on a real Ethernet, 0 where frames are handed over in memory. */
  readonly frameBytesMin: number;
}

/** IEEE 802.3, 3.2.8: the sender pads. */
export const ETHERNET: WireShape = Object.freeze({ frameBytesMin: FRAME_BYTES_MIN });

/** Cycles that a frame of so many bytes (without FCS) keeps one direction of the wire busy. */
export function wireCycles(frameBytes: number): number {
  return ((frameBytes < FRAME_BYTES_MIN ? FRAME_BYTES_MIN : frameBytes) + FCS_BYTES + OVERHEAD_BYTES) * CYCLES_PER_BYTE;
}
