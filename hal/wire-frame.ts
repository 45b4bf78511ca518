/** A frame on its way to a NIC: the record of it while its bytes lie in the staging ring (wire.ts). */

import { i32, u64 } from "./field.ts";
import { layout } from "./layout.ts";

/** Where a staged frame is on its way. `accepted` and beyond are the NIC's to set. */
export const WireStage = Object.freeze({ onTheWire: 0, accepted: 1, copied: 2, refused: 3, done: 4 });

export const WireFrame = layout("WireFrame", 40, {
  arrivalCycle: u64("time"),
  /** Counts every frame ever offered to this wire, from 1. */
  ordinal: i32("identity"),
  /** True length, padding included, FCS not. */
  frameBytes: i32,
  /** Offset of its first byte in the staging ring, and how many bytes of it are there. */
  stagedAt: i32,
  stagedBytes: i32,
  /** One of WireStage. */
  stage: i32,
  /** The NIC's own: the first descriptor it claimed for this frame, how many, and how the receiver was set then. */
  descriptor: i32,
  descriptors: i32,
  control: i32,
});
