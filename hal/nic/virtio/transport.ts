/**
 * The device's side of virtio over a memory-mapped bus (VIRTIO 1.2, 4.2): the register window, the status machine (2.1),
 * feature negotiation (2.2), the registers of the queues, interrupts. The device's model is asked and told by VirtioModel.
 *
 * Whatever a driver writes, the window goes on:
 *  - bits of Status are only ever added; 0 resets. FEATURES_OK does not stick unless the choice is a part of the offer,
 *    holds VERSION_1 and pleases the model; without it DRIVER_OK sets nothing to work; DEVICE_NEEDS_RESET is the device's.
 *  - the driver's features are fixed by FEATURES_OK; a queue's size and addresses while it is ready.
 *  - a queue made ready with an impossible size or alignment reads back as ready, and the device asks for a reset.
 *  - a queue that does not exist reads 0 and takes no writes. Registers that may only be written read 0.
 * Not offered: shared memory regions (their length and base read as all ones), QueueReset (VIRTIO_F_RING_RESET).
 */

import { assert } from "../../assert.ts";
import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import type { RamPlan } from "../../ram-plan.ts";
import { VirtioInterrupts } from "./interrupts.ts";
import { VIRTIO_MAGIC, VIRTIO_VENDOR, VIRTIO_VERSION, VirtioFeature, VirtioRegister, VirtioStatus } from "./mmio-registers.ts";
import type { VirtioModel } from "./model.ts";
import { QueueRegisters } from "./queue-registers.ts";
import { QUEUE_SIZE_MAX } from "./split-ring.ts";
import type { VirtioTransportParts } from "./transport-state.ts";
import { VirtioFault, VirtioQueue, VirtioRegisters } from "./transport-state.ts";
import { Virtqueue } from "./virtqueue.ts";

/** Bits of Status that a driver may set. */
const DRIVER_BITS = VirtioStatus.ACKNOWLEDGE | VirtioStatus.DRIVER | VirtioStatus.DRIVER_OK | VirtioStatus.FEATURES_OK | VirtioStatus.FAILED;
const VERSION_1 = 1 << (VirtioFeature.VERSION_1 - 32);
const ALL_ONES = -1;

export class VirtioTransport {
  /** By number. */
  readonly queues: readonly Virtqueue[];
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #registers: Address<"VirtioRegisters">;
  readonly #model: VirtioModel;
  readonly #interrupts: VirtioInterrupts;
  readonly #queueRegisters: QueueRegisters;

  /** Reserves `<name>.registers` and `<name>.queues`. A size is a power of two, at most QUEUE_SIZE_MAX. */
  static plan(plan: RamPlan, name: string, queueSizesMax: readonly number[]): VirtioTransportParts {
    for (const size of queueSizesMax) assert(size > 0 && size <= QUEUE_SIZE_MAX && (size & (size - 1)) === 0, "a queue's size is a power of two up to 32768");
    return Object.freeze({
      registers: plan.record(`${name}.registers`, VirtioRegisters),
      queues: plan.records(`${name}.queues`, VirtioQueue, queueSizesMax.length),
      queueSizesMax: Object.freeze([...queueSizesMax]),
    });
  }

  constructor(port: DevicePort, parts: VirtioTransportParts, model: VirtioModel) {
    const interrupts = new VirtioInterrupts(port, parts.registers);
    this.#ram = port.ram;
    this.#port = port;
    this.#registers = parts.registers;
    this.#model = model;
    this.#interrupts = interrupts;
    this.#queueRegisters = new QueueRegisters(port.ram, parts, model, interrupts);
    this.queues = Object.freeze(parts.queueSizesMax.map((_, i) => new Virtqueue(port, parts.registers, parts.queues.at(i), i, interrupts)));
    Object.freeze(this);
  }

  /** FEATURES_OK and DRIVER_OK are set, and no reset asked for. */
  isRunning(): boolean {
    return this.#interrupts.isRunning();
  }

  /** Was this feature (a bit number below 64, as in VirtioFeature) negotiated? */
  hasFeature(bit: number): boolean {
    const word = bit < 32 ? VirtioRegisters.driverFeatures0.get(this.#ram, this.#registers) : VirtioRegisters.driverFeatures1.get(this.#ram, this.#registers);
    return ((word >>> (bit & 31)) & 1) === 1;
  }

  /** Sends a used buffer notification: what Virtqueue.publish() asks for. */
  usedBuffer(): void {
    this.#interrupts.usedBuffer();
  }

  /** The model's configuration space has changed: generation and notification. */
  configurationChanged(): void {
    this.#interrupts.configurationChanged();
  }

  /** The driver has itself had the configuration space changed, by a command: a new generation, but nothing to be told. */
  configurationWritten(): void {
    this.#interrupts.nextGeneration();
  }

  /** The line is high for so many cycles without a cause. */
  pulseLine(cycles: number): void {
    this.#interrupts.pulse(cycles);
  }

  /** An event of LINE_EVENT is due. */
  settleLine(): void {
    this.#interrupts.settle();
  }

  /** The driver did what the device's chapter forbids: the queues rest until the reset. */
  needsReset(): void {
    this.#interrupts.needsReset(VirtioFault.device);
  }

  /** Power-on state of window and queues. The generation goes on counting, so that no change is missed (2.5.1). */
  reset(): void {
    const ram = this.#ram;
    const registers = VirtioRegisters.view(ram, this.#registers);
    const { configGeneration, faults, lastFault } = registers;
    ram.fill(this.#registers, VirtioRegisters.size, 0);
    Object.assign(registers, { configGeneration, faults, lastFault });
    this.#queueRegisters.reset();
    this.#port.lowerLine();
  }

  /** A 32-bit read of the window at a byte offset that is a multiple of 4. */
  read(offset: number): number {
    const ram = this.#ram;
    const registers = this.#registers;
    switch (offset) {
      case VirtioRegister.MagicValue:
        return VIRTIO_MAGIC;
      case VirtioRegister.Version:
        return VIRTIO_VERSION;
      case VirtioRegister.DeviceID:
        return this.#model.deviceId;
      case VirtioRegister.VendorID:
        return VIRTIO_VENDOR;
      case VirtioRegister.DeviceFeatures:
        return this.#offered(VirtioRegisters.deviceFeaturesSel.get(ram, registers));
      case VirtioRegister.InterruptStatus:
        return VirtioRegisters.interruptStatus.get(ram, registers);
      case VirtioRegister.Status:
        return VirtioRegisters.status.get(ram, registers);
      case VirtioRegister.ConfigGeneration:
        return VirtioRegisters.configGeneration.get(ram, registers);
      case VirtioRegister.SHMLenLow:
      case VirtioRegister.SHMLenHigh:
      case VirtioRegister.SHMBaseLow:
      case VirtioRegister.SHMBaseHigh:
        return ALL_ONES;
      default:
        return offset >= VirtioRegister.Config ? this.#model.readConfiguration(offset - VirtioRegister.Config) : this.#queueRegisters.read(offset);
    }
  }

  /** A 32-bit write. */
  write(offset: number, value: number): void {
    const ram = this.#ram;
    const registers = this.#registers;
    switch (offset) {
      case VirtioRegister.DeviceFeaturesSel:
        VirtioRegisters.deviceFeaturesSel.set(ram, registers, value);
        return;
      case VirtioRegister.DriverFeaturesSel:
        VirtioRegisters.driverFeaturesSel.set(ram, registers, value);
        return;
      case VirtioRegister.DriverFeatures:
        this.#chooseFeatures(value);
        return;
      case VirtioRegister.InterruptACK:
        this.#interrupts.acknowledge(value);
        return;
      case VirtioRegister.Status:
        this.#writeStatus(value);
        return;
      default:
        if (offset >= VirtioRegister.Config) this.#model.writeConfiguration(offset - VirtioRegister.Config, value);
        else this.#queueRegisters.write(offset, value);
    }
  }

  #offered(word: number): number {
    if (word === 0) return this.#model.featuresLow;
    return word === 1 ? this.#model.featuresHigh : 0;
  }

  /** The driver's choice for the word that is selected; feature bits end at 127 (2.2). */
  #chooseFeatures(value: number): void {
    const ram = this.#ram;
    const registers = this.#registers;
    if ((VirtioRegisters.status.get(ram, registers) & VirtioStatus.FEATURES_OK) !== 0) return;
    switch (VirtioRegisters.driverFeaturesSel.get(ram, registers)) {
      case 0:
        VirtioRegisters.driverFeatures0.set(ram, registers, value);
        return;
      case 1:
        VirtioRegisters.driverFeatures1.set(ram, registers, value);
        return;
      case 2:
        VirtioRegisters.driverFeatures2.set(ram, registers, value);
        return;
      case 3:
        VirtioRegisters.driverFeatures3.set(ram, registers, value);
        return;
      default:
        return;
    }
  }

  #writeStatus(value: number): void {
    if (value === 0) {
      this.#model.reset();
      return;
    }
    const before = VirtioRegisters.status.get(this.#ram, this.#registers);
    const wasRunning = this.isRunning();
    const isRefused = (value & ~before & VirtioStatus.FEATURES_OK) !== 0 && !this.#accepts();
    const after = before | (value & DRIVER_BITS & (isRefused ? ~VirtioStatus.FEATURES_OK : ALL_ONES));
    VirtioRegisters.status.set(this.#ram, this.#registers, after);
    if ((after & ~before & VirtioStatus.DRIVER_OK) !== 0) this.#interrupts.driverOk();
    if (!wasRunning && this.isRunning()) this.#model.driverOk();
  }

  /** 2.2.2, 6.2: a part of the offer, VERSION_1 in it, and what the model says. */
  #accepts(): boolean {
    const ram = this.#ram;
    const registers = this.#registers;
    const low = VirtioRegisters.driverFeatures0.get(ram, registers);
    const high = VirtioRegisters.driverFeatures1.get(ram, registers);
    const beyond = VirtioRegisters.driverFeatures2.get(ram, registers) | VirtioRegisters.driverFeatures3.get(ram, registers);
    const notOffered = (low & ~this.#model.featuresLow) | (high & ~this.#model.featuresHigh) | beyond;
    return notOffered === 0 && (high & VERSION_1) !== 0 && this.#model.acceptsFeatures(low, high);
  }
}
