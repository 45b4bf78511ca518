/**
 * A driver that keeps to the rules, for one queue of a bench: descriptors come from a list of free ones in any order,
 * chains lie in the queue's table or in one of their own, and the device is notified only when it asks to be (2.7.10).
 */

import { eventPassed } from "../../../../hal/nic/virtio/split-ring.ts";
import type { Part } from "./driver-queue.ts";
import type { NetBench } from "./net-bench.ts";
import { QUEUE_SIZE } from "./net-bench.ts";

/** Bytes for each chain's buffers, and behind them for its indirect table. */
export const CHAIN_BYTES = 2560;
const TABLE_AT = 2304;
const NEXT = 1;
const INDIRECT = 4;

export interface Used {
  readonly parts: readonly Part[];
  readonly bytes: number;
}

interface Chain {
  readonly parts: readonly Part[];
  readonly descriptors: readonly number[];
}

export class GoodDriver {
  readonly #bench: NetBench;
  readonly #index: number;
  readonly #hasEvents: boolean;
  /** Descriptors that are free, the next one last. */
  readonly #free = Array.from({ length: QUEUE_SIZE }, (_, i) => (i * 7) % QUEUE_SIZE);
  readonly #chains = new Map<number, Chain>();
  #offered = 0;
  #told = 0;
  #taken = 0;

  constructor(bench: NetBench, index: number, hasEvents: boolean) {
    this.#bench = bench;
    this.#index = index;
    this.#hasEvents = hasEvents;
  }

  /** Chains that the device has. */
  get withDevice(): number {
    return this.#chains.size;
  }

  /** Offers a chain of parts of these lengths with these flags; where its bytes lie, or nothing when descriptors are short. */
  offer(lengths: readonly number[], flags: number, indirect: boolean): readonly Part[] | undefined {
    const count = indirect ? 1 : lengths.length;
    if (this.#free.length < count) return undefined;
    const descriptors = Array.from({ length: count }, () => this.#free.pop()!);
    const head = descriptors[0];
    let at = this.#bench.buffer(this.#index, head * CHAIN_BYTES);
    const table = at + TABLE_AT;
    const parts = lengths.map((bytes) => {
      at += bytes;
      return { address: at - bytes, bytes, flags };
    });
    const queue = this.#bench.queues[this.#index];
    if (indirect) {
      queue.chain(0, parts, table);
      queue.describe(head, { address: table, bytes: parts.length * 16, flags: INDIRECT });
    } else {
      parts.forEach((part, i) => queue.describe(descriptors[i], i + 1 < count ? { ...part, flags: flags | NEXT, next: descriptors[i + 1] } : part));
    }
    this.#chains.set(head, { parts, descriptors });
    queue.offer(head);
    this.#offered = (this.#offered + 1) & 0xffff;
    return parts;
  }

  /** Notifies the device of what was offered, if it asks to be. */
  notify(): void {
    const queue = this.#bench.queues[this.#index];
    const told = this.#told;
    this.#told = this.#offered;
    if (told === this.#offered) return;
    if (this.#hasEvents ? eventPassed(queue.availableEvent, this.#offered, told) : queue.usedFlags === 0) this.#bench.notify(this.#index);
  }

  /** What the device has given back since, oldest first. */
  take(): Used[] {
    const queue = this.#bench.queues[this.#index];
    const all: Used[] = [];
    for (; this.#taken !== queue.usedIndex; this.#taken = (this.#taken + 1) & 0xffff) {
      const [head, bytes] = queue.usedElement(this.#taken);
      const chain = this.#chains.get(head);
      if (chain === undefined) throw new Error(`the device gives back ${head}, which it does not have`);
      this.#chains.delete(head);
      this.#free.push(...chain.descriptors);
      all.push({ parts: chain.parts, bytes });
    }
    return all;
  }
}

/** The first `bytes` bytes of a chain's parts. */
export function bytesOf(bench: NetBench, parts: readonly Part[], bytes: number): number[] {
  return parts.flatMap((part) => bench.bytes(part.address, part.bytes)).slice(0, bytes);
}
