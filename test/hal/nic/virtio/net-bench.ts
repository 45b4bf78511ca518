/**
 * A board with one virtio network device and a stretch of RAM that the device may reach; the bench plays the driver, with
 * one queue of each kind for each pair and a control queue. No kernel.
 */

import { Board } from "../../../../hal/board.ts";
import { DmaRight } from "../../../../hal/iommu.ts";
import type { HalLimits } from "../../../../hal/limits.ts";
import { standardHalLimits } from "../../../../hal/limits.ts";
import { Memory } from "../../../../hal/memory.ts";
import { NicAccount } from "../../../../hal/nic/account.ts";
import { VirtioFeature as Feature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { VirtioNetConfig } from "../../../../hal/nic/virtio/net.ts";
import { VirtioNet } from "../../../../hal/nic/virtio/net.ts";
import { RamPlan } from "../../../../hal/ram-plan.ts";
import { HalTrace } from "../../../../hal/trace.ts";
import type { Part } from "./driver-queue.ts";
import { DriverQueue } from "./driver-queue.ts";

export const MAC = "02:00:00:00:00:01";
export const BROADCAST = "ff:ff:ff:ff:ff:ff";
export const HEADER_BYTES = 12;
const MEMORY_BYTES = 1024 * 1024;
/** Distances within the memory: of the three parts of a queue, of one queue from the next, and of the buffers of one queue from the next. */
const AVAILABLE = 0x800;
const USED = 0xa00;
const QUEUE_STRIDE = 0x1000;
const BUFFERS = 0x2_0000;
const BUFFER_STRIDE = 0x1_0000;
export const QUEUE_SIZE = 16;
/** What most drivers of these tests accept. */
export const USUAL: readonly number[] = Object.freeze([Feature.MAC, Feature.STATUS, Feature.CTRL_VQ, Feature.CTRL_RX, Feature.CTRL_RX_EXTRA, Feature.CTRL_MAC_ADDR]);

export interface Traced {
  readonly kind: number;
  readonly argument0: number;
  readonly argument1: number;
}

export interface NetBenchOptions extends Partial<Omit<VirtioNetConfig, "kind" | "name">> {
  readonly limits?: Partial<HalLimits>;
}

export class NetBench {
  readonly board: Board;
  readonly ram: Memory;
  readonly nic: VirtioNet;
  readonly pairs: number;
  /** Address of the memory that the device is granted; a multiple of 4096. */
  readonly memory: number;
  /** Frames that left, oldest first. */
  readonly sent: Uint8Array[] = [];
  readonly traced: Traced[] = [];
  /** The driver's side of each queue: receive 0, transmit 0, ..., control. */
  queues: DriverQueue[] = [];

  constructor(options: NetBenchOptions = {}) {
    const { limits, ...config } = options;
    this.pairs = config.queuePairs ?? 1;
    const plan = new RamPlan();
    const device: VirtioNetConfig = { mac: MAC, queuePairs: 1, ...config, kind: "virtio-net", name: "nic0" };
    const parts = Board.plan(plan, { limits: { ...standardHalLimits, ...limits }, devices: [device] });
    this.memory = plan.bytes("memory", MEMORY_BYTES, 4096);
    this.ram = new Memory(new ArrayBuffer(plan.end));
    const probe = (kind: number, _process: number, argument0: number, argument1: number): void => {
      this.traced.push({ kind, argument0, argument1 });
      if (kind === HalTrace.frameTransmitted) this.sent.push(this.ram.u8.slice(argument0, argument0 + argument1));
    };
    this.board = new Board(this.ram, parts, { probe });
    this.board.powerOn();
    const nic = this.board.devices[0];
    if (!(nic instanceof VirtioNet)) throw new Error("the bench has a virtio network device");
    this.nic = nic;
    this.board.iommu.grant(0, this.memory, MEMORY_BYTES, DmaRight.read | DmaRight.write);
  }

  /** A register, as an unsigned number. */
  read(offset: number): number {
    return this.nic.read(offset) >>> 0;
  }

  write(offset: number, value: number): void {
    this.nic.write(offset, value | 0);
  }

  /** Bytes of the configuration space. */
  configuration(offset: number, bytes: number): number[] {
    return Array.from({ length: bytes }, (_, i) => (this.read(Register.Config + ((offset + i) & ~3)) >>> (((offset + i) & 3) * 8)) & 0xff);
  }

  get status(): number {
    return this.read(Register.Status);
  }

  /** Reset and features; true when the device accepts them. VERSION_1 goes without saying. */
  negotiate(features: readonly number[] = USUAL): boolean {
    this.write(Register.Status, 0);
    this.write(Register.Status, Status.ACKNOWLEDGE | Status.DRIVER);
    const words = [0, 1];
    for (const bit of features) words[bit >> 5] |= 1 << (bit & 31);
    words.forEach((word, i) => {
      this.write(Register.DriverFeaturesSel, i);
      this.write(Register.DriverFeatures, word);
    });
    this.write(Register.Status, Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK);
    return (this.status & Status.FEATURES_OK) !== 0;
  }

  /** Makes a queue ready from index 0, its memory zeroed. */
  setUp(index: number, size = QUEUE_SIZE): DriverQueue {
    const base = this.memory + index * QUEUE_STRIDE;
    this.ram.fill(base, QUEUE_STRIDE, 0);
    const queue = new DriverQueue(this.ram, { size, descriptors: base, available: base + AVAILABLE, used: base + USED });
    this.queues[index] = queue;
    this.write(Register.QueueSel, index);
    this.write(Register.QueueNum, size);
    this.write(Register.QueueDescLow, base);
    this.write(Register.QueueDriverLow, base + AVAILABLE);
    this.write(Register.QueueDeviceLow, base + USED);
    this.write(Register.QueueReady, 1);
    return queue;
  }

  /** All of initialisation, every queue ready. */
  start(features: readonly number[] = USUAL): this {
    if (!this.negotiate(features)) throw new Error("the device refuses these features");
    this.queues = [];
    for (let i = 0; i < 2 * this.pairs + 1; i++) this.setUp(i);
    this.write(Register.Status, this.status | Status.DRIVER_OK);
    return this;
  }

  notify(index: number): void {
    this.write(Register.QueueNotify, index);
  }

  /** Where a queue's buffers lie. */
  buffer(index: number, offset = 0): number {
    return this.memory + BUFFERS + index * BUFFER_STRIDE + offset;
  }

  bytes(at: number, count: number): number[] {
    return [...this.ram.u8.subarray(at, at + count)];
  }

  /** Gives a receive queue `count` chains of one buffer each, the first with descriptor `first`, without a notification. */
  give(pair: number, count: number, bufferBytes = 2048, first = 0): void {
    for (let i = first; i < first + count; i++) this.giveChain(pair, i, [{ address: this.buffer(2 * pair, i * 2048), bytes: bufferBytes }]);
  }

  /** Gives a receive queue one chain of writable parts. */
  giveChain(pair: number, head: number, parts: readonly Part[]): void {
    this.queues[2 * pair].chain(head, parts.map((part) => ({ ...part, flags: (part.flags ?? 0) | 2 })));
    this.queues[2 * pair].offer(head);
  }

  /** What was received with a used element of a receive queue of plain buffers: header and frame. */
  received(pair: number, position: number): { header: number[]; frame: number[] } {
    const [head, bytes] = this.queues[2 * pair].usedElement(position);
    const all = this.bytes(this.buffer(2 * pair, head * 2048), bytes);
    return { header: all.slice(0, HEADER_BYTES), frame: all.slice(HEADER_BYTES) };
  }

  /** Puts a frame behind a header of zeros into one descriptor of a transmit queue, without a notification. */
  put(pair: number, head: number, frame: Uint8Array, headerBytes = HEADER_BYTES): void {
    const index = 2 * pair + 1;
    const at = this.buffer(index, head * 2048);
    this.ram.fill(at, headerBytes, 0);
    this.ram.u8.set(frame, at + headerBytes);
    this.queues[index].chain(head, [{ address: at, bytes: headerBytes + frame.length }]);
    this.queues[index].offer(head);
  }

  send(pair: number, head: number, frame: Uint8Array): void {
    this.put(pair, head, frame);
    this.notify(2 * pair + 1);
    this.settle();
  }

  /** Has a command carried out; the answer's byte, or -1 when there is none. */
  command(kind: number, command: number, data: readonly number[]): number {
    const index = this.queues.length - 1;
    const queue = this.queues[index];
    const at = this.buffer(index);
    this.ram.u8.set([kind, command, ...data], at);
    this.ram.u8[at + 4096] = 0xee;
    queue.chain(0, [{ address: at, bytes: 2 + data.length }, { address: at + 4096, bytes: 1, flags: 2 }]);
    const before = queue.usedIndex;
    queue.offer(0);
    this.notify(this.controlIndex);
    this.settle();
    return queue.usedIndex === before ? -1 : this.ram.u8[at + 4096];
  }

  /** The control queue's number, given what start() negotiated: the last of those set up unless told otherwise. */
  get controlIndex(): number {
    return this.queues.length - 1;
  }

  /** Lets time pass until the device has nothing to do. */
  settle(): void {
    for (let i = 0; i < 100_000; i++) {
      const cycle = this.board.nextDeviceEventCycle();
      if (cycle < 0) return;
      this.board.idleUntil(cycle);
    }
    throw new Error("the device never comes to rest");
  }

  /** Lets so many events of the device happen. */
  steps(count: number): void {
    for (let i = 0; i < count; i++) this.board.idleUntil(this.board.nextDeviceEventCycle());
  }

  offer(frame: Uint8Array): void {
    if (this.nic.wire.offer(frame, 0) < 0) throw new Error("the wire has no room");
  }

  /** A frame arrives, and all that follows from it. */
  arrive(frame: Uint8Array): void {
    this.offer(frame);
    this.settle();
  }

  lineHigh(): boolean {
    return (this.board.interrupts.lines() & (1 << this.nic.line)) !== 0;
  }

  acknowledge(): number {
    const causes = this.read(Register.InterruptStatus);
    this.write(Register.InterruptACK, causes);
    return causes;
  }

  get account(): ReturnType<typeof NicAccount.view> {
    return NicAccount.view(this.ram, this.nic.account);
  }

  /** Offered less received less dropped less in flight: 0, always. */
  unaccounted(): number {
    const { offered, received, filtered, noDescriptor, tooLong, linkDown, inFlight } = this.account;
    return offered - received - filtered - noDescriptor - tooLong - linkDown - inFlight;
  }

  tracedOf(kind: number): Traced[] {
    return this.traced.filter((record) => record.kind === kind);
  }
}
