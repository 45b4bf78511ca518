/**
 * What happens to a process in the middle of its work: it dies at a crossing, or the device writes to the memory that it
 * shares with the driver. Boot asks `choose` at every crossing whether a process dies there; that is the moment.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { KernelChoice } from "../../kernel/crossing.ts";

interface Writing {
  readonly address: number;
  readonly bytes: Uint8Array;
  left: number;
}

export class Ambush {
  /** Processes that died. */
  killed = 0;
  readonly #driver: number;
  #ram: Memory | null = null;
  #base = 0;
  #bytes = 0;
  #victim = -1;
  #left = 0;
  #writings: Writing[] = [];

  constructor(driver: number) {
    this.#driver = driver;
  }

  /** Where `write` writes: the driver's rings. */
  place(ram: Memory, part: Part): void {
    this.#ram = ram;
    this.#base = part.base;
    this.#bytes = part.bytes;
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

  /** Writes these bytes, as far as the part goes, at the driver's crossing number `after` from now on; 0: now. */
  write(address: number, bytes: Uint8Array, after: number): void {
    if (after === 0) this.#put(address, bytes);
    else this.#writings.push({ address, bytes, left: after });
  }

  readonly choose = (site: number, process: number): number => {
    if (site !== KernelChoice.processDies) return 0;
    if (process === this.#driver && this.#writings.length > 0) this.#advance();
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
    const at = address % this.#bytes;
    this.#ram.u8.set(bytes.subarray(0, this.#bytes - at), this.#base + at);
  }
}
