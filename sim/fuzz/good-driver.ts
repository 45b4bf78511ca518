/** A driver that does everything right, as little as it takes to receive one frame: a device that was reset must serve it. */

import type { Board } from "../../hal/board.ts";
import type { NetworkDevice } from "../../hal/device.ts";
import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus } from "../../hal/nic/descriptors.ts";
import { ControlBit, E1000Register } from "../../hal/nic/e1000-registers.ts";
import { VirtioFeature, VirtioRegister, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtioNetHeader } from "../../hal/nic/virtio/net-layouts.ts";
import { VirtqDescriptor, VirtqDescriptorFlag, VirtqIndex, VirtqRing, VirtqUsedElement, availableAt, descriptorAt, usedAt } from "../../hal/nic/virtio/split-ring.ts";
import { BoardMemory } from "./board-memory.ts";
import type { NicKind } from "./reasons.ts";

const RING = BoardMemory.base;
const AVAILABLE = BoardMemory.base + 0x400;
const USED = BoardMemory.base + 0x800;
const BUFFER = BoardMemory.base + 0x1000;
const BUFFER_BYTES = 2048;
const QUEUE_LENGTH = 8;
/** Enough for a frame of 60 bytes to arrive and be written. */
const RECEIVE_CYCLES = 100_000;
const RECEIVE_ENABLED = (1 << 1) | (1 << 15) | (1 << 26);
const LIVE = VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.FEATURES_OK;

/** A broadcast of 60 bytes, none like another. */
function broadcast(): Uint8Array {
  const frame = Uint8Array.from({ length: 60 }, (_, i) => i * 7 + 1);
  frame.fill(0xff, 0, 6);
  return frame;
}

/** What is wrong, in words; empty if the frame came in. The device has just been reset, and its cable is in. */
export function servesGoodDriver(board: Board, device: NetworkDevice, kind: NicKind): string {
  const frame = broadcast();
  const { ram } = board;
  ram.fill(BoardMemory.base, BoardMemory.shared, 0);
  if (kind === "e1000") postE1000(board, device);
  else postVirtio(board, device);
  if (device.wire.offer(frame, board.now()) < 0) return "the wire has no room";
  board.idleUntil(board.now() + RECEIVE_CYCLES);
  return kind === "e1000" ? judgeE1000(board, frame) : judgeVirtio(board, device, frame);
}

function postE1000({ ram }: Board, device: NetworkDevice): void {
  RxDescriptor.bufferAddress.setWords(ram, RING as Address<"RxDescriptor">, BUFFER, 0);
  device.write(E1000Register.CTRL, ControlBit.SLU | ControlBit.FD);
  device.write(E1000Register.RDBAL, RING);
  device.write(E1000Register.RDLEN, QUEUE_LENGTH * DESCRIPTOR_BYTES);
  device.write(E1000Register.RDT, 1);
  device.write(E1000Register.RCTL, RECEIVE_ENABLED);
}

function judgeE1000({ ram }: Board, frame: Uint8Array): string {
  const at = RING as Address<"RxDescriptor">;
  const finished = RxStatus.DD | RxStatus.EOP;
  if ((RxDescriptor.status.get(ram, at) & finished) !== finished) return "no frame is written";
  if (RxDescriptor.frameBytes.get(ram, at) !== frame.length) return `a frame of ${RxDescriptor.frameBytes.get(ram, at)} bytes is written`;
  return holds(ram.u8, BUFFER, frame) ? "" : "another frame is written";
}

function postVirtio(board: Board, device: NetworkDevice): void {
  const { ram } = board;
  const descriptor = descriptorAt(RING, 0);
  VirtqDescriptor.address.setWords(ram, descriptor, BUFFER, 0);
  VirtqDescriptor.bytes.set(ram, descriptor, BUFFER_BYTES);
  VirtqDescriptor.flags.set(ram, descriptor, VirtqDescriptorFlag.WRITE);
  VirtqIndex.value.set(ram, availableAt(AVAILABLE, QUEUE_LENGTH, 0), 0);
  VirtqRing.index.set(ram, AVAILABLE as Address<"VirtqRing">, 1);
  device.write(VirtioRegister.Status, VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER);
  device.write(VirtioRegister.DriverFeaturesSel, 1);
  device.write(VirtioRegister.DriverFeatures, 1 << (VirtioFeature.VERSION_1 - 32));
  device.write(VirtioRegister.Status, LIVE);
  device.write(VirtioRegister.QueueSel, 0);
  device.write(VirtioRegister.QueueNum, QUEUE_LENGTH);
  device.write(VirtioRegister.QueueDescLow, RING);
  device.write(VirtioRegister.QueueDriverLow, AVAILABLE);
  device.write(VirtioRegister.QueueDeviceLow, USED);
  device.write(VirtioRegister.QueueReady, 1);
  device.write(VirtioRegister.Status, LIVE | VirtioStatus.DRIVER_OK);
}

function judgeVirtio({ ram }: Board, device: NetworkDevice, frame: Uint8Array): string {
  const status = device.read(VirtioRegister.Status);
  if (status !== (LIVE | VirtioStatus.DRIVER_OK)) return `its status is ${status}`;
  if (VirtqRing.index.get(ram, USED as Address<"VirtqRing">) !== 1) return "no frame is shown";
  const bytes = VirtqUsedElement.bytes.get(ram, usedAt(USED, QUEUE_LENGTH, 0));
  if (bytes !== VirtioNetHeader.size + frame.length) return `${bytes} bytes are shown`;
  return holds(ram.u8, BUFFER + VirtioNetHeader.size, frame) ? "" : "another frame is shown";
}

function holds(bytes: Uint8Array, at: number, frame: Uint8Array): boolean {
  return frame.every((byte, i) => bytes[at + i] === byte);
}
