/**
 * The registers of the queues in a virtio window (VIRTIO 1.2, 4.2.2, 4.2.3.2): QueueSel chooses the queue that the
 * others speak of. Size and addresses are fixed while the queue is ready. A queue that does not exist reads 0.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import type { VirtioInterrupts } from "./interrupts.ts";
import { VirtioRegister } from "./mmio-registers.ts";
import type { VirtioModel } from "./model.ts";
import type { VirtioTransportParts } from "./transport-state.ts";
import { VirtioFault, VirtioQueue, VirtioRegisters } from "./transport-state.ts";

/** Alignment of the three parts (2.7). */
const DESCRIPTORS_ALIGNMENT = 16;
const AVAILABLE_ALIGNMENT = 2;
const USED_ALIGNMENT = 4;

const NONE = 0 as Address<"VirtioQueue">;

export class QueueRegisters {
  readonly #ram: Memory;
  readonly #parts: VirtioTransportParts;
  readonly #model: VirtioModel;
  readonly #interrupts: VirtioInterrupts;

  constructor(ram: Memory, parts: VirtioTransportParts, model: VirtioModel, interrupts: VirtioInterrupts) {
    this.#ram = ram;
    this.#parts = parts;
    this.#model = model;
    this.#interrupts = interrupts;
    Object.freeze(this);
  }

  reset(): void {
    const { base, count, stride } = this.#parts.queues;
    this.#ram.fill(base, count * stride, 0);
  }

  /** QueueNumMax and QueueReady; everything else reads 0. */
  read(offset: number): number {
    const index = VirtioRegisters.queueSel.get(this.#ram, this.#parts.registers);
    if (offset === VirtioRegister.QueueNumMax) return this.#exists(index) ? this.#parts.queueSizesMax[index] : 0;
    if (offset === VirtioRegister.QueueReady && this.#exists(index)) return VirtioQueue.ready.get(this.#ram, this.#parts.queues.at(index));
    return 0;
  }

  write(offset: number, value: number): void {
    switch (offset) {
      case VirtioRegister.QueueSel:
        VirtioRegisters.queueSel.set(this.#ram, this.#parts.registers, value);
        return;
      case VirtioRegister.QueueNotify:
        this.#notify(value);
        return;
      case VirtioRegister.QueueReady:
        this.#writeReady(value);
        return;
      default:
        this.#writeSetting(offset, value);
    }
  }

  #exists(index: number): boolean {
    return index >= 0 && index < this.#parts.queues.count;
  }

  #selected(): Address<"VirtioQueue"> {
    const index = VirtioRegisters.queueSel.get(this.#ram, this.#parts.registers);
    return this.#exists(index) ? this.#parts.queues.at(index) : NONE;
  }

  /** A queue that is not in use has nothing to say (2.1.2: nothing is used before DRIVER_OK). */
  #notify(index: number): void {
    if (!this.#exists(index) || !this.#interrupts.isRunning()) return;
    if (VirtioQueue.ready.get(this.#ram, this.#parts.queues.at(index)) === 1) this.#model.notified(index);
  }

  #writeSetting(offset: number, value: number): void {
    const ram = this.#ram;
    const queue = this.#selected();
    if (queue === NONE || VirtioQueue.ready.get(ram, queue) === 1) return;
    switch (offset) {
      case VirtioRegister.QueueNum:
        VirtioQueue.entries.set(ram, queue, value);
        return;
      case VirtioRegister.QueueDescLow:
        VirtioQueue.descriptors.setWords(ram, queue, value, VirtioQueue.descriptors.high(ram, queue));
        return;
      case VirtioRegister.QueueDescHigh:
        VirtioQueue.descriptors.setWords(ram, queue, VirtioQueue.descriptors.low(ram, queue), value);
        return;
      case VirtioRegister.QueueDriverLow:
        VirtioQueue.available.setWords(ram, queue, value, VirtioQueue.available.high(ram, queue));
        return;
      case VirtioRegister.QueueDriverHigh:
        VirtioQueue.available.setWords(ram, queue, VirtioQueue.available.low(ram, queue), value);
        return;
      case VirtioRegister.QueueDeviceLow:
        VirtioQueue.used.setWords(ram, queue, value, VirtioQueue.used.high(ram, queue));
        return;
      case VirtioRegister.QueueDeviceHigh:
        VirtioQueue.used.setWords(ram, queue, VirtioQueue.used.low(ram, queue), value);
        return;
      default:
        return;
    }
  }

  /** Starts the selected queue from index 0, or stops it; its other registers stay. */
  #writeReady(value: number): void {
    const ram = this.#ram;
    const queue = this.#selected();
    const ready = value === 0 ? 0 : 1;
    if (queue === NONE || VirtioQueue.ready.get(ram, queue) === ready) return;
    VirtioQueue.ready.set(ram, queue, ready);
    VirtioQueue.nextAvailable.set(ram, queue, 0);
    VirtioQueue.publishedUsed.set(ram, queue, 0);
    VirtioQueue.pending.set(ram, queue, 0);
    VirtioQueue.taken.set(ram, queue, 0);
    if (ready === 0) this.#model.queueStopped(VirtioRegisters.queueSel.get(ram, this.#parts.registers));
    else this.#judge(queue);
  }

  /** A queue as it cannot be (2.7): the device asks for a reset at once. */
  #judge(queue: Address<"VirtioQueue">): void {
    const ram = this.#ram;
    const size = VirtioQueue.entries.get(ram, queue);
    const isPowerOfTwo = size > 0 && (size & (size - 1)) === 0;
    if (!isPowerOfTwo || size > this.#parts.queueSizesMax[this.#parts.queues.indexOf(queue)]) {
      this.#interrupts.needsReset(VirtioFault.queueSize);
      return;
    }
    const isAligned =
      isMultiple(VirtioQueue.descriptors.low(ram, queue), DESCRIPTORS_ALIGNMENT) &&
      isMultiple(VirtioQueue.available.low(ram, queue), AVAILABLE_ALIGNMENT) &&
      isMultiple(VirtioQueue.used.low(ram, queue), USED_ALIGNMENT);
    if (!isAligned) this.#interrupts.needsReset(VirtioFault.queueAlignment);
  }
}

const isMultiple = (low: number, alignment: number): boolean => (low & (alignment - 1)) === 0;
