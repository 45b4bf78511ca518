/** What a virtio device on a memory-mapped bus remembers: the registers of its window, and of each of its queues. */

import type { Address } from "../../field.ts";
import { i32, nested, u64 } from "../../field.ts";
import type { Table } from "../../layout.ts";
import { layout } from "../../layout.ts";
import { VirtqDescriptor } from "./split-ring.ts";

/** Why a device asked for a reset: `lastFault`. */
export const VirtioFault = Object.freeze({
  /** A queue was made ready with a size that is 0, no power of two, or above its largest. */
  queueSize: 1,
  /** A queue was made ready with a part that is not aligned (2.7: 16, 2 and 4). */
  queueAlignment: 2,
  /** A part of a queue lies where the device may not reach. */
  queueReach: 3,
  /** The available index went back, or further ahead of what was given back than the queue is long. */
  availableIndex: 4,
  /** A head or `next` names no descriptor. */
  descriptorIndex: 5,
  /** A chain of more descriptors than the queue holds: a loop. */
  chainLength: 6,
  /** A chain of more than 2^32 bytes. */
  chainBytes: 7,
  /** A readable descriptor after a writable one. */
  chainOrder: 8,
  /** A descriptor without bytes. */
  emptyDescriptor: 9,
  /** An indirect table without the feature, within another, with NEXT, or of an impossible length. */
  indirectTable: 10,
  /** A table or buffer lies where the device may not reach. */
  bufferReach: 11,
  /** A chain became shorter while the device worked on it. */
  chainChanged: 12,
  /** What the device's own chapter forbids: VirtioTransport.needsReset(). */
  device: 13,
});

export const VirtioRegisters = layout("VirtioRegisters", {
  status: i32,
  interruptStatus: i32,
  configGeneration: i32,
  deviceFeaturesSel: i32,
  driverFeaturesSel: i32,
  queueSel: i32,
  /** The driver's choice, 32 bits each. */
  driverFeatures0: i32,
  driverFeatures1: i32,
  driverFeatures2: i32,
  driverFeatures3: i32,
  /** Times that the device asked for a reset, and one of VirtioFault for the last. */
  faults: i32("statistic"),
  lastFault: i32("statistic"),
});

export const VirtioQueue = layout("VirtioQueue", {
  /** QueueNum and QueueReady as written. */
  entries: i32,
  ready: i32,
  /** Device addresses, as written: any 64 bits. */
  descriptors: u64("identity"),
  available: u64("identity"),
  used: u64("identity"),
  /** Ring positions modulo 2^16: the next chain to take, and what the used ring's index says. */
  nextAvailable: i32,
  publishedUsed: i32,
  /** Used elements that are written and not yet published. */
  pending: i32,
  /** 1 while a chain is taken and not yet put: its head, and the bytes of its two parts (up to 2^32 together). */
  taken: i32,
  head: i32,
  /** Bits of Torn (out-of-order.ts): what of the last used element, and of the index that shows it, does not reach memory. */
  torn: i32,
  readableBytes: u64,
  writableBytes: u64,
  /** Where a walk is: the table, its length, descriptors that the chain may still have, 1 within an indirect table. */
  table: u64("scratch"),
  tableLength: i32("scratch"),
  left: i32("scratch"),
  indirect: i32("scratch"),
  reservedWalk: i32("scratch"),
  /** The descriptor that the walk is at, as it was read. */
  descriptor: nested(VirtqDescriptor)("scratch"),
});

export interface VirtioTransportParts {
  readonly registers: Address<"VirtioRegisters">;
  readonly queues: Table<"VirtioQueue">;
  /** By queue: a power of two, at most QUEUE_SIZE_MAX. */
  readonly queueSizesMax: readonly number[];
}
