/**
 * Small parts of the driver that an experiment may put something else in place of: they come with the parameters of the
 * manifest's line, and the machine's digest holds their name. What is absent is the driver's own.
 */

import type { DriverContext } from "./state.ts";

export interface E1000DriverParts {
  /** What dumps and digests know them by. */
  readonly name: string;
  /** The receive tail that the device is told: it may use the slots before it. */
  readonly receiveTail?: (context: DriverContext) => number;
  /** Whether a finished descriptor is believed to hold a frame in one buffer, of so many bytes. */
  readonly isWhole?: (context: DriverContext, status: number, frameBytes: number) => boolean;
  /** Whether the transmit ring of a device at work has room for one more frame. */
  readonly hasRoom?: (context: DriverContext) => boolean;
  /** Whether the device is at work: asked once a second. */
  readonly isAlive?: (context: DriverContext) => boolean;
}
