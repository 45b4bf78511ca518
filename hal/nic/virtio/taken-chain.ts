/**
 * What a device does with one chain of a queue: it is measured when it is taken, and its bytes are copied later. Both
 * walk the chain anew (descriptor-chain.ts), since the driver may have changed it in between; what is wrong is answered
 * as a VirtioFault, and 0 means that all is well.
 */

import type { DevicePort } from "../../device-port.ts";
import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { DescriptorChain, Walk } from "./descriptor-chain.ts";
import { VirtioFault, VirtioQueue } from "./transport-state.ts";

/** 2.7.5.2. */
const CHAIN_BYTES_MAX = 0x1_0000_0000;

export class TakenChain {
  readonly #ram: Memory;
  readonly #port: DevicePort;
  readonly #queue: Address<"VirtioQueue">;
  readonly #walk: DescriptorChain;

  constructor(port: DevicePort, registers: Address<"VirtioRegisters">, queue: Address<"VirtioQueue">) {
    this.#ram = port.ram;
    this.#port = port;
    this.#queue = queue;
    this.#walk = new DescriptorChain(port, registers, queue);
    Object.freeze(this);
  }

  /** Checks every descriptor of the chain at `head`, and keeps the bytes of its two parts in the queue's record. */
  measure(head: number): number {
    const walk = this.#walk;
    let readable = 0;
    let writable = 0;
    let step = walk.open(head);
    for (; step === Walk.descriptor; step = walk.next()) {
      const bytes = walk.bytes();
      const isWritable = walk.isWritable();
      if (bytes === 0) return VirtioFault.emptyDescriptor;
      if (!isWritable && writable > 0) return VirtioFault.chainOrder;
      if (readable + writable + bytes > CHAIN_BYTES_MAX) return VirtioFault.chainBytes;
      if (!this.#reaches(isWritable, walk.address(), bytes)) return VirtioFault.bufferReach;
      if (isWritable) writable += bytes;
      else readable += bytes;
    }
    if (step < 0) return -step;
    VirtioQueue.readableBytes.set(this.#ram, this.#queue, readable);
    VirtioQueue.writableBytes.set(this.#ram, this.#queue, writable);
    return 0;
  }

  /** Copies `bytes` bytes between the part of the taken chain that is (not) writable, from its `offset` on, and the device's own bytes at `own`. */
  copy(isWritable: boolean, offset: number, bytes: number, own: number): number {
    const walk = this.#walk;
    let skip = offset;
    let left = bytes;
    let step = left === 0 ? Walk.over : walk.open(VirtioQueue.head.get(this.#ram, this.#queue));
    while (step === Walk.descriptor) {
      const here = walk.isWritable() === isWritable ? walk.bytes() : 0;
      const part = Math.min(left, here - skip);
      if (part > 0) {
        if (!this.#copyPart(isWritable, walk.address() + skip, part, own + bytes - left)) return VirtioFault.bufferReach;
        left -= part;
        if (left === 0) return 0;
      }
      skip = Math.max(skip - here, 0);
      step = walk.next();
    }
    if (left === 0) return 0;
    return step < 0 ? -step : VirtioFault.chainChanged;
  }

  #reaches(isWritable: boolean, address: number, bytes: number): boolean {
    return isWritable ? this.#port.dmaMayWrite(address, bytes) : this.#port.dmaMayRead(address, bytes);
  }

  #copyPart(isWritable: boolean, address: number, bytes: number, own: number): boolean {
    return isWritable ? this.#port.dmaWrite(address, bytes, own) : this.#port.dmaRead(address, bytes, own);
  }
}
