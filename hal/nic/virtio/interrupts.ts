/**
 * How a virtio device speaks up: InterruptStatus and the line that follows it (4.2.2, 4.2.3.4), the configuration's
 * generation, and DEVICE_NEEDS_RESET (2.1.2). The line is high while InterruptStatus is not 0. No used buffer
 * notification is sent before DRIVER_OK, and nothing at all between a reset and the driver's first step.
 *
 * A device that is out of order may raise the line late, never, or for nothing: then an event of LINE_EVENT says when it
 * is to be as it should.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { NEVER, interruptDelay } from "../out-of-order.ts";
import { VirtioInterrupt, VirtioStatus } from "./mmio-registers.ts";
import { VirtioRegisters } from "./transport-state.ts";

/** The kind of the event by which a device is told to settle() its line: no model uses it for anything else. */
export const LINE_EVENT = 15;

const LIVE = VirtioStatus.DRIVER_OK | VirtioStatus.FEATURES_OK;

export class VirtioInterrupts {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #registers: Address<"VirtioRegisters">;

  constructor(port: DevicePort, registers: Address<"VirtioRegisters">) {
    this.#ram = port.ram;
    this.#port = port;
    this.#registers = registers;
    Object.freeze(this);
  }

  /** DRIVER_OK is set after features were agreed on, and the device has not asked for a reset: queues may be used, notifications sent. */
  isRunning(): boolean {
    return (VirtioRegisters.status.get(this.#ram, this.#registers) & (LIVE | VirtioStatus.DEVICE_NEEDS_RESET)) === LIVE;
  }

  /** Sends a used buffer notification. */
  usedBuffer(): void {
    if (this.isRunning()) this.#raise(VirtioInterrupt.usedBuffer);
  }

  /**
   * The configuration space has changed: counts its generation up, and tells the driver. Not only a running one: it may
   * have read the configuration already. After a reset there is nobody to tell until it begins anew (2.4.1).
   */
  configurationChanged(): void {
    this.nextGeneration();
    if (VirtioRegisters.status.get(this.#ram, this.#registers) !== 0) this.#raise(VirtioInterrupt.configuration);
  }

  /** Counts the configuration's generation up. */
  nextGeneration(): void {
    const generation = VirtioRegisters.configGeneration.get(this.#ram, this.#registers);
    VirtioRegisters.configGeneration.set(this.#ram, this.#registers, (generation + 1) | 0);
  }

  /** Something happened that only a reset can mend; `fault` is one of VirtioFault. The driver is told once it is ready (2.1.2). */
  needsReset(fault: number): void {
    VirtioRegisters.faults.add(this.#ram, this.#registers, 1);
    VirtioRegisters.lastFault.set(this.#ram, this.#registers, fault);
    const status = VirtioRegisters.status.get(this.#ram, this.#registers);
    if ((status & VirtioStatus.DEVICE_NEEDS_RESET) !== 0) return;
    VirtioRegisters.status.set(this.#ram, this.#registers, status | VirtioStatus.DEVICE_NEEDS_RESET);
    if ((status & VirtioStatus.DRIVER_OK) !== 0) this.#raise(VirtioInterrupt.configuration);
  }

  /** DRIVER_OK was set: what could not be said before is said now. */
  driverOk(): void {
    const status = VirtioRegisters.status.get(this.#ram, this.#registers);
    if ((status & VirtioStatus.DEVICE_NEEDS_RESET) !== 0) this.#raise(VirtioInterrupt.configuration);
  }

  /** A write to InterruptACK: the causes written as 1 are handled. */
  acknowledge(causes: number): void {
    const left = VirtioRegisters.interruptStatus.get(this.#ram, this.#registers) & ~causes;
    VirtioRegisters.interruptStatus.set(this.#ram, this.#registers, left);
    if (left === 0) this.#port.lowerLine();
  }

  /** The line is high for so many cycles without a cause, or until another event of its settles it. */
  pulse(cycles: number): void {
    this.#port.raiseLine();
    this.#settleLater(cycles);
  }

  /** The line is as InterruptStatus says. */
  settle(): void {
    if (VirtioRegisters.interruptStatus.get(this.#ram, this.#registers) !== 0) this.#port.raiseLine();
    else this.#port.lowerLine();
  }

  #raise(causes: number): void {
    VirtioRegisters.interruptStatus.set(this.#ram, this.#registers, VirtioRegisters.interruptStatus.get(this.#ram, this.#registers) | causes);
    const delay = interruptDelay(this.#port);
    if (delay === 0) this.#port.raiseLine();
    else if (delay !== NEVER) this.#settleLater(delay);
  }

  #settleLater(cycles: number): void {
    if (!this.#port.isScheduled(LINE_EVENT)) this.#port.schedule(LINE_EVENT, 0, this.#port.now() + cycles);
  }
}
