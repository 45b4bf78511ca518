/** What a world remembers beside its machine. All-zero is a world in front of its first frame. */

import { i32, u64 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";

export const WorldState = layout("WorldState", {
  /** Cycle at which the capture's first frame arrives; 0 until the replay has begun. */
  baseCycle: u64("time"),
  /** How many of the frames to offer are on the wire or past it. */
  framesOffered: i32,
  framesSnapped: i32("statistic"),
  /** Wire ordinal of the first frame that this world offered. */
  firstOrdinal: i32("identity"),
  /** Frames that the wire held when it had no room last; 0 while it has room. */
  fullFrames: i32,
  /** Of the next mailbox request. */
  nextRequestId: i32("identity"),
  /** 1: those around the machine do nothing until the replay begins. */
  asleep: i32,
});
