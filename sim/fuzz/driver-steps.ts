/**
 * What drivers do to a bare device, as actions for a board stage: the steps of which good and mad ones are made. Memory
 * offsets count from the start of the board's memory; addresses are the device's.
 */

import { DESCRIPTOR_BYTES } from "../../hal/nic/descriptors.ts";
import { E1000Register } from "../../hal/nic/e1000-registers.ts";
import { VirtioFeature, VirtioRegister, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptor } from "../../hal/nic/virtio/split-ring.ts";
import { BoardMemory } from "./board-memory.ts";
import type { FuzzAction } from "./input.ts";

/** Descriptors of a ring or queue, as a driver that means well has it. */
export const RING_LENGTH = 16;
/** Each virtio queue has such a piece of memory: descriptors, available ring, used ring. */
const QUEUE_BYTES = 0x400;
const AVAILABLE_AT = 0x200;
const USED_AT = 0x300;
/** Behind nine queues, and behind the two rings of an 82540EM. */
export const BUFFERS_AT = 0x4000;
const TRANSMIT_RING_AT = 0x1000;
const LIVE = VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.FEATURES_OK;
export const VERSION_1 = 1 << (VirtioFeature.VERSION_1 - 32);

export const addressOf = (offset: number): number => BoardMemory.base + offset;

export function write(offset: number, value: number): FuzzAction {
  return { op: "write", offset, value: value | 0 };
}

export function memory(address: number, bytes: readonly number[]): FuzzAction {
  return { op: "memory", address, bytes: Uint8Array.from(bytes), after: 0 };
}

export function wait(cycles: number): FuzzAction {
  return { op: "wait", cycles };
}

/** Little-endian. */
export const half = (value: number): number[] => [value & 255, (value >>> 8) & 255];
export const word = (value: number): number[] => [...half(value), ...half(value >>> 16)];

// --- virtio ----------------------------------------------------------------------------------------------------------

export interface ChainPart {
  readonly address: number;
  readonly bytes: number;
  /** VirtqDescriptorFlag. */
  readonly flags: number;
  readonly next?: number;
}

/** Status up to FEATURES_OK, with this choice of features. */
export function negotiate(low: number, high: number): FuzzAction[] {
  return [
    write(VirtioRegister.Status, VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER),
    write(VirtioRegister.DriverFeaturesSel, 0),
    write(VirtioRegister.DriverFeatures, low),
    write(VirtioRegister.DriverFeaturesSel, 1),
    write(VirtioRegister.DriverFeatures, high),
    write(VirtioRegister.Status, LIVE),
  ];
}

export function driverOk(): FuzzAction {
  return write(VirtioRegister.Status, LIVE | VirtioStatus.DRIVER_OK);
}

/** Says where a queue lies and makes it ready; `descriptorsAt` and `availableAt` where it differs. */
export function readyQueue(queue: number, length = RING_LENGTH, descriptors = addressOf(queue * QUEUE_BYTES), available = addressOf(queue * QUEUE_BYTES + AVAILABLE_AT)): FuzzAction[] {
  return [
    write(VirtioRegister.QueueSel, queue),
    write(VirtioRegister.QueueNum, length),
    write(VirtioRegister.QueueDescLow, descriptors),
    write(VirtioRegister.QueueDriverLow, available),
    write(VirtioRegister.QueueDeviceLow, addressOf(queue * QUEUE_BYTES + USED_AT)),
    write(VirtioRegister.QueueReady, 1),
  ];
}

export function descriptorBytes({ address, bytes, flags, next = 0 }: ChainPart): number[] {
  return [...word(address), ...word(0), ...word(bytes), ...half(flags), ...half(next)];
}

export function descriptor(queue: number, index: number, buffer: ChainPart): FuzzAction {
  return memory(queue * QUEUE_BYTES + index * VirtqDescriptor.size, descriptorBytes(buffer));
}

/** These heads are made available, in a ring that was empty; the index says `index`. */
export function available(queue: number, heads: readonly number[], index = heads.length): FuzzAction {
  return memory(queue * QUEUE_BYTES + AVAILABLE_AT, [...half(0), ...half(index), ...heads.flatMap(half)]);
}

export function notify(queue: number): FuzzAction {
  return write(VirtioRegister.QueueNotify, queue);
}

// --- 82540EM ---------------------------------------------------------------------------------------------------------

export function receiveRing(control: number, base = addressOf(0), descriptors = RING_LENGTH): FuzzAction[] {
  return [
    write(E1000Register.RDBAL, base),
    write(E1000Register.RDLEN, descriptors * DESCRIPTOR_BYTES),
    write(E1000Register.RDT, descriptors - 1),
    write(E1000Register.RCTL, control),
  ];
}

export function transmitRing(control: number, base = addressOf(TRANSMIT_RING_AT), descriptors = RING_LENGTH): FuzzAction[] {
  return [
    write(E1000Register.TDBAL, base),
    write(E1000Register.TDLEN, descriptors * DESCRIPTOR_BYTES),
    write(E1000Register.TCTL, control),
  ];
}

export function receiveDescriptor(index: number, address: number): FuzzAction {
  return memory(index * DESCRIPTOR_BYTES, [...word(address), ...new Array<number>(12).fill(0)]);
}

/** The two words behind the address: length, type and command; status, options and tag. */
export function transmitDescriptor(index: number, address: number, lengthAndCommand: number, rest = 0): FuzzAction {
  return memory(TRANSMIT_RING_AT + index * DESCRIPTOR_BYTES, [...word(address), ...word(0), ...word(lengthAndCommand), ...word(rest)]);
}
