/** What the near end of a wire (wire.ts) remembers beside the frames on their way. All zero: nothing was ever on it, and it is plugged in. */

import { i32, u64 } from "./field.ts";
import { layout } from "./layout.ts";

export const WireState = layout("WireState", {
  lastArrivalCycle: u64("time"),
  /** When the outgoing direction is free again. */
  transmitFreeCycle: u64("time"),
  /** Index of the oldest entry in use, entries in use, and how many of these have arrived. */
  head: i32,
  count: i32,
  arrived: i32,
  /** Offset in the staging ring of the next free byte. */
  freeAt: i32,
  /** Ordinal of the last frame offered. */
  ordinal: i32("identity"),
  offered: i32("statistic"),
  /** Lost on the way by a chance draw: never seen by the NIC. */
  lost: i32("statistic"),
  /** Staged cut since they were longer than the staging's frame limit. */
  cut: i32("statistic"),
  transmitted: i32("statistic"),
  /** 1 while the cable is pulled out: nothing passes in either direction. */
  unplugged: i32,
  /** 1 while the event is under way that tells the device of it. */
  plugPending: i32,
});
