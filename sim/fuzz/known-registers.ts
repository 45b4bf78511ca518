/** Inputs of registers that are known to reach a reason for refusal, one for each: what drivers must not do, and what then happens. */

import { TransmitControlBit, E1000Register, ReceiveControlBit } from "../../hal/nic/e1000-registers.ts";
import { VirtioFeature } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../hal/nic/virtio/split-ring.ts";
import { BoardMemory } from "./board-memory.ts";
import { addressOf, available, BUFFERS_AT, descriptor, driverOk, memory, negotiate, notify, readyQueue, receiveDescriptor, receiveRing, transmitDescriptor, transmitRing, VERSION_1, wait, write } from "./driver-steps.ts";
import type { ChainPart } from "./driver-steps.ts";
import { Flag, frameOf } from "./frames.ts";
import type { FuzzAction, FuzzInput } from "./input.ts";
import { COMMAND_REFUSED, FEATURES_REFUSED, faultReason } from "./reasons.ts";

const { NEXT, WRITE, INDIRECT } = VirtqDescriptorFlag;
const { EN, LPE } = ReceiveControlBit;
const BUFFER = addressOf(BUFFERS_AT);
/** The device may read here, and not write. */
const READ_ONLY = addressOf(BoardMemory.shared);
const FRAME_CYCLES = 50_000;
const TRANSMIT = 1;
const CONTROL = 2;
/** A legacy descriptor's command: end of packet, insert FCS, report. */
const SEND = (1 << 24) | (2 << 24) | (8 << 24);
const EXTENDED_UNKNOWN = SEND | (0x20 << 24) | (5 << 20);

const some: FuzzAction = Object.freeze({ op: "frame", bytes: frameOf({ flags: Flag.syn }) });
const long: FuzzAction = Object.freeze({ op: "frame", bytes: frameOf({ data: "x".repeat(1700) }) });
const longer: FuzzAction = Object.freeze({ op: "frame", bytes: frameOf({ data: "x".repeat(3000) }) });
const elsewhere: FuzzAction = Object.freeze({ op: "frame", bytes: frameOf({}).fill(4, 0, 1) });

function input(stage: string, ...actions: (FuzzAction | readonly FuzzAction[])[]): FuzzInput {
  return Object.freeze({ stage, actions: Object.freeze([...actions.flat(), wait(FRAME_CYCLES)]) });
}

/** A running virtio device with these features below 32, whose transmit queue holds one chain. */
function sending(features: number, ...chain: readonly ChainPart[]): FuzzAction[] {
  return [...negotiate(features, VERSION_1), ...readyQueue(TRANSMIT), ...chain.map((buffer, index) => descriptor(TRANSMIT, index, buffer)), available(TRANSMIT, [0]), driverOk(), notify(TRANSMIT)];
}

/** One whose receive queue holds one chain. */
function receiving(chain: readonly ChainPart[], ...frames: readonly FuzzAction[]): FuzzAction[] {
  return [...negotiate(1 << VirtioFeature.MAC, VERSION_1), ...readyQueue(0), ...chain.map((buffer, index) => descriptor(0, index, buffer)), available(0, [0]), driverOk(), ...frames];
}

const readable = (bytes: number, flags = 0, next = 0): ChainPart => ({ address: BUFFER, bytes, flags, next });
const writable = (bytes: number, flags = 0, next = 0): ChainPart => ({ address: BUFFER, bytes, flags: WRITE | flags, next });

const E1000_INPUTS: readonly (readonly [string, FuzzInput])[] = [
  ["e1000 filtered", input("board-e1000", receiveRing(EN), elsewhere)],
  ["e1000 noDescriptor", input("board-e1000", write(E1000Register.RAL0, 2), write(E1000Register.RCTL, EN | ReceiveControlBit.UPE), some)],
  ["e1000 tooLong", input("board-e1000", receiveRing(EN | ReceiveControlBit.UPE), long)],
  ["e1000 linkDown", input("board-e1000", some)],
  ["e1000 transmitDropped", input("board-e1000", write(E1000Register.CTRL, 1 << 6), transmitRing(TransmitControlBit.EN), transmitDescriptor(0, READ_ONLY + BoardMemory.readable, SEND | 100), write(E1000Register.TDT, 1))],
  ["e1000 dmaFaults", input("board-e1000", receiveRing(EN | LPE | ReceiveControlBit.UPE), receiveDescriptor(0, READ_ONLY), some)],
  ["e1000 unknownDescriptors", input("board-e1000", write(E1000Register.CTRL, 1 << 6), transmitRing(TransmitControlBit.EN), transmitDescriptor(0, BUFFER, EXTENDED_UNKNOWN | 100), write(E1000Register.TDT, 1))],
];

const VIRTIO_INPUTS: readonly (readonly [string, FuzzInput])[] = [
  ["virtio-net filtered", input("board-virtio", negotiate((1 << VirtioFeature.MAC) | (1 << VirtioFeature.CTRL_VQ) | (1 << VirtioFeature.CTRL_RX), VERSION_1), readyQueue(CONTROL), memory(BUFFERS_AT, [0, 0, 0]), descriptor(CONTROL, 0, readable(3, NEXT, 1)), descriptor(CONTROL, 1, { address: addressOf(BoardMemory.answerAt), bytes: 1, flags: WRITE }), available(CONTROL, [0]), driverOk(), notify(CONTROL), wait(FRAME_CYCLES), elsewhere)],
  ["virtio-net noDescriptor", input("board-virtio", receiving([], some, some))],
  ["virtio-net tooLong", input("board-virtio", receiving([writable(2048)], longer))],
  ["virtio-net linkDown", input("board-virtio", some)],
  ["virtio-net transmitDropped", input("board-virtio", sending(0, readable(12)))],
  [faultReason("queueSize"), input("board-virtio", negotiate(0, VERSION_1), readyQueue(0, 3), driverOk())],
  [faultReason("queueAlignment"), input("board-virtio", negotiate(0, VERSION_1), readyQueue(0, 16, addressOf(8)), driverOk())],
  [faultReason("queueReach"), input("board-virtio", negotiate(0, VERSION_1), readyQueue(TRANSMIT, 16, BUFFER, READ_ONLY + BoardMemory.readable), driverOk(), notify(TRANSMIT))],
  [faultReason("availableIndex"), input("board-virtio", negotiate(0, VERSION_1), readyQueue(TRANSMIT), available(TRANSMIT, [0], 17), driverOk(), notify(TRANSMIT))],
  [faultReason("descriptorIndex"), input("board-virtio", sending(0, readable(60, NEXT, 16)))],
  [faultReason("chainLength"), input("board-virtio", sending(0, readable(60, NEXT, 1), readable(60, NEXT, 0)))],
  [faultReason("chainBytes"), input("board-virtio", sending(0, readable(60, NEXT, 1), readable(-1)))],
  [faultReason("chainOrder"), input("board-virtio", sending(0, writable(60, NEXT, 1), readable(60)))],
  [faultReason("emptyDescriptor"), input("board-virtio", sending(0, readable(0)))],
  [faultReason("indirectTable"), input("board-virtio", sending(0, readable(32, INDIRECT)))],
  [faultReason("bufferReach"), input("board-virtio", sending(0, { address: READ_ONLY + BoardMemory.readable, bytes: 60, flags: 0 }))],
  [faultReason("chainChanged"), input("board-virtio", sending(0, readable(12, NEXT, 1), readable(800)), wait(150), descriptor(TRANSMIT, 0, readable(12)))],
  [faultReason("device"), input("board-virtio", sending(0, readable(4)))],
  [FEATURES_REFUSED, input("board-virtio", negotiate(0, 0))],
  [COMMAND_REFUSED, input("board-virtio", negotiate(1 << VirtioFeature.CTRL_VQ, VERSION_1), readyQueue(CONTROL), memory(BUFFERS_AT, [99, 0]), descriptor(CONTROL, 0, readable(2, NEXT, 1)), descriptor(CONTROL, 1, { address: addressOf(BoardMemory.answerAt), bytes: 1, flags: WRITE }), available(CONTROL, [0]), driverOk(), notify(CONTROL))],
];

/** By reason: the input that reaches it. */
export const KNOWN_REGISTER_INPUTS: readonly (readonly [string, FuzzInput])[] = Object.freeze([...E1000_INPUTS, ...VIRTIO_INPUTS].map((known) => Object.freeze(known)));
