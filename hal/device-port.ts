/**
 * What a device may do to the rest of the machine: schedule events for itself, move its interrupt line, reach memory
 * that the IOMMU table grants it, write trace records, and ask chance. The board makes one port for each device; a
 * device has no other way out, and none to move the clock.
 */

import type { Choose } from "./chance.ts";
import { benign } from "./chance.ts";
import type { Clock } from "./clock.ts";
import type { EventQueue } from "./event-queue.ts";
import { refreshDueCycle } from "./event-queue.ts";
import type { InterruptController } from "./interrupt-controller.ts";
import type { Iommu } from "./iommu.ts";
import { DmaRight } from "./iommu.ts";
import type { Memory } from "./memory.ts";
import type { Trace } from "./trace.ts";

/** The parts of the board that a port reaches. */
export interface PortBoard {
  readonly ram: Memory;
  readonly clock: Clock;
  readonly events: EventQueue;
  readonly interrupts: InterruptController;
  readonly iommu: Iommu;
  readonly trace: Trace;
  readonly choose: Choose;
}

export class DevicePort {
  /** RAM: the device's registers and rings lie there at addresses that its plan() reserved. */
  readonly ram: Memory;
  readonly name: string;
  readonly number: number;
  readonly line: number;
  /** Whether choose() may ever answer otherwise than 0: what is asked for every frame is asked only then. */
  readonly isChancy: boolean;
  readonly #board: PortBoard;

  constructor(board: PortBoard, name: string, number: number, line: number) {
    this.ram = board.ram;
    this.name = name;
    this.number = number;
    this.line = line;
    this.isChancy = board.choose !== benign;
    this.#board = board;
    Object.freeze(this);
  }

  /** In cycles. In event() it is the cycle at which that event was due. */
  now(): number {
    return this.#board.clock.now();
  }

  /** Has the device's event() called at that cycle; a cycle in the past means now, after what is due already. */
  schedule(kind: number, argument: number, cycle: number): void {
    const { clock, events } = this.#board;
    const now = clock.now();
    const due = cycle < now ? now : cycle;
    events.push(this.number, kind, argument, due);
    if (due < clock.dueCycle()) clock.setDueCycle(due);
  }

  /** Is an event of that kind under way? It looks through all events: for what happens seldom. */
  isScheduled(kind: number): boolean {
    return this.#board.events.holds(this.number, kind);
  }

  /** Forgets every event that this device scheduled. */
  cancelEvents(): void {
    this.#board.events.cancel(this.number);
    refreshDueCycle(this.#board.clock, this.#board.events);
  }

  raiseLine(): void {
    this.#board.interrupts.raise(this.line);
  }

  lowerLine(): void {
    this.#board.interrupts.lower(this.line);
  }

  /** May these bytes be read by DMA? Then they lie in `ram` at that address. A miss is counted and traced. */
  dmaMayRead(address: number, bytes: number): boolean {
    return this.#board.iommu.check(this.number, address, bytes, DmaRight.read);
  }

  /** The same for writing. */
  dmaMayWrite(address: number, bytes: number): boolean {
    return this.#board.iommu.check(this.number, address, bytes, DmaRight.write);
  }

  /** Copies from a device address to the device's own bytes; false (and nothing copied) on a miss. */
  dmaRead(address: number, bytes: number, to: number): boolean {
    if (!this.dmaMayRead(address, bytes)) return false;
    this.ram.copy(to, address, bytes);
    return true;
  }

  /** Copies from the device's own bytes to a device address; false (and nothing copied) on a miss. */
  dmaWrite(address: number, bytes: number, from: number): boolean {
    if (!this.dmaMayWrite(address, bytes)) return false;
    this.ram.copy(address, from, bytes);
    return true;
  }

  trace(kind: number, argument0: number, argument1: number): void {
    this.#board.trace.write(this.#board.clock.now(), kind, argument0, argument1);
  }

  /** 0 is the benign answer. The entity is this device unless another is named. */
  choose(site: number, n: number, entity: number = this.number): number {
    return this.#board.choose(site, entity, n);
  }
}
