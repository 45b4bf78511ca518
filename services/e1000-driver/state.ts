/** What the driver of an 82540EM remembers, in its own arena, and what its parts share. */

import type { Address } from "../../hal/field.ts";
import { i32, u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { DESCRIPTOR_BYTES } from "../../hal/nic/descriptors.ts";
import type { Context } from "../../kernel/service.ts";
import type { E1000DriverParts } from "./parts.ts";

/** Constants of the driver's manifest line. */
export interface E1000DriverParameters {
  /** Descriptors of the receive ring, and of the transmit ring; a number that is no multiple of 8 is rounded up. */
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  /** Buffers kept posted to the receive ring; at most one less than its descriptors, or head would meet tail. */
  readonly rxPosted: number;
  /** Group MAC addresses, six bytes each, whose frames come too; the device lets others through whose hash is the same. */
  readonly groups?: readonly (readonly number[])[];
  /** Parts that are not the driver's own, for experiments. */
  readonly parts?: E1000DriverParts;
}

export const DRIVER_NEEDS = Object.freeze({
  nic: "device",
  irq: "interrupt",
  /** Both rings: the receive ring at 0, the transmit ring behind it. */
  rings: "region:write",
  buffers: "buffers:write",
  /** Where received frames go. */
  frames: "endpoint",
  ticks: "timer",
} as const);

export const DRIVER_RECEIVES = Object.freeze(["transmit", "control"] as const);

export const DriverPhase = Object.freeze({ starting: 0, running: 1, stopped: 2 });

const fields = Object.freeze({
  /** One of DriverPhase; what start answered if the driver ended there. */
  phase: i32,
  startStatus: i32,
  /** MAC address as the EEPROM has it: bytes 0 to 3, and 4 to 5. */
  macLow: i32,
  macHigh: i32,
  /** Descriptors of the receive ring, and the arena's table of the handles in it. */
  rxCount: i32,
  rxHandles: i32,
  /** Buffers to keep posted, and those that are: in the slots from `rxNext` up to `rxTail`. */
  rxWanted: i32,
  rxPosted: i32,
  rxNext: i32,
  rxTail: i32,
  /** The tail that the device was told. */
  rxTailTold: i32,
  /** 1 while the parts of a frame over several descriptors are passed over. */
  rxPassing: i32,
  /** Frames taken from descriptors. */
  rxOrdinal: i32("identity"),
  txCount: i32,
  txHandles: i32,
  /** Frames in the ring: in the slots from `txOldest` up to `txTail`. */
  txUsed: i32,
  txOldest: i32,
  txTail: i32,
  /** 1 while TXDW is unmasked. */
  txWatched: i32,
  /** Frames taken back from the ring, modulo 2^31; what it was at the last watch, -1 if the ring was empty then. */
  txDone: i32,
  txDoneWatched: i32,
  /** Buffers posted to the receive ring and taken from it, and what it was at the last watch. */
  rxMoves: i32,
  rxMovesWatched: i32,
  /** Causes that were read since the last watch. */
  causes: i32,
  /** STATUS.LU as it was seen last. */
  linkUp: i32,
  /** 1 while the interrupt line waits for our acknowledgement. */
  lineMasked: i32,
  /** Interrupts in a row for which there was nothing to do. */
  idleInterrupts: i32,
  /** Timers that run, 0 if one does not: while buffers are short, while the driver pauses, and to see whether the device is alive. */
  shortTimer: i32,
  pauseTimer: i32,
  watchTimer: i32,
  interrupts: u32("statistic"),
  /** Runs that ended at the budget, with more to take. */
  budgetEnds: u32("statistic"),
  rxFrames: u32("statistic"),
  /** Dropped since net is gone, or its queue full and no timer to be had for waiting; or still in the ring at a reset. */
  rxDropped: u32("statistic"),
  /** Dropped since the descriptor made no sense: length, or a frame over several descriptors. */
  rxBad: u32("statistic"),
  /** Times that no buffer was to be had for a free slot. */
  rxShort: u32("statistic"),
  txFrames: u32("statistic"),
  /** Not sent: no room in the ring, no link, stopped, no sensible length, or still in the ring at a reset. */
  txDropped: u32("statistic"),
  /** Messages that brought no buffer. */
  txStrange: u32("statistic"),
  /** Times that the driver waited a tick: for room in net's queue, or since interrupts would not end. */
  pauses: u32("statistic"),
  linkChanges: u32("statistic"),
  /** Times that the device was reset and set to work anew. */
  recoveries: u32("statistic"),
});
export const E1000DriverState = layout("E1000DriverState", fields);

export type DriverContext = Context<typeof fields, typeof DRIVER_NEEDS, typeof DRIVER_RECEIVES, E1000DriverParameters>;

/** The handle of the buffer in a ring's slot. */
export const E1000DriverSlot = layout("E1000DriverSlot", 4, { handle: i32 });

/** Size of a DMA buffer, and of what the device may write into one (RCTL.BSIZE 00). */
export const BUFFER_BYTES = 2048;

/** Notification bits. */
export const DriverBit = Object.freeze({
  interrupt: 1,
  /** The budget ended the last run: go on. */
  more: 2,
  /** Buffers were short: try again. */
  short: 4,
  /** The pause is over. */
  pause: 8,
  /** See whether the device is alive. */
  watch: 16,
});

export function stateOf(context: DriverContext): Address<"E1000DriverState"> {
  return context.stateAt as Address as Address<"E1000DriverState">;
}

export function slotAt(handles: number, index: number): Address<"E1000DriverSlot"> {
  return (handles + index * E1000DriverSlot.size) as Address<"E1000DriverSlot">;
}

/** RDLEN and TDLEN count in steps of 128 bytes, 8 descriptors. */
export function ringCount(descriptors: number): number {
  return (descriptors + 7) & ~7;
}

export function rxRingBytes(context: DriverContext): number {
  return E1000DriverState.rxCount.get(context.memory, stateOf(context)) * DESCRIPTOR_BYTES;
}

export function txRingBytes(context: DriverContext): number {
  return E1000DriverState.txCount.get(context.memory, stateOf(context)) * DESCRIPTOR_BYTES;
}
