/**
 * Inputs of registers. On a board: a mad driver, who sets a device up more or less as one should and then writes what
 * comes to its mind to registers, rings and buffers. On a machine: somebody who does that behind the driver's back, while
 * traffic goes on.
 */

import { E1000Register } from "../../hal/nic/e1000-registers.ts";
import { ControlBit } from "../../hal/nic/e1000-registers.ts";
import { VirtioFeature, VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { BoardMemory } from "./board-memory.ts";
import type { Draws } from "./draws.ts";
import { addressOf, available, BUFFERS_AT, descriptor, driverOk, memory, negotiate, notify, readyQueue, receiveDescriptor, receiveRing, RING_LENGTH, transmitDescriptor, transmitRing, VERSION_1, wait, write } from "./driver-steps.ts";
import { frameOf } from "./frames.ts";
import type { FrameSource } from "./frame-source.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { KNOWN_REGISTER_INPUTS } from "./known-registers.ts";
import { flutter, mutateActions } from "./mutate.ts";

const STEPS_MAX = 120;
const E1000_REGISTERS: readonly number[] = Object.freeze(Object.values(E1000Register));
const VIRTIO_REGISTERS: readonly number[] = Object.freeze(Object.values(VirtioRegister));
/** A register that is the first of many: MTA, RA, VFTA, statistics, the configuration space. */
const BLOCK_WORDS = 128;
const SMALL_LENGTHS: readonly number[] = Object.freeze([0, 1, 3, 4, 8, 16, 32, 64, 1024, 65_536]);
const ALL_BITS = -1;

export function registerInput(draws: Draws, execution: number, stage: string, frames: FrameSource): FuzzInput {
  if (execution < KNOWN_REGISTER_INPUTS.length) return KNOWN_REGISTER_INPUTS[execution][1];
  if (stage === "board-e1000") return { stage, actions: madDriver(draws, e1000Begin(draws), e1000Step) };
  if (stage.startsWith("board-")) return { stage, actions: madDriver(draws, virtioBegin(draws), virtioStep) };
  return { stage, actions: behindTheDriver(draws, stage, frames) };
}

// --- on a board ------------------------------------------------------------------------------------------------------

function madDriver(draws: Draws, begin: readonly FuzzAction[], step: (draws: Draws) => readonly FuzzAction[]): FuzzAction[] {
  const known = draws.oneIn(8) ? draws.of(KNOWN_REGISTER_INPUTS)[1].actions : [];
  const actions = [...mutateActions(draws, begin, 4 + draws.below(40)), ...known];
  for (let steps = draws.below(STEPS_MAX); steps > 0; steps--) actions.push(...(draws.oneIn(3) ? surroundings(draws) : step(draws)));
  return actions;
}

/** What happens to a device besides its driver. */
function surroundings(draws: Draws): readonly FuzzAction[] {
  switch (draws.below(8)) {
    case 0:
      return draws.oneIn(10) ? flutter(draws) : [{ op: "plug", value: draws.below(2) }];
    case 1:
    case 2:
      return [wait(draws.small(draws.oneIn(4) ? 2_000_000 : 20_000))];
    case 3:
      return [memory(draws.below(BoardMemory.bytes), [...draws.bytes(1 + draws.small(32))])];
    default:
      // Often it is still on its way, or being written, when the next thing happens.
      return [{ op: "frame", bytes: someFrame(draws) }, ...(draws.oneIn(2) ? [wait(draws.small(2500))] : [])];
  }
}

function someFrame(draws: Draws): Uint8Array {
  const tags = draws.oneIn(4) ? [0x8100] : [];
  const frame = frameOf({ tags, data: "x".repeat(draws.small(draws.oneIn(8) ? 4000 : 1500)), ...(draws.oneIn(6) ? { source: "fd00::1" } : {}), sport: draws.below(8), protocol: draws.of([6, 6, 17]) });
  if (draws.oneIn(3)) frame.fill(draws.of([0xff, 1, 4]), 0, 1);
  return frame;
}

/** An address of the device: mostly one that it may reach, at the edges too. */
function someAddress(draws: Draws): number {
  const edges = [0, BoardMemory.shared, BoardMemory.shared + BoardMemory.readable, BoardMemory.bytes];
  if (draws.oneIn(8)) return draws.value();
  if (draws.oneIn(6)) return addressOf(draws.of(edges) - draws.small(64));
  return addressOf(BUFFERS_AT + (draws.below(BoardMemory.shared - BUFFERS_AT) & (draws.oneIn(4) ? -1 : -16)));
}

function someRegister(draws: Draws, registers: readonly number[], bytes: number): number {
  if (draws.oneIn(12)) return draws.below(bytes) & ~3;
  const offset = draws.of(registers);
  return draws.oneIn(10) ? (offset + 4 * draws.below(BLOCK_WORDS)) % bytes : offset;
}

function e1000Begin(draws: Draws): FuzzAction[] {
  const receive = 2 | (draws.oneIn(2) ? 0x8018 : 0) | (draws.oneIn(2) ? 0x20 : 0) | (draws.oneIn(3) ? draws.value() : 0) | (draws.below(4) << 16);
  const transmit = 2 | (draws.oneIn(2) ? 8 : 0);
  return [
    write(E1000Register.CTRL, ControlBit.SLU | (draws.oneIn(3) ? ControlBit.VME : 0)),
    write(E1000Register.IMS, draws.value()),
    ...Array.from({ length: RING_LENGTH }, (_, index) => receiveDescriptor(index, someAddress(draws))),
    ...receiveRing(receive, addressOf(0), draws.oneIn(4) ? draws.of(SMALL_LENGTHS) : RING_LENGTH),
    ...transmitRing(transmit),
  ];
}

function e1000Step(draws: Draws): readonly FuzzAction[] {
  const index = draws.below(RING_LENGTH);
  switch (draws.below(8)) {
    case 0:
      return [receiveDescriptor(index, someAddress(draws))];
    case 1:
    case 2:
      return [transmitDescriptor(index, someAddress(draws), transmitWord(draws), draws.value()), ...(draws.oneIn(3) ? [write(E1000Register.TDT, draws.below(RING_LENGTH))] : [])];
    case 3:
      return [write(draws.of([E1000Register.TDT, E1000Register.RDT, E1000Register.RDH, E1000Register.TDH]), draws.oneIn(6) ? draws.value() : draws.below(RING_LENGTH))];
    case 4:
      return [write(draws.of([E1000Register.RDBAL, E1000Register.TDBAL]), draws.oneIn(2) ? someAddress(draws) : addressOf(draws.of([0, 0x1000])))];
    case 5:
      return [{ op: "read", offset: someRegister(draws, E1000_REGISTERS, 0x2_0000) }];
    case 6:
      return draws.oneIn(2) ? [write(E1000Register.CTRL, ControlBit.RST), ...(draws.oneIn(2) ? e1000Begin(draws) : [])] : [write(E1000Register.MDIC, draws.word())];
    default:
      return [write(someRegister(draws, E1000_REGISTERS, 0x2_0000), draws.oneIn(3) ? someAddress(draws) : draws.value())];
  }
}

/** Length, type and command of a transmit descriptor. */
function transmitWord(draws: Draws): number {
  if (draws.oneIn(8)) return draws.word();
  const extended = draws.oneIn(2) ? (0x20 << 24) | (draws.of([0, 1, 1, 5]) << 20) : 0;
  const command = draws.below(256) | (draws.oneIn(3) ? 0 : 1);
  return extended | ((command & ~0x20) << 24) | draws.small(draws.oneIn(8) ? 0xffff : 2000);
}

function virtioBegin(draws: Draws): FuzzAction[] {
  const low = draws.oneIn(3) ? draws.word() : draws.word() & ((1 << VirtioFeature.MAC) | (1 << VirtioFeature.MRG_RXBUF) | (1 << VirtioFeature.STATUS) | (1 << VirtioFeature.CTRL_VQ) | (1 << VirtioFeature.INDIRECT_DESC) | (1 << VirtioFeature.EVENT_IDX));
  const queues = [0, 1, 2, 3, 8].filter(() => !draws.oneIn(4));
  return [
    ...negotiate(low, VERSION_1 | (draws.oneIn(8) ? draws.word() : 0)),
    ...queues.flatMap((queue) => readyQueue(queue, draws.oneIn(12) ? draws.of(SMALL_LENGTHS) : RING_LENGTH)),
    ...queues.flatMap((queue) => chains(draws, queue)),
    driverOk(),
  ];
}

/** Descriptors of a queue, and which of them are made available. */
function chains(draws: Draws, queue: number): FuzzAction[] {
  const writable = (queue & 1) === 0 ? 2 : 0;
  const descriptors = Array.from({ length: RING_LENGTH }, (_, index) => descriptor(queue, index, someBuffer(draws, index, writable)));
  return [...descriptors, available(queue, Array.from({ length: RING_LENGTH }, () => draws.below(RING_LENGTH)), draws.below(RING_LENGTH + 1))];
}

function someBuffer(draws: Draws, index: number, writable: number): { address: number; bytes: number; flags: number; next: number } {
  const flags = draws.oneIn(10) ? draws.below(8) : writable | (draws.oneIn(4) ? 1 : 0) | (draws.oneIn(10) ? 4 : 0);
  const bytes = draws.oneIn(10) ? draws.value() : draws.oneIn(3) ? 16 * draws.below(8) : draws.small(2100);
  return { address: someAddress(draws), bytes, flags, next: draws.oneIn(8) ? draws.below(0x1_0000) : (index + 1) % RING_LENGTH };
}

function virtioStep(draws: Draws): readonly FuzzAction[] {
  const queue = draws.of([0, 0, 1, 1, 2, 3, 8]);
  const index = draws.below(RING_LENGTH);
  switch (draws.below(9)) {
    case 0:
    case 1:
      return [descriptor(queue, index, someBuffer(draws, index, (queue & 1) === 0 ? 2 : 0))];
    case 2:
      return [available(queue, Array.from({ length: RING_LENGTH }, () => draws.below(RING_LENGTH)), draws.oneIn(6) ? draws.below(0x1_0000) : draws.below(2 * RING_LENGTH)), notify(queue)];
    case 3:
      return [notify(draws.oneIn(6) ? draws.value() : queue)];
    case 4:
      return [{ op: "read", offset: someRegister(draws, VIRTIO_REGISTERS, 0x200) }];
    case 5:
      return draws.oneIn(2) ? [write(VirtioRegister.QueueSel, queue), write(VirtioRegister.QueueReady, draws.below(2))] : command(draws, index);
    case 6:
      return draws.oneIn(3) ? virtioBegin(draws) : [write(VirtioRegister.InterruptACK, 3)];
    case 7:
      return draws.oneIn(2) ? [write(VirtioRegister.Status, draws.of([0, 0, 0, 1, 3, 11, 15, 128, ALL_BITS])), ...(draws.oneIn(2) ? virtioBegin(draws) : [])] : [notify(queue)];
    default:
      return [write(someRegister(draws, VIRTIO_REGISTERS, 0x200), draws.oneIn(2) ? draws.value() : someAddress(draws))];
  }
}

/** A command on what is the control queue of a device of one pair, or of four. */
function command(draws: Draws, index: number): FuzzAction[] {
  const queue = draws.of([2, 8]);
  const data = [draws.of([0, 1, 2, 4, 4, 99]), draws.below(6), ...draws.bytes(draws.small(320))];
  const next = (index + 1) % RING_LENGTH;
  return [
    memory(BUFFERS_AT, data),
    descriptor(queue, index, { address: addressOf(BUFFERS_AT), bytes: data.length, flags: 1, next }),
    descriptor(queue, next, { address: addressOf(BoardMemory.answerAt), bytes: 1, flags: 2 }),
    available(queue, new Array<number>(RING_LENGTH).fill(index), draws.below(RING_LENGTH)),
    notify(queue),
  ];
}

// --- behind a driver's back ------------------------------------------------------------------------------------------

/** Traffic, and writes to the NIC among it; some inputs end with a reset of the device, and then the driver must come back. */
function behindTheDriver(draws: Draws, stage: string, frames: FrameSource): FuzzAction[] {
  const isVirtio = stage.startsWith("virtio");
  const actions = frames.traffic(draws);
  for (let writes = 1 + draws.small(30); writes > 0; writes--) actions.splice(draws.below(actions.length + 1), 0, meddling(draws, isVirtio));
  if (!draws.oneIn(6)) return actions;
  const cable: FuzzAction = { op: "plug", value: 1 };
  const reset = isVirtio ? write(VirtioRegister.Status, 0) : write(E1000Register.CTRL, ControlBit.RST);
  return [...actions.filter(isMended), cable, wait(1_000_000), reset, { op: "request" }];
}

/** What a reset of the device and a driver that begins anew put right: all but the PHY, and who was killed or shut down. */
function isMended(action: FuzzAction): boolean {
  return action.op !== "shutdown" && action.op !== "crash" && !(action.op === "write" && action.offset === E1000Register.MDIC);
}

function meddling(draws: Draws, isVirtio: boolean): FuzzAction {
  const registers = isVirtio ? VIRTIO_REGISTERS : E1000_REGISTERS;
  const offset = someRegister(draws, registers, isVirtio ? 0x200 : 0x2_0000);
  if (draws.oneIn(4)) return { op: "read", offset };
  return write(offset, draws.value());
}
