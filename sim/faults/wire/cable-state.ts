/**
 * What the cable remembers, in the world's memory. All-zero, but for the arena behind it, is a cable on which nothing was
 * ever out of order. Pairs of fields are the two directions.
 */

import { i32, u32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";

/** Clients that are told apart; all others, and frames without addresses, are number 0. */
export const CABLE_CLIENTS_MAX = 32;
/** Frames under way on the cable for longer than they should be, both directions together. */
export const CABLE_FRAMES_MAX = 128;
/** Room for their bytes. */
export const CABLE_ARENA_BYTES = 64 * 1024;
/** Wire ordinals whose frame of the capture is known: more than any wire holds frames. A power of two. */
export const CABLE_ORDINALS = 256;

export const Direction = Object.freeze({ toMachine: 0, fromMachine: 1 });

export const CableState = layout("CableState", 88, {
  clients: i32,
  /** Frames that wait here. */
  waiting: i32,
  /** When the first of them is due; 0 while none waits. */
  dueCycle: u64("time"),
  /** Order of the next frame that comes to wait. */
  orders: i32("identity"),
  reserved: i32,
  /** Until then a slow cable is busy with a frame. */
  busyToMachine: u64("time"),
  busyFromMachine: u64("time"),
  /** Until then nothing comes through. */
  cloggedToMachine: u64("time"),
  cloggedFromMachine: u64("time"),
  /** Frames that went by while something might have gone wrong, and what became of them. */
  passed: u32("statistic"),
  lost: u32("statistic"),
  /** Swallowed since their client was cut off. */
  cutOff: u32("statistic"),
  changed: u32("statistic"),
  doubled: u32("statistic"),
  late: u32("statistic"),
  /** Dropped since the cable could not hold more. */
  overflowed: u32("statistic"),
  reserved1: u32("statistic"),
});

/** An address as it was seen first: of IPv4 in the last word. */
export const CableClient = layout("CableClient", 24, {
  word0: i32,
  word1: i32,
  word2: i32,
  word3: i32,
  /** Until then its frames are swallowed, both ways. */
  cutOffUntilCycle: u64("time"),
});

/** A frame that waits. */
export const CableFrame = layout("CableFrame", 32, {
  dueCycle: u64("time"),
  /** Of frames that are due at one cycle the smaller goes first. */
  order: i32("identity"),
  /** Address of its bytes in the arena; 0: the entry is free. */
  bytesAt: i32("identity"),
  frameBytes: i32,
  /** One of Direction. */
  direction: i32,
  /** So many others of its direction go before it; 0: only its cycle counts. */
  overtakers: i32,
  /** Its number in the capture; 0 for any other frame. */
  captureFrame: i32,
});

/** Which frame of the capture has a wire ordinal. */
export const CableOrdinal = layout("CableOrdinal", 8, {
  ordinal: i32("identity"),
  captureFrame: i32,
});

const CLIENTS_AT = CableState.size;
const FRAMES_AT = CLIENTS_AT + CABLE_CLIENTS_MAX * CableClient.size;
const ORDINALS_AT = FRAMES_AT + CABLE_FRAMES_MAX * CableFrame.size;
const ARENA_AT = (ORDINALS_AT + CABLE_ORDINALS * CableOrdinal.size + 63) & ~63;

/** Offsets in the cable's part of the world's memory. */
export const CablePlace = Object.freeze({ clients: CLIENTS_AT, frames: FRAMES_AT, ordinals: ORDINALS_AT, arena: ARENA_AT });

export const CABLE_BYTES = ARENA_AT + CABLE_ARENA_BYTES;
