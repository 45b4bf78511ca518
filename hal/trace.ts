/**
 * The trace ring: the last things that happened, as fixed records in RAM, and a rolling hash over all that ever did.
 * Writing a record changes nothing but the ring. A probe given at boot is told of each record as it is written; it may
 * read the machine and must not change it.
 */

import type { Address } from "./field.ts";
import { i32, u16, u32, u64 } from "./field.ts";
import type { Table } from "./layout.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";

export const TraceRecord = layout("TraceRecord", 24, {
  cycle: u64("time"),
  sequence: u32("identity"),
  kind: u16,
  /** Index of the process that ran; 0xffff if none did. */
  process: u16,
  argument0: i32,
  argument1: i32,
});

export const TraceState = layout("TraceState", 16, {
  /** Records ever written; wraps at 2^32. */
  written: i32("identity"),
  /** Index of the running process, 0xffff when none runs: kept by the kernel's dispatcher. */
  process: u16,
  reserved: u16,
  hashLow: i32("scratch"),
  hashHigh: i32("scratch"),
});

/** Kinds: hal 1 to 15, kernel 16 to 63, services from 64 on (each api file lists its own). */
export const HalTrace = Object.freeze({
  tick: 1,
  /** A frame is written to its last descriptor: wire ordinal of the frame, received ordinal of its queue. */
  frameReceived: 2,
  /** A frame is dropped: wire ordinal, one of DropReason. */
  frameDropped: 3,
  /** A frame leaves: address in RAM of its bytes, count of bytes. Both are valid only while the probe runs. */
  frameTransmitted: 4,
  interruptRaised: 5,
  /** A device reached for memory it is not granted: device number, address. */
  iommuMiss: 6,
  /** The frame that frameReceived tells of next went to a queue other than 0: wire ordinal, queue. */
  frameSteered: 7,
});

/** Told of each trace record as it is written. Reads only. */
export type Probe = (kind: number, process: number, argument0: number, argument1: number) => void;

export const NO_PROCESS = 0xffff;

export class Trace {
  readonly #ram: Memory;
  readonly #state: Address<"TraceState">;
  readonly #ring: Table<"TraceRecord">;
  readonly #mask: number;
  readonly #probe: Probe | null;

  /** `count` is a power of two. */
  static plan(plan: RamPlan, count: number): { state: Address<"TraceState">; ring: Table<"TraceRecord"> } {
    return { state: plan.record("trace.state", TraceState), ring: plan.records("trace", TraceRecord, count) };
  }

  constructor(ram: Memory, parts: { state: Address<"TraceState">; ring: Table<"TraceRecord"> }, probe: Probe | null) {
    this.#ram = ram;
    this.#state = parts.state;
    this.#ring = parts.ring;
    this.#mask = parts.ring.count - 1;
    this.#probe = probe;
    Object.freeze(this);
  }

  get stateAt(): Address<"TraceState"> {
    return this.#state;
  }

  get ring(): Table<"TraceRecord"> {
    return this.#ring;
  }

  write(cycle: number, kind: number, argument0: number, argument1: number): void {
    const ram = this.#ram;
    const state = this.#state;
    const written = TraceState.written.get(ram, state);
    const process = TraceState.process.get(ram, state);
    const at = (this.#ring.base + (written & this.#mask) * TraceRecord.size) as Address<"TraceRecord">;
    TraceRecord.cycle.set(ram, at, cycle);
    TraceRecord.sequence.set(ram, at, written);
    TraceRecord.kind.set(ram, at, kind);
    TraceRecord.process.set(ram, at, process);
    TraceRecord.argument0.set(ram, at, argument0);
    TraceRecord.argument1.set(ram, at, argument1);
    TraceState.written.set(ram, state, (written + 1) | 0);
    this.#roll(kind | (process << 16), argument0, argument1, cycle | 0);
    if (this.#probe !== null) this.#probe(kind, process, argument0, argument1);
  }

  /** Two lanes of multiply-and-rotate, over every word of the record but the sequence. */
  #roll(kindAndProcess: number, argument0: number, argument1: number, cycle: number): void {
    const ram = this.#ram;
    let low = TraceState.hashLow.get(ram, this.#state);
    let high = TraceState.hashHigh.get(ram, this.#state);
    low = Math.imul(low ^ kindAndProcess, 0x9e3779b1);
    high = Math.imul(high ^ argument0 ^ (low >>> 15), 0x85ebca77);
    low = Math.imul(low ^ argument1 ^ (high >>> 13), 0xc2b2ae3d);
    high = Math.imul(high ^ cycle ^ (low >>> 16), 0x27d4eb2f);
    TraceState.hashLow.set(ram, this.#state, low);
    TraceState.hashHigh.set(ram, this.#state, high);
  }
}
