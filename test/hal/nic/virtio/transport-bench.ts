/**
 * A virtio device for tests of what every virtio device has: a transport with queues, behind which stands a model that
 * offers what the test says and only takes note of what it is told. The bench plays the driver; memory is the part of
 * RAM that the device is granted, and its addresses are device addresses.
 */

import { benign } from "../../../../hal/chance.ts";
import { Clock } from "../../../../hal/clock.ts";
import { DevicePort } from "../../../../hal/device-port.ts";
import { EventQueue } from "../../../../hal/event-queue.ts";
import { InterruptController } from "../../../../hal/interrupt-controller.ts";
import { DmaRight, Iommu } from "../../../../hal/iommu.ts";
import { Memory } from "../../../../hal/memory.ts";
import { VirtioFeature, VirtioRegister as Register, VirtioStatus as Status } from "../../../../hal/nic/virtio/mmio-registers.ts";
import type { VirtioModel } from "../../../../hal/nic/virtio/model.ts";
import type { VirtioTransportParts } from "../../../../hal/nic/virtio/transport-state.ts";
import { VirtioRegisters } from "../../../../hal/nic/virtio/transport-state.ts";
import { VirtioTransport } from "../../../../hal/nic/virtio/transport.ts";
import type { Virtqueue } from "../../../../hal/nic/virtio/virtqueue.ts";
import { RamPlan } from "../../../../hal/ram-plan.ts";
import { Trace } from "../../../../hal/trace.ts";
import type { QueueSettings } from "./driver-queue.ts";
import { DriverQueue } from "./driver-queue.ts";

const LINE = 3;
export const MEMORY_BYTES = 256 * 1024;
/** Distances within the memory: of the three parts of a queue, and of one queue from the next. */
const AVAILABLE = 0x1000;
const USED = 0x2000;
const QUEUE_STRIDE = 0x4000;
/** Where buffers may lie. */
export const BUFFERS = 0x2_0000;

export const LOW_FEATURES = (1 << 5) | (1 << VirtioFeature.INDIRECT_DESC) | (1 << VirtioFeature.EVENT_IDX);
export const HIGH_FEATURES = 1;

export interface TransportBenchOptions {
  readonly queueSizesMax?: readonly number[];
  readonly featuresLow?: number;
  readonly featuresHigh?: number;
  readonly memoryBytes?: number;
  readonly acceptsFeatures?: (low: number, high: number) => boolean;
}

export class TransportBench implements VirtioModel {
  readonly deviceId = 1;
  readonly featuresLow: number;
  readonly featuresHigh: number;
  readonly ram: Memory;
  readonly interrupts: InterruptController;
  readonly iommu: Iommu;
  readonly parts: VirtioTransportParts;
  readonly transport: VirtioTransport;
  /** Device address of the memory. */
  readonly memory: number;
  /** 4096 bytes of the device's own, outside the memory. */
  readonly own: number;
  /** What the model was told, oldest first. */
  readonly told: string[] = [];
  readonly configuration = new Int32Array([0x1122_3344, 0x5566_7788]);
  readonly #options: TransportBenchOptions;
  /** The driver's side of each queue. */
  readonly drivers: DriverQueue[];

  constructor(options: TransportBenchOptions = {}) {
    const sizes = options.queueSizesMax ?? [8, 8];
    const plan = new RamPlan();
    const planned = {
      clock: Clock.plan(plan),
      interrupts: InterruptController.plan(plan),
      events: EventQueue.plan(plan, 4),
      iommu: Iommu.plan(plan, 1, 4),
      trace: Trace.plan(plan, 32),
    };
    this.#options = options;
    this.featuresLow = options.featuresLow ?? LOW_FEATURES;
    this.featuresHigh = options.featuresHigh ?? HIGH_FEATURES;
    this.parts = VirtioTransport.plan(plan, "virtio0", sizes);
    this.own = plan.bytes("own", 4096);
    this.memory = plan.bytes("memory", options.memoryBytes ?? MEMORY_BYTES, 4096);
    this.ram = new Memory(new ArrayBuffer(plan.end));
    const clock = new Clock(this.ram, planned.clock);
    const trace = new Trace(this.ram, planned.trace, null);
    this.interrupts = new InterruptController(this.ram, planned.interrupts, clock, trace);
    this.iommu = new Iommu(this.ram, planned.iommu, clock, trace);
    this.grant(this.memory, options.memoryBytes ?? MEMORY_BYTES);
    const events = new EventQueue(this.ram, planned.events);
    const port = new DevicePort({ ram: this.ram, clock, events, trace, interrupts: this.interrupts, iommu: this.iommu, choose: benign }, "virtio0", 0, LINE);
    this.transport = new VirtioTransport(port, this.parts, this);
    this.drivers = sizes.map((size, queue) => new DriverQueue(this.ram, { size, ...this.#places(queue) }));
  }

  // What the transport asks and tells.
  acceptsFeatures(low: number, high: number): boolean {
    return this.#options.acceptsFeatures?.(low, high) ?? true;
  }
  readConfiguration(offset: number): number {
    return this.configuration[offset >> 2] ?? 0;
  }
  writeConfiguration(offset: number, value: number): void {
    this.told.push(`configuration ${offset} ${value}`);
  }
  driverOk(): void {
    this.told.push("driverOk");
  }
  notified(queue: number): void {
    this.told.push(`notified ${queue}`);
  }
  queueStopped(queue: number): void {
    this.told.push(`stopped ${queue}`);
  }
  reset(): void {
    this.told.push("reset");
    this.transport.reset();
  }

  // What a driver does.
  read(offset: number): number {
    return this.transport.read(offset) >>> 0;
  }

  write(offset: number, value: number): void {
    this.transport.write(offset, value | 0);
  }

  get status(): number {
    return this.read(Register.Status);
  }

  get interruptStatus(): number {
    return this.read(Register.InterruptStatus);
  }

  get lineIsHigh(): boolean {
    return this.interrupts.lines() === 1 << LINE;
  }

  get lastFault(): number {
    return VirtioRegisters.lastFault.get(this.ram, this.parts.registers);
  }

  /** Lets the device reach these bytes of RAM too. */
  grant(base: number, bytes: number, rights = DmaRight.read | DmaRight.write): void {
    this.iommu.grant(0, base, bytes, rights);
  }

  /** The device's side of a queue. */
  queue(index = 0): Virtqueue {
    return this.transport.queues[index];
  }

  /** The driver's side of a queue. */
  driver(index = 0): DriverQueue {
    return this.drivers[index];
  }

  /** Steps 1 to 6 of 3.1.1 with VERSION_1 and these features. */
  negotiate(low = 0, high = HIGH_FEATURES): void {
    this.write(Register.Status, 0);
    this.write(Register.Status, Status.ACKNOWLEDGE);
    this.write(Register.Status, Status.ACKNOWLEDGE | Status.DRIVER);
    this.writeFeatures(low, high);
    this.write(Register.Status, Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK);
  }

  writeFeatures(...words: readonly number[]): void {
    words.forEach((word, i) => {
      this.write(Register.DriverFeaturesSel, i);
      this.write(Register.DriverFeatures, word);
    });
  }

  driverOkWrite(): void {
    this.write(Register.Status, Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK | Status.DRIVER_OK);
  }

  /** Zeroes a queue's memory and sets its registers; makes it ready unless told not to. */
  queueSetup(index = 0, settings: Partial<QueueSettings> = {}, ready = 1): DriverQueue {
    const driver = new DriverQueue(this.ram, { size: this.parts.queueSizesMax[index], ...this.#places(index), ...settings });
    this.drivers[index] = driver;
    this.ram.fill(this.memory + index * QUEUE_STRIDE, QUEUE_STRIDE, 0);
    this.write(Register.QueueSel, index);
    this.write(Register.QueueNum, driver.settings.size);
    this.#writeAddress(Register.QueueDescLow, driver.settings.descriptors);
    this.#writeAddress(Register.QueueDriverLow, driver.settings.available);
    this.#writeAddress(Register.QueueDeviceLow, driver.settings.used);
    if (ready !== 0) this.write(Register.QueueReady, ready);
    return driver;
  }

  /** All of 3.1.1, every queue ready. */
  start(low = 0, high = HIGH_FEATURES): this {
    this.negotiate(low, high);
    this.drivers.forEach((_, i) => this.queueSetup(i));
    this.driverOkWrite();
    return this;
  }

  buffer(offset = 0): number {
    return this.memory + BUFFERS + offset;
  }

  fill(at: number, values: readonly number[]): void {
    this.ram.u8.set(values, at);
  }

  bytes(at: number, count: number): number[] {
    return [...this.ram.u8.subarray(at, at + count)];
  }

  /** Address of the first byte from `from` on that is not as it was; -1 if all are. */
  changed(before: Uint8Array, from = 0, end: number = this.ram.bytes): number {
    for (let at = from; at < end; at++) if (this.ram.u8[at] !== before[at]) return at;
    return -1;
  }

  #places(queue: number): { descriptors: number; available: number; used: number } {
    const base = this.memory + queue * QUEUE_STRIDE;
    return { descriptors: base, available: base + AVAILABLE, used: base + USED };
  }

  #writeAddress(low: number, address: number): void {
    this.write(low, address % 0x1_0000_0000);
    this.write(low + 4, Math.floor(address / 0x1_0000_0000));
  }
}
