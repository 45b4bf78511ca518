/** The driver's side of a split queue, as a test plays it: it writes whatever it is told, right or wrong. */

import type { Address } from "../../../../hal/field.ts";
import type { Memory } from "../../../../hal/memory.ts";
import {
  VirtqDescriptor,
  VirtqIndex,
  VirtqRing,
  VirtqUsedElement,
  availableAt,
  availableEventAt,
  descriptorAt,
  usedAt,
  usedEventAt,
} from "../../../../hal/nic/virtio/split-ring.ts";

/** The registers of a queue. */
export interface QueueSettings {
  readonly size: number;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
}

/** A descriptor; `address` is any whole number below 2^64 that a double holds. */
export interface Part {
  readonly address: number;
  readonly bytes: number;
  readonly flags?: number;
  readonly next?: number;
}

export class DriverQueue {
  readonly settings: QueueSettings;
  readonly #ram: Memory;
  readonly #availableRing: Address<"VirtqRing">;
  readonly #usedRing: Address<"VirtqRing">;
  /** What the driver has made available, modulo 2^16. */
  #index = 0;

  constructor(ram: Memory, settings: QueueSettings) {
    this.#ram = ram;
    this.settings = settings;
    this.#availableRing = settings.available as Address<"VirtqRing">;
    this.#usedRing = settings.used as Address<"VirtqRing">;
  }

  /** Writes a descriptor of its table, or of the table at an address. */
  describe(at: number, part: Part, table: number = this.settings.descriptors): void {
    const descriptor = descriptorAt(table, at);
    VirtqDescriptor.address.setWords(this.#ram, descriptor, (part.address % 0x1_0000_0000) | 0, Math.floor(part.address / 0x1_0000_0000) | 0);
    VirtqDescriptor.bytes.set(this.#ram, descriptor, part.bytes | 0);
    VirtqDescriptor.flags.set(this.#ram, descriptor, part.flags ?? 0);
    VirtqDescriptor.next.set(this.#ram, descriptor, part.next ?? 0);
  }

  /** Writes a chain into consecutive descriptors from `head` on, linked by NEXT. */
  chain(head: number, parts: readonly Part[], table: number = this.settings.descriptors): void {
    parts.forEach((part, i) => {
      const last = i === parts.length - 1;
      this.describe(head + i, { ...part, flags: (part.flags ?? 0) | (last ? 0 : 1), next: last ? 0 : head + i + 1 }, table);
    });
  }

  /** Puts heads into the available ring and moves its index past them. */
  offer(...heads: readonly number[]): void {
    for (const head of heads) {
      VirtqIndex.value.set(this.#ram, availableAt(this.settings.available, this.settings.size, this.#index), head);
      this.#index = (this.#index + 1) & 0xffff;
    }
    this.setAvailableIndex(this.#index);
  }

  setAvailableIndex(index: number): void {
    this.#index = index & 0xffff;
    VirtqRing.index.set(this.#ram, this.#availableRing, index);
  }

  setAvailableFlags(flags: number): void {
    VirtqRing.flags.set(this.#ram, this.#availableRing, flags);
  }

  setUsedEvent(event: number): void {
    VirtqIndex.value.set(this.#ram, usedEventAt(this.settings.available, this.settings.size), event);
  }

  setUsedFlags(flags: number): void {
    VirtqRing.flags.set(this.#ram, this.#usedRing, flags);
  }

  get usedFlags(): number {
    return VirtqRing.flags.get(this.#ram, this.#usedRing);
  }

  get usedIndex(): number {
    return VirtqRing.index.get(this.#ram, this.#usedRing);
  }

  get availableEvent(): number {
    return VirtqIndex.value.get(this.#ram, availableEventAt(this.settings.used, this.settings.size));
  }

  /** The used element of a ring position: [head, bytes]. */
  usedElement(position: number): readonly number[] {
    const element = usedAt(this.settings.used, this.settings.size, position);
    return [VirtqUsedElement.head.get(this.#ram, element), VirtqUsedElement.bytes.get(this.#ram, element) >>> 0];
  }

  /** The used elements up to the used index, of a ring that has not wrapped yet. */
  used(): readonly (readonly number[])[] {
    return Array.from({ length: Math.min(this.usedIndex, this.settings.size) }, (_, i) => this.usedElement(i));
  }
}
