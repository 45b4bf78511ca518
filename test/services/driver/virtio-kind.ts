/** The virtio network device and its driver, for the driver case suite. */

import type { Address } from "../../../hal/field.ts";
import { VirtioInterrupt } from "../../../hal/nic/virtio/mmio-registers.ts";
import { ReceiveStage, TransmitStage, VirtioNetState } from "../../../hal/nic/virtio/net-state.ts";
import { VirtioQueue, VirtioRegisters } from "../../../hal/nic/virtio/transport-state.ts";
import { VirtqIndex, VirtqRing, VirtqUsedElement, availableAt, usedAt, usedRingBytes } from "../../../hal/nic/virtio/split-ring.ts";
import type { AnyService } from "../../../kernel/service.ts";
import { queueSize, virtioRingsBytes, wantsIndirect } from "../../../services/virtio-driver/rings.ts";
import { virtioDriver } from "../../../services/virtio-driver.ts";
import type { DriverBench } from "./bench.ts";
import type { DriverFigures, DriverKind, DriverNumbers, Lie } from "./kind.ts";
import { FRAMES, NIC, POOL, RINGS, TICKS, stateOfDriver } from "./kind.ts";

function figures(bench: DriverBench): DriverFigures {
  const state = stateOfDriver(bench);
  return {
    running: state.phase === 1,
    posted: state.rxPosted,
    wanted: state.rxWanted,
    sending: state.txUsed,
    taken: state.rxFrames + state.rxDropped + state.rxBad,
    passed: state.rxFrames,
    dropped: state.rxDropped,
    bad: state.rxBad,
    sent: state.txFrames,
    sendDropped: state.txDropped,
    strange: state.txStrange,
    interrupts: state.interrupts,
    budgetEnds: state.budgetEnds,
    recoveries: state.recoveries,
  };
}

export const RX = 0;
export const TX = 1;

/** The device's record of a queue. */
export function queueRecord(bench: DriverBench, number: number): Address<"VirtioQueue"> {
  return (bench.partAt(`${NIC}.queues`) + number * VirtioQueue.size) as Address<"VirtioQueue">;
}

/** Writes a used element of the device's own making, and moves the used index on. */
export function inventUsed(bench: DriverBench, number: number, head: number, bytes: number, moves = 1): void {
  const { ram } = bench.machine;
  const queue = queueRecord(bench, number);
  const ring = VirtioQueue.used.low(ram, queue);
  const index = VirtqRing.index.get(ram, ring as Address<"VirtqRing">);
  const element = usedAt(ring, VirtioQueue.entries.get(ram, queue), index);
  VirtqUsedElement.head.set(ram, element, head);
  VirtqUsedElement.bytes.set(ram, element, bytes);
  VirtqRing.index.set(ram, ring as Address<"VirtqRing">, (index + moves) & 0xffff);
}

/** The line goes up with a cause, as if the device had one. */
export function raise(bench: DriverBench, cause: number): void {
  const { ram, board } = bench.machine;
  const registers = bench.partAt(`${NIC}.registers`) as Address<"VirtioRegisters">;
  VirtioRegisters.interruptStatus.set(ram, registers, VirtioRegisters.interruptStatus.get(ram, registers) | cause);
  board.interrupts.raise(bench.nic.line);
}

const DESCRIPTOR_BYTES = 16;

/** The head of the chain that the driver made available first and the device has not taken; -1 if there is none. */
function waitingHead(bench: DriverBench, number: number): number {
  const { ram } = bench.machine;
  const queue = queueRecord(bench, number);
  const ring = VirtioQueue.available.low(ram, queue);
  const position = VirtioQueue.nextAvailable.get(ram, queue);
  if (VirtqRing.index.get(ram, ring as Address<"VirtqRing">) === position) return -1;
  return VirtqIndex.value.get(ram, availableAt(ring, VirtioQueue.entries.get(ram, queue), position));
}

function lie(name: string, tell: (bench: DriverBench) => void, inventedMost = 0): Lie {
  return Object.freeze({
    name,
    inventedMost,
    tell(bench: DriverBench) {
      tell(bench);
      raise(bench, VirtioInterrupt.usedBuffer);
    },
  });
}

const LIES: readonly Lie[] = Object.freeze([
  lie("a used index far ahead", (bench) => inventUsed(bench, RX, 0, 72, 30_000)),
  lie("a used index one ahead of what was posted", (bench) => inventUsed(bench, RX, 0, 72, bench.figures.posted + 1)),
  lie("a used index that went back", (bench) => inventUsed(bench, RX, 0, 72, -1)),
  lie("a head beyond the queue", (bench) => inventUsed(bench, RX, 0x7fff_ffff, 72)),
  lie("a head below 0", (bench) => inventUsed(bench, RX, -2, 72)),
  lie("a head in the middle of a chain", (bench) => inventUsed(bench, RX, 1, 72)),
  lie("one chain used twice", (bench) => {
    const head = waitingHead(bench, RX);
    inventUsed(bench, RX, head, 72);
    inventUsed(bench, RX, head, 72);
  }, 2),
  lie("a frame that never came", (bench) => inventUsed(bench, RX, waitingHead(bench, RX), 72), 1),
  lie("a chain used that is not the oldest, and used again", (bench) => inventUsed(bench, RX, (waitingHead(bench, RX) + 4) % (2 * bench.numbers.rxPosted), 72), 1),
  // To the driver it looks as if the device had finished the second chain before the first, which it may.
  lie("chains used in another order", (bench) => {
    const { ram } = bench.machine;
    const queue = queueRecord(bench, RX);
    const [ring, length, position] = [VirtioQueue.available.low(ram, queue), VirtioQueue.entries.get(ram, queue), VirtioQueue.nextAvailable.get(ram, queue)];
    const [first, second] = [availableAt(ring, length, position), availableAt(ring, length, position + 1)];
    const head = VirtqIndex.value.get(ram, first);
    VirtqIndex.value.set(ram, first, VirtqIndex.value.get(ram, second));
    VirtqIndex.value.set(ram, second, head);
  }),
  ...[0, 11, 12, 2061, 0x7fff_ffff, -1].map((bytes) => lie(`a length of ${bytes}`, (bench) => inventUsed(bench, RX, waitingHead(bench, RX), bytes), 1)),
  lie("a frame sent that was not there", (bench) => inventUsed(bench, TX, 0, 0)),
  lie("many frames sent that were not there", (bench) => inventUsed(bench, TX, 0, 0, 200)),
  lie("descriptors overwritten", (bench) => {
    const at = VirtioQueue.descriptors.low(bench.machine.ram, queueRecord(bench, RX));
    bench.machine.ram.fill(at, 4 * DESCRIPTOR_BYTES, 0xff);
  }),
  lie("all of the used ring overwritten", (bench) => {
    const { ram } = bench.machine;
    ram.fill(VirtioQueue.used.low(ram, queueRecord(bench, RX)), usedRingBytes(VirtioQueue.entries.get(ram, queueRecord(bench, RX))), 0xff);
  }),
  lie("the available ring overwritten", (bench) => {
    const { ram } = bench.machine;
    ram.fill(VirtioQueue.available.low(ram, queueRecord(bench, RX)), 32, 0xee);
  }),
  lie("a cause that there is not", (bench) => raise(bench, 0xfc)),
]);

/** A device of so many queue pairs. Frames of the suite are no IP: they come on the first. */
export function virtioKind(queuePairs: number, name = `virtio of ${queuePairs}`): DriverKind {
  const all = (numbers: DriverNumbers) => ({ ...numbers, queuePairs });
  return Object.freeze({
    name,
    device: { name: NIC, kind: "virtio-net" as const, mac: "02:00:00:00:00:01", queuePairs },
    queues: queuePairs,
    frameBytesMin: 1,
    budgetFrames: 32,
    recoveryTicks: 2300,
    watchTicks: 100,
    linkTicks: 1,
    postedMost: ({ rxDescriptors, rxPosted }: DriverNumbers) => queuePairs * queueSize(rxDescriptors) / (wantsIndirect(rxDescriptors, rxPosted) ? 1 : 2),
    sendingMost: ({ txDescriptors }: DriverNumbers) => queueSize(txDescriptors),
    ringsBytes: (numbers: DriverNumbers) => virtioRingsBytes(all(numbers)),
    line: (numbers: DriverNumbers) => ({
      service: virtioDriver as unknown as AnyService,
      arenaBytes: 16 * 1024,
      grants: { nic: NIC, irq: NIC, rings: RINGS, buffers: POOL, frames: FRAMES, ticks: TICKS },
      parameters: all(numbers),
    }),
    figures,
    interrupt: (bench: DriverBench) => raise(bench, VirtioInterrupt.usedBuffer),
    // At rest no event is under way: what says that one is keeps the device from ever scheduling it again.
    stop(bench: DriverBench): void {
      const { ram } = bench.machine;
      const at = bench.partAt(`${NIC}.state`) as Address<"VirtioNetState">;
      VirtioNetState.receiveStage.set(ram, at, ReceiveStage.payload);
      VirtioNetState.transmitStage.set(ram, at, TransmitStage.payload);
      VirtioNetState.controlPending.set(ram, at, 1);
    },
    lies: LIES,
  });
}
