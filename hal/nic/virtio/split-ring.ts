/**
 * A split virtqueue as it lies in RAM (VIRTIO 1.2, 2.7): the descriptor table, what the driver makes available, what the
 * device has used. All little-endian. Nothing here moves by itself: device and driver each keep their own positions.
 */

import type { Address } from "../../field.ts";
import { i32, u16, u64 } from "../../field.ts";
import { layout } from "../../layout.ts";

/** 2.7.5. */
export const VirtqDescriptor = layout("VirtqDescriptor", 16, {
  address: u64("identity"),
  bytes: i32,
  /** VirtqDescriptorFlag. */
  flags: u16,
  next: u16,
});

export const VirtqDescriptorFlag = Object.freeze({ NEXT: 1, WRITE: 2, INDIRECT: 4 });

/** The first words of both rings: 2.7.6 and 2.7.8. */
export const VirtqRing = layout("VirtqRing", 4, {
  /** VirtqAvailableFlag, or VirtqUsedFlag. */
  flags: u16,
  /** Where the next entry goes, modulo the queue's size. */
  index: u16,
});

export const VirtqAvailableFlag = Object.freeze({ NO_INTERRUPT: 1 });
export const VirtqUsedFlag = Object.freeze({ NO_NOTIFY: 1 });

/** An entry of the available ring: the head of a chain. Also what `used_event` and `avail_event` behind the rings are. */
export const VirtqIndex = layout("VirtqIndex", 2, { value: u16 });

/** An entry of the used ring (2.7.8). */
export const VirtqUsedElement = layout("VirtqUsedElement", 8, {
  head: i32,
  /** Bytes that the device wrote into the chain. */
  bytes: i32,
});

/** 2.6: a queue holds at most so many descriptors; its size is a power of two. */
export const QUEUE_SIZE_MAX = 32_768;

export function descriptorAt(table: number, index: number): Address<"VirtqDescriptor"> {
  return (table + index * VirtqDescriptor.size) as Address<"VirtqDescriptor">;
}

/** The entry of a ring position that counts on for ever, in a queue of `size` descriptors. */
export function availableAt(ring: number, size: number, position: number): Address<"VirtqIndex"> {
  return (ring + VirtqRing.size + (position & (size - 1)) * VirtqIndex.size) as Address<"VirtqIndex">;
}

export function usedAt(ring: number, size: number, position: number): Address<"VirtqUsedElement"> {
  return (ring + VirtqRing.size + (position & (size - 1)) * VirtqUsedElement.size) as Address<"VirtqUsedElement">;
}

/** Behind the available ring: the driver says at which used index it wants to be interrupted (2.7.7). */
export function usedEventAt(available: number, size: number): Address<"VirtqIndex"> {
  return (available + VirtqRing.size + size * VirtqIndex.size) as Address<"VirtqIndex">;
}

/** Behind the used ring: the device says at which available index it wants to be notified (2.7.10). */
export function availableEventAt(used: number, size: number): Address<"VirtqIndex"> {
  return (used + VirtqRing.size + size * VirtqUsedElement.size) as Address<"VirtqIndex">;
}

/** Bytes of the three parts, with the event word behind each ring (2.7, table of alignments: 16, 2 and 4). */
export const descriptorTableBytes = (size: number): number => size * VirtqDescriptor.size;
export const availableRingBytes = (size: number): number => VirtqRing.size + size * VirtqIndex.size + VirtqIndex.size;
export const usedRingBytes = (size: number): number => VirtqRing.size + size * VirtqUsedElement.size + VirtqIndex.size;

/** 2.7.10.1: has the index passed `event` on its way from `before` to `after`? */
export function eventPassed(event: number, after: number, before: number): boolean {
  return ((after - event - 1) & 0xffff) < ((after - before) & 0xffff);
}
