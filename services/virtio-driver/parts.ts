/**
 * Small parts of the driver that an experiment may put something else in place of: they come with the parameters of the
 * manifest's line, and the machine's digest holds their name. What is absent is the driver's own.
 */

import type { DriverContext, QueueAddress } from "./state.ts";

export interface VirtioDriverParts {
  /** What dumps and digests know them by. */
  readonly name: string;
  /** A frame has been offered to a transmit queue and the device told: told once more, with the buffer's handle. */
  readonly sent?: (context: DriverContext, rings: number, queue: QueueAddress, handle: number) => void;
  /** Takes back what the device has sent of a transmit queue. False if it makes no sense. */
  readonly reclaim?: (context: DriverContext, rings: number, queue: QueueAddress) => boolean;
  /** Tells the device of all buffers that it has not been told of. */
  readonly tellPosted?: (context: DriverContext, rings: number) => void;
  /** The slot that the oldest used element of a queue names; negative: the device makes no sense. */
  readonly usedSlot?: (context: DriverContext, rings: number, queue: QueueAddress) => number;
  /** Whether a received frame of so many bytes is believed. */
  readonly isGood?: (frameBytes: number) => boolean;
  /** Whether all goes on as it should: asked once a second. */
  readonly isAlive?: (context: DriverContext) => boolean;
}
