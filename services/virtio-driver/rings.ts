/**
 * Where the queues lie in the region that driver and device share: first a page of what both read and write besides
 * (the header of every frame that is sent, the control command), then each queue's parts.
 */

import { bytes, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { VirtioNetHeader } from "../../hal/nic/virtio/net-layouts.ts";
import { VirtqDescriptor, availableRingBytes, descriptorTableBytes, usedRingBytes } from "../../hal/nic/virtio/split-ring.ts";

/** The longest command: an RSS_CONFIG with a table of 128 queues and a key of 40 bytes takes 307 bytes of data. */
export const COMMAND_DATA_BYTES = 320;

export const VirtioDriverPage = layout("VirtioDriverPage", 336, {
  /** All zeros: nothing is offloaded, so that one header serves every frame. */
  transmitHeader: bytes(VirtioNetHeader.size),
  /** What the device answers a command with. */
  acknowledgement: u8,
  reserved: u8,
  /** A VirtioNetControl, and its data behind it. */
  command: bytes(2),
  data: bytes(COMMAND_DATA_BYTES),
});

/** One command at a time: what goes to the device, and what comes back. */
export const CONTROL_DESCRIPTORS = 2;

/** What decides how large the region must be. */
export interface VirtioRingNumbers {
  readonly queuePairs: number;
  readonly rxDescriptors: number;
  readonly txDescriptors: number;
  readonly rxPosted: number;
}

/** A chain of two descriptors for each buffer: its header, and itself. */
export const CHAIN_BYTES = 2 * VirtqDescriptor.size;
/** Headers of received frames lie so far apart. */
export const HEADER_STRIDE_BYTES = 16;

const QUEUE_SIZE_LEAST = 2;

/** The next power of two. */
export function queueSize(descriptors: number): number {
  let size = QUEUE_SIZE_LEAST;
  while (size < descriptors) size *= 2;
  return size;
}

/** Whether so many buffers of two descriptors want more room than the queue itself has. */
export function wantsIndirect(descriptors: number, buffers: number): boolean {
  return 2 * buffers > queueSize(descriptors);
}

function aligned(bytesNeeded: number): number {
  return (bytesNeeded + 15) & ~15;
}

/** Bytes of the three rings' parts, each aligned to 16. */
export function availableOffset(size: number): number {
  return descriptorTableBytes(size);
}

export function usedOffset(size: number): number {
  return availableOffset(size) + aligned(availableRingBytes(size));
}

/** Where the tables of indirect descriptors lie, and where the queue's headers. */
export function chainsOffset(size: number): number {
  return usedOffset(size) + aligned(usedRingBytes(size));
}

export function headersOffset(size: number, indirect: boolean): number {
  return chainsOffset(size) + (indirect ? size * CHAIN_BYTES : 0);
}

/** Bytes of a receive queue, of a transmit queue, and of the control queue. */
export function rxQueueBytes(numbers: VirtioRingNumbers): number {
  const size = queueSize(numbers.rxDescriptors);
  return headersOffset(size, wantsIndirect(numbers.rxDescriptors, numbers.rxPosted)) + size * HEADER_STRIDE_BYTES;
}

export function txQueueBytes(numbers: VirtioRingNumbers): number {
  return headersOffset(queueSize(numbers.txDescriptors), true);
}

const CONTROL_QUEUE_BYTES = chainsOffset(CONTROL_DESCRIPTORS);

export const CONTROL_QUEUE_OFFSET = VirtioDriverPage.size;
export const PAIRS_OFFSET = CONTROL_QUEUE_OFFSET + CONTROL_QUEUE_BYTES;

/** Bytes of the region that a driver with these numbers needs. */
export function virtioRingsBytes(numbers: VirtioRingNumbers): number {
  return PAIRS_OFFSET + numbers.queuePairs * (rxQueueBytes(numbers) + txQueueBytes(numbers));
}
