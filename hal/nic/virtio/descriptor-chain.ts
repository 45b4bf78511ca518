/**
 * A walk over one chain of descriptors of a split queue (VIRTIO 1.2, 2.7.5): from its head along `next`, and through one
 * indirect table at its end. Where the walk is lies in the queue's record, so a walk holds for one event only. Each
 * descriptor is read once, after the IOMMU table has proven that it may be; a chain has at most as many descriptors as
 * the queue (2.7.5.3.1 says so of indirect tables too). Nothing is trusted: `open` and `next` answer FAULT with a reason.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { deviceAddress } from "../descriptors.ts";
import { VirtioFeature } from "./mmio-registers.ts";
import { VirtqDescriptor, VirtqDescriptorFlag, descriptorAt } from "./split-ring.ts";
import { VirtioFault, VirtioQueue, VirtioRegisters } from "./transport-state.ts";

/** A walk stands at a descriptor of a buffer, or is over; a reason below 0 is a VirtioFault. */
export const Walk = Object.freeze({ descriptor: 1, over: 0 });

const WORD_ALIGNED = 3;

export class DescriptorChain {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #registers: Address<"VirtioRegisters">;
  readonly #queue: Address<"VirtioQueue">;
  readonly #descriptor: Address<"VirtqDescriptor">;

  constructor(port: DevicePort, registers: Address<"VirtioRegisters">, queue: Address<"VirtioQueue">) {
    this.#ram = port.ram;
    this.#port = port;
    this.#registers = registers;
    this.#queue = queue;
    this.#descriptor = VirtioQueue.descriptor.at(queue);
    Object.freeze(this);
  }

  /** Stands at the first descriptor of the chain that begins at `head`. Walk.descriptor, or minus a VirtioFault. */
  open(head: number): number {
    const ram = this.#ram;
    const queue = this.#queue;
    const size = VirtioQueue.entries.get(ram, queue);
    VirtioQueue.table.setWords(ram, queue, VirtioQueue.descriptors.low(ram, queue), VirtioQueue.descriptors.high(ram, queue));
    VirtioQueue.tableLength.set(ram, queue, size);
    VirtioQueue.left.set(ram, queue, size);
    VirtioQueue.indirect.set(ram, queue, 0);
    return this.#enter(head);
  }

  /** Goes on to the next descriptor. Walk.descriptor, Walk.over, or minus a VirtioFault. */
  next(): number {
    const flags = VirtqDescriptor.flags.get(this.#ram, this.#descriptor);
    if ((flags & VirtqDescriptorFlag.NEXT) === 0) return Walk.over;
    return this.#enter(VirtqDescriptor.next.get(this.#ram, this.#descriptor));
  }

  /** Is the descriptor's buffer the device's to write? */
  isWritable(): boolean {
    return (VirtqDescriptor.flags.get(this.#ram, this.#descriptor) & VirtqDescriptorFlag.WRITE) !== 0;
  }

  /** Its buffer: a device address (any 64 bits, as a double), and its bytes, up to 2^32 - 1. */
  address(): number {
    return deviceAddress(VirtqDescriptor.address.low(this.#ram, this.#descriptor), VirtqDescriptor.address.high(this.#ram, this.#descriptor));
  }

  bytes(): number {
    return VirtqDescriptor.bytes.get(this.#ram, this.#descriptor) >>> 0;
  }

  #enter(index: number): number {
    const ram = this.#ram;
    const queue = this.#queue;
    if (index >= VirtioQueue.tableLength.get(ram, queue)) return -VirtioFault.descriptorIndex;
    const left = VirtioQueue.left.get(ram, queue) - 1;
    if (left < 0) return -VirtioFault.chainLength;
    VirtioQueue.left.set(ram, queue, left);
    const at = descriptorAt(deviceAddress(VirtioQueue.table.low(ram, queue), VirtioQueue.table.high(ram, queue)), index);
    if (!this.#port.dmaMayRead(at, VirtqDescriptor.size)) return -this.#reachFault();
    this.#fetch(at);
    const flags = VirtqDescriptor.flags.get(ram, this.#descriptor);
    return (flags & VirtqDescriptorFlag.INDIRECT) === 0 ? Walk.descriptor : this.#enterTable(flags);
  }

  /** 2.7.5.3: the chain goes on in a table of its own, and ends there. The flag WRITE of what refers to it means nothing. */
  #enterTable(flags: number): number {
    const ram = this.#ram;
    const queue = this.#queue;
    const bytes = this.bytes();
    const offered = (VirtioRegisters.driverFeatures0.get(ram, this.#registers) >>> VirtioFeature.INDIRECT_DESC) & 1;
    if (offered === 0 || VirtioQueue.indirect.get(ram, queue) !== 0 || (flags & VirtqDescriptorFlag.NEXT) !== 0) return -VirtioFault.indirectTable;
    if (bytes === 0 || bytes % VirtqDescriptor.size !== 0) return -VirtioFault.indirectTable;
    VirtioQueue.table.setWords(ram, queue, VirtqDescriptor.address.low(ram, this.#descriptor), VirtqDescriptor.address.high(ram, this.#descriptor));
    VirtioQueue.tableLength.set(ram, queue, bytes / VirtqDescriptor.size);
    VirtioQueue.indirect.set(ram, queue, 1);
    // The descriptor that refers to the table is none of the chain's buffers.
    VirtioQueue.left.add(ram, queue, 1);
    return this.#enter(0);
  }

  #reachFault(): number {
    return VirtioQueue.indirect.get(this.#ram, this.#queue) === 0 ? VirtioFault.queueReach : VirtioFault.bufferReach;
  }

  /** Descriptors of an indirect table may lie at any address. */
  #fetch(at: number): void {
    if ((at & WORD_ALIGNED) !== 0) {
      this.#ram.copy(this.#descriptor, at, VirtqDescriptor.size);
      return;
    }
    const words = this.#ram.i32;
    const from = at >> 2;
    const to = this.#descriptor >> 2;
    words[to] = words[from];
    words[to + 1] = words[from + 1];
    words[to + 2] = words[from + 2];
    words[to + 3] = words[from + 3];
  }
}
