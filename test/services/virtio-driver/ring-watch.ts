/**
 * Watches the memory of a virtio device's queues while its driver works: what the driver makes available, whether it
 * alters what is exposed, whether it notifies when it must. Looks at every crossing of the driver and every access to
 * the device's registers.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { VirtioFeature, VirtioStatus } from "../../../hal/nic/virtio/mmio-registers.ts";
import { VirtqAvailableFlag, VirtqDescriptor, VirtqDescriptorFlag, VirtqIndex, VirtqRing, availableAt, availableEventAt, descriptorAt, eventPassed } from "../../../hal/nic/virtio/split-ring.ts";
import { VirtioQueue, VirtioRegisters } from "../../../hal/nic/virtio/transport-state.ts";
import type { DriverBench } from "../driver/bench.ts";
import { NIC } from "../driver/kind.ts";

const { NEXT, WRITE, INDIRECT } = VirtqDescriptorFlag;
const POSITIONS = 0xffff;

/** What a driver did against a rule: the section of the rule, and the queue. */
export interface Breach {
  readonly section: string;
  readonly what: string;
}

interface Watched {
  index: number;
  /** By ring position: the exposed chain's descriptors, as text. */
  readonly exposed: Map<number, string>;
  /** The device wanted to hear of what was made available since the driver last notified it. */
  owed: boolean;
}

export class RingWatch {
  readonly breaches: Breach[] = [];
  /** Chains that were made available, and of them, those in tables of their own. */
  chains = 0;
  indirectChains = 0;
  /** Queues seen ready before DRIVER_OK, and all bits of their used flags then. */
  setUps = 0;
  usedFlagsAtSetUp = 0;
  readonly #queuesAt: number;
  readonly #ram: Memory;
  readonly #registers: Address<"VirtioRegisters">;
  readonly #queues: number;
  readonly #watched = new Map<number, Watched>();

  constructor(bench: DriverBench, queues: number) {
    this.#queuesAt = bench.partAt(`${NIC}.queues`);
    this.#ram = bench.machine.ram;
    this.#registers = bench.partAt(`${NIC}.registers`) as Address<"VirtioRegisters">;
    this.#queues = queues;
  }

  /** The driver writes QueueNotify. */
  notified(queue: number): void {
    const watched = this.#watched.get(queue);
    if (watched !== undefined) watched.owed = false;
  }

  look(): void {
    for (let queue = 0; queue < this.#queues; queue++) this.#lookAt(queue);
  }

  /** At rest: the device has been notified of all that it wanted to hear of and did not find by itself. */
  rest(): void {
    this.look();
    for (const [number, watched] of this.#watched) {
      const isFound = VirtioQueue.nextAvailable.get(this.#ram, this.#queue(number)) === watched.index;
      if (watched.owed && !isFound) this.#breach("2.7.10.1", `queue ${number} was not notified`);
    }
  }

  #breach(section: string, what: string): void {
    this.breaches.push({ section, what });
  }

  #lookAt(number: number): void {
    const ram = this.#ram;
    const queue = this.#queue(number);
    const live = VirtioQueue.ready.get(ram, queue) === 1 && (VirtioRegisters.status.get(ram, this.#registers) & VirtioStatus.DEVICE_NEEDS_RESET) === 0;
    if (!live) {
      this.#watched.delete(number);
      return;
    }
    const watched = this.#watched.get(number) ?? this.#begin(queue);
    this.#watched.set(number, watched);
    this.#checkFlags(queue, number);
    this.#checkExposed(queue, number, watched);
    this.#checkIndex(queue, number, watched);
  }

  #queue(number: number): Address<"VirtioQueue"> {
    return (this.#queuesAt + number * VirtioQueue.size) as Address<"VirtioQueue">;
  }

  /** Of a queue that was at work before it was watched, what it did then is not known. */
  #begin(queue: Address<"VirtioQueue">): Watched {
    if ((VirtioRegisters.status.get(this.#ram, this.#registers) & VirtioStatus.DRIVER_OK) !== 0) {
      return { index: VirtqRing.index.get(this.#ram, VirtioQueue.available.low(this.#ram, queue) as Address<"VirtqRing">), exposed: new Map(), owed: false };
    }
    this.setUps += 1;
    this.usedFlagsAtSetUp |= VirtqRing.flags.get(this.#ram, VirtioQueue.used.low(this.#ram, queue) as Address<"VirtqRing">);
    return { index: 0, exposed: new Map(), owed: false };
  }

  #checkFlags(queue: Address<"VirtioQueue">, number: number): void {
    const flags = VirtqRing.flags.get(this.#ram, VirtioQueue.available.low(this.#ram, queue) as Address<"VirtqRing">);
    const allowed = this.#has(VirtioFeature.EVENT_IDX) ? flags === 0 : flags === 0 || flags === VirtqAvailableFlag.NO_INTERRUPT;
    if (!allowed) this.#breach("2.7.7.1", `queue ${number} has flags ${flags}`);
  }

  /** Chains that the device has not used stay as they were when they were exposed. */
  #checkExposed(queue: Address<"VirtioQueue">, number: number, watched: Watched): void {
    const used = VirtqRing.index.get(this.#ram, VirtioQueue.used.low(this.#ram, queue) as Address<"VirtqRing">);
    for (const [position, text] of watched.exposed) {
      if (((watched.index - used) & POSITIONS) < ((watched.index - position) & POSITIONS)) watched.exposed.delete(position);
      else if (this.#chainText(queue, number, position) !== text) this.#breach("3.3.1", `queue ${number} position ${position}: ${text} became ${this.#chainText(queue, number, position)}`);
    }
  }

  #checkIndex(queue: Address<"VirtioQueue">, number: number, watched: Watched): void {
    const ram = this.#ram;
    const index = VirtqRing.index.get(ram, VirtioQueue.available.low(ram, queue) as Address<"VirtqRing">);
    const used = VirtqRing.index.get(ram, VirtioQueue.used.low(ram, queue) as Address<"VirtqRing">);
    const size = VirtioQueue.entries.get(ram, queue);
    if (((index - watched.index) & POSITIONS) > size) this.#breach("2.7.6.1", `queue ${number}: index ${watched.index} became ${index}`);
    if (((index - used) & POSITIONS) > size) this.#breach("2.7.13", `queue ${number}: more chains than descriptors`);
    if (index !== watched.index && this.#wantsNotification(queue, index, watched.index, size)) watched.owed = true;
    for (let position = watched.index; position !== index; position = (position + 1) & POSITIONS) {
      this.chains += 1;
      watched.exposed.set(position, this.#chainText(queue, number, position));
    }
    watched.index = index;
  }

  #wantsNotification(queue: Address<"VirtioQueue">, after: number, before: number, size: number): boolean {
    const used = VirtioQueue.used.low(this.#ram, queue);
    // Before DRIVER_OK nobody may be notified; the driver does it after that.
    if (this.#has(VirtioFeature.EVENT_IDX)) return eventPassed(VirtqIndex.value.get(this.#ram, availableEventAt(used, size)), after, before);
    return VirtqRing.flags.get(this.#ram, used as Address<"VirtqRing">) === 0;
  }

  /** The chain at a ring position in words, checked on the way. */
  #chainText(queue: Address<"VirtioQueue">, number: number, position: number): string {
    const ram = this.#ram;
    const size = VirtioQueue.entries.get(ram, queue);
    const head = VirtqIndex.value.get(ram, availableAt(VirtioQueue.available.low(ram, queue), size, position));
    const parts: string[] = [];
    let [table, length, at, writable, total, nested] = [VirtioQueue.descriptors.low(ram, queue), size, head, false, 0, false];
    for (let count = 0; ; count++) {
      if (at >= length) return this.#wrong(number, "2.7.5.2", `descriptor ${at} of ${length}`);
      if (count > size) return this.#wrong(number, "2.7.5.3.1", "a chain longer than the queue");
      const descriptor = descriptorAt(table, at);
      const flags = VirtqDescriptor.flags.get(ram, descriptor);
      const bytes = VirtqDescriptor.bytes.get(ram, descriptor) >>> 0;
      parts.push(`${VirtqDescriptor.address.show(ram, descriptor)}+${bytes}/${flags}`);
      if ((flags & INDIRECT) !== 0) {
        if (nested || (flags & NEXT) !== 0 || !this.#has(VirtioFeature.INDIRECT_DESC)) return this.#wrong(number, "2.7.5.3.1", "an indirect table where none may be");
        this.indirectChains += 1;
        [table, length, at, nested] = [VirtqDescriptor.address.low(ram, descriptor), bytes / VirtqDescriptor.size, 0, true];
        continue;
      }
      if ((flags & WRITE) === 0 && writable) return this.#wrong(number, "2.7.4.2", "readable after writable");
      writable = (flags & WRITE) !== 0;
      total += bytes;
      if (total > 2 ** 32) return this.#wrong(number, "2.7.5.2", "more than 2^32 bytes");
      if ((flags & NEXT) === 0) return `${head}: ${parts.join(" ")}`;
      at = VirtqDescriptor.next.get(ram, descriptor);
    }
  }

  #wrong(queue: number, section: string, what: string): string {
    this.#breach(section, `queue ${queue}: ${what}`);
    return what;
  }

  #has(feature: number): boolean {
    return ((VirtioRegisters.driverFeatures0.get(this.#ram, this.#registers) >>> feature) & 1) === 1;
  }
}
