/** What the driver of a virtio network device remembers, in its own arena, and what its parts share. */

import type { Address } from "../../hal/field.ts";
import { i32, u32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Context } from "../../kernel/service.ts";
import type { VirtioDriverParts } from "./parts.ts";
import type { VirtioRingNumbers } from "./rings.ts";

/** Constants of the driver's manifest line. */
export interface VirtioDriverParameters extends VirtioRingNumbers {
  /** Pairs of a receive and a transmit queue to use, as many as the device has at most. */
  readonly queuePairs: number;
  /** Size of each receive queue and of each transmit queue; one that is no power of two is rounded up, one that the device does not allow lessened. */
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  /** Buffers kept posted to each receive queue. */
  readonly rxPosted: number;
  /** Group MAC addresses, six bytes each, whose frames come too: at most GROUPS_MAX. */
  readonly groups?: readonly (readonly number[])[];
  /** Parts that are not the driver's own, for experiments. */
  readonly parts?: VirtioDriverParts;
}

/** One of each of net's 16 own addresses, and that of all nodes; the data of a command has room for more. */
export const GROUPS_MAX = 17;

export const DRIVER_NEEDS = Object.freeze({
  nic: "device",
  irq: "interrupt",
  /** All queues, as rings.ts places them. */
  rings: "region:write",
  buffers: "buffers:write",
  /** Where received frames go. */
  frames: "endpoint",
  ticks: "timer",
} as const);

export const DRIVER_RECEIVES = Object.freeze(["transmit", "control"] as const);

export const DriverPhase = Object.freeze({
  starting: 0,
  running: 1,
  stopped: 2,
  /** The device was reset since it made no sense; a timer begins anew with it. */
  recovering: 3,
});

const fields = Object.freeze({
  /** One of DriverPhase; what start answered if the driver ended there. */
  phase: i32,
  startStatus: i32,
  /** MAC address as the device has it: bytes 0 to 3, and 4 to 5. */
  macLow: i32,
  macHigh: i32,
  /** Features that both sides have agreed on: bits 0 to 31, and 32 to 63. */
  featuresLow: i32,
  featuresHigh: i32,
  /** Queue pairs that the device has, entries of its indirection table, and the hash types that it can do. */
  devicePairs: i32,
  rssTableLengthMax: i32,
  hashTypes: i32,
  /** Queue pairs in use, and the arena's table of queues: receive 0, transmit 0, receive 1 and so on, the control queue last. */
  pairs: i32,
  queues: i32,
  /** Size of the rings' region as far as it is used. */
  ringsBytes: i32,
  linkUp: i32,
  /** Longest frame that may be sent. */
  txBytesMax: i32,
  /** Buffers posted to all receive queues, and wanted there; frames in all transmit queues. */
  rxPosted: i32,
  rxWanted: i32,
  txUsed: i32,
  /** Frames that were seen in the queues and not yet taken: the queue of each, in order of arrival as far as it is known. */
  arrivals: i32,
  arrivalsMax: i32,
  arrivalsNext: i32,
  arrivalsCount: i32,
  /** The queue that comes first when several have frames at once. */
  turn: i32,
  /** 1 while the interrupt line waits for our acknowledgement. */
  lineMasked: i32,
  /** Watches in a row that saw no frame since the one before, the frames that the last one saw, and 1 while the device is asked for a sign of life. */
  idleWatches: i32,
  framesWatched: i32,
  signAsked: i32,
  /** Interrupts in a row that meant nothing, and that had no cause. */
  idleInterrupts: i32,
  causeless: i32,
  /** Timers that run: while buffers are short, while the driver pauses, while the device is to be begun anew, and to see whether it is alive. */
  shortTimer: i32,
  pauseTimer: i32,
  recoverTimer: i32,
  watchTimer: i32,
  interrupts: u32("statistic"),
  /** Runs that ended at the budget, with more to take. */
  budgetEnds: u32("statistic"),
  linkChanges: u32("statistic"),
  /** Times that it waited for the next tick. */
  pauses: u32("statistic"),
  /** Times that the device was told of new buffers. */
  notifications: u32("statistic"),
  rxFrames: u32("statistic"),
  /** Dropped since net is gone, or had no room when the device was reset. */
  rxDropped: u32("statistic"),
  /** Dropped since the length made no sense. */
  rxBad: u32("statistic"),
  /** Times that no buffer was to be had for a free slot. */
  rxShort: u32("statistic"),
  /** Frames that stood beside others of other queues when they were first seen: their order is a guess. */
  rxUnordered: u32("statistic"),
  txFrames: u32("statistic"),
  /** Not sent: no room in the queue, no link, stopped, no sensible length, or the device was reset. */
  txDropped: u32("statistic"),
  /** Messages that brought no buffer. */
  txStrange: u32("statistic"),
  /** Times that the device was given up and begun anew. */
  recoveries: u32("statistic"),
});
export const VirtioDriverState = layout("VirtioDriverState", fields);

export type DriverContext = Context<typeof fields, typeof DRIVER_NEEDS, typeof DRIVER_RECEIVES, VirtioDriverParameters>;

/** The driver's side of one queue. Positions count on modulo 2^16, places are offsets in the rings' region. */
export const VirtioDriverQueue = layout("VirtioDriverQueue", {
  /** As the device counts its queues. */
  number: i32,
  /** Descriptors; chains of two that they are enough for, and buffers to keep in them. */
  length: i32,
  slots: i32,
  wanted: i32,
  /** 1 if a slot's two descriptors lie in a table of their own. */
  indirect: i32,
  descriptors: i32,
  available: i32,
  used: i32,
  /** Where tables of two descriptors lie; the headers, and how far apart those are; the flags of both descriptors. */
  chains: i32,
  headers: i32,
  headerStride: i32,
  flags: i32,
  /** Address of the region as the device has it. */
  device: i32,
  /** The arena's table of slots, and how many it has room for. */
  slotsAt: i32,
  slotsMax: i32,
  /** First free slot, -1 for none; the others are the device's. */
  freeSlot: i32,
  inFlight: i32,
  /** Where the next chain is made available, and where that was when the device was last told. */
  offered: i32,
  told: i32,
  /** Where the next used chain is taken, and up to where they were seen. */
  taken: i32,
  seen: i32,
  /** The used index of the look under way. */
  looked: i32("scratch"),
  /** `taken` when the watch last came by, and how often in a row it has not moved although chains are out. */
  watched: i32,
  stuck: i32,
  /** Frames taken from this queue. */
  ordinal: i32("identity"),
});

/** A chain of two descriptors: the handle of its buffer and where it was made available while the device has it, and the next free slot while it has not. */
export const VirtioDriverSlot = layout("VirtioDriverSlot", 12, { handle: i32, offeredAt: i32, next: i32 });

/** A frame that was seen: the number of its queue pair. */
export const VirtioDriverArrival = layout("VirtioDriverArrival", 4, { pair: i32 });

export type QueueAddress = Address<"VirtioDriverQueue">;

/** Size of a DMA buffer. */
export const BUFFER_BYTES = 2048;

/** Notification bits. */
export const DriverBit = Object.freeze({
  interrupt: 1,
  /** The budget ended the last run: go on. */
  more: 2,
  /** Buffers were short: try again. */
  short: 4,
  /** Time to begin anew with the device. */
  recover: 8,
  /** Time to see whether the device is alive. */
  watch: 16,
  /** The pause is over. */
  pause: 32,
});

export function stateOf(context: DriverContext): Address<"VirtioDriverState"> {
  return context.stateAt as Address as Address<"VirtioDriverState">;
}

export function rxQueue(context: DriverContext, pair: number): QueueAddress {
  return (VirtioDriverState.queues.get(context.memory, stateOf(context)) + 2 * pair * VirtioDriverQueue.size) as QueueAddress;
}

export function txQueue(context: DriverContext, pair: number): QueueAddress {
  return (VirtioDriverState.queues.get(context.memory, stateOf(context)) + (2 * pair + 1) * VirtioDriverQueue.size) as QueueAddress;
}

/** The control queue, behind the pairs that the manifest asks for. */
export function controlQueue(context: DriverContext): QueueAddress {
  return (VirtioDriverState.queues.get(context.memory, stateOf(context)) + 2 * context.parameters.queuePairs * VirtioDriverQueue.size) as QueueAddress;
}

export function slotAt(slots: number, index: number): Address<"VirtioDriverSlot"> {
  return (slots + index * VirtioDriverSlot.size) as Address<"VirtioDriverSlot">;
}

/** True if a feature below 32 was agreed on. */
export function hasFeature(context: DriverContext, feature: number): boolean {
  return ((VirtioDriverState.featuresLow.get(context.memory, stateOf(context)) >>> feature) & 1) === 1;
}

/** The address in `context.shared` of the rings' region; as long as the handler runs. */
export function ringsOf(context: DriverContext): number {
  return context.spanForWriting(context.needs.rings, 0, VirtioDriverState.ringsBytes.get(context.memory, stateOf(context)));
}
