/**
 * What happens to a process in the middle of its work: it dies at a crossing, or the device writes to the memory that it
 * may write to: the driver's rings, and buffers, also those that are others' by now. Boot asks `choose` at every crossing whether a process dies there; that is the moment.
 */

import type { Memory } from "../../hal/memory.ts";
import { KernelChoice } from "../../kernel/crossing.ts";

/** Addresses of memory actions from here on mean DMA buffers; below it, rings. */
export const BUFFERS_AT = 0x40_0000;

interface Span {
  readonly base: number;
  readonly bytes: number;
}

const NOWHERE: Span = Object.freeze({ base: 0, bytes: 1 });

interface Writing {
  readonly address: number;
  readonly bytes: Uint8Array;
  left: number;
}

export class Ambush {
  /** Processes that died. */
  killed = 0;
  #ram: Memory | null = null;
  #rings: Span = NOWHERE;
  #buffers: Span = NOWHERE;
  #victim = -1;
  #left = 0;
  #writings: Writing[] = [];

  /** Where `write` writes: the driver's rings, and from BUFFERS_AT on the DMA buffers, whoever has them. */
  place(ram: Memory, rings: Span, buffers: Span): void {
    this.#ram = ram;
    this.#rings = rings;
    this.#buffers = buffers;
  }

  /** Nothing lies in wait any more, and nobody has died. */
  forget(): void {
    this.killed = 0;
    this.callOff();
  }

  /** What has not happened yet does not happen any more. */
  callOff(): void {
    this.#victim = -1;
    this.#writings = [];
  }

  kill(process: number, after: number): void {
    this.#victim = process;
    this.#left = Math.max(1, after);
  }

  /** Writes these bytes, as far as there is room, at crossing number `after` from now on, whoever's it is; 0: now. */
  write(address: number, bytes: Uint8Array, after: number): void {
    if (after === 0) this.#put(address, bytes);
    else this.#writings.push({ address, bytes, left: after });
  }

  readonly choose = (site: number, process: number): number => {
    if (site !== KernelChoice.processDies) return 0;
    if (this.#writings.length > 0) this.#advance();
    if (process !== this.#victim || --this.#left > 0) return 0;
    this.#victim = -1;
    this.killed += 1;
    return 1;
  };

  #advance(): void {
    for (const writing of this.#writings) if (--writing.left === 0) this.#put(writing.address, writing.bytes);
    if (this.#writings.some(({ left }) => left === 0)) this.#writings = this.#writings.filter(({ left }) => left > 0);
  }

  #put(address: number, bytes: Uint8Array): void {
    if (this.#ram === null) return;
    const isBuffer = address >= BUFFERS_AT;
    const span = isBuffer ? this.#buffers : this.#rings;
    const at = (isBuffer ? address - BUFFERS_AT : address) % span.bytes;
    this.#ram.u8.set(bytes.subarray(0, span.bytes - at), span.base + at);
  }
}
