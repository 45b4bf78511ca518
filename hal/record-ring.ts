/**
 * A ring of records in RAM: each a u32 of bytes, the bytes, and padding to a multiple of 4. A record may lie across the
 * ring's end, its length never does. The ring checks room for nobody: callers ask hasRoom() and headBytes() first.
 */

import type { Address } from "./field.ts";
import { i32 } from "./field.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";

export const RecordRingState = layout("RecordRingState", 8, {
  /** Offset of the first record. */
  read: i32,
  /** Bytes of all records, with their lengths and padding. */
  held: i32,
});

export interface RecordRingParts {
  readonly state: Address<"RecordRingState">;
  readonly base: number;
  readonly bytes: number;
}

const LENGTH_BYTES = 4;

export class RecordRing {
  readonly #ram: Memory;
  readonly #state: Address<"RecordRingState">;
  readonly #base: number;
  readonly #bytes: number;

  /** `bytes` is a multiple of 8. */
  static plan(plan: RamPlan, name: string, bytes: number): RecordRingParts {
    return Object.freeze({ state: plan.record(`${name}.state`, RecordRingState), base: plan.bytes(name, bytes), bytes });
  }

  constructor(ram: Memory, parts: RecordRingParts) {
    this.#ram = ram;
    this.#state = parts.state;
    this.#base = parts.base;
    this.#bytes = parts.bytes;
    Object.freeze(this);
  }

  /** Empty, and zero throughout. */
  reset(): void {
    this.#ram.fill(this.#state, RecordRingState.size, 0);
    this.#ram.fill(this.#base, this.#bytes, 0);
  }

  /** Bytes of the longest record that an empty ring takes. */
  get recordBytesMax(): number {
    return this.#bytes - LENGTH_BYTES;
  }

  /** Bytes of the longest record that it takes as it is; below 0 if none. */
  get spaceBytes(): number {
    return this.#bytes - RecordRingState.held.get(this.#ram, this.#state) - LENGTH_BYTES;
  }

  hasRoom(bytes: number): boolean {
    return bytes <= this.spaceBytes;
  }

  isEmpty(): boolean {
    return RecordRingState.held.get(this.#ram, this.#state) === 0;
  }

  /** Bytes of the first record; 0 if there is none. */
  headBytes(): number {
    if (this.isEmpty()) return 0;
    return this.#ram.i32[(this.#base + RecordRingState.read.get(this.#ram, this.#state)) >> 2];
  }

  /** Adds a record that lies in RAM; there must be room. */
  push(address: number, bytes: number): void {
    const to = this.#begin(bytes);
    const first = Math.min(bytes, this.#bytes - to);
    this.#ram.copy(this.#base + to, address, first);
    this.#ram.copy(this.#base, address + first, bytes - first);
  }

  /** Adds a record from outside; there must be room. */
  pushBytes(record: Uint8Array): void {
    const to = this.#begin(record.length);
    const first = Math.min(record.length, this.#bytes - to);
    this.#ram.u8.set(record.subarray(0, first), this.#base + to);
    this.#ram.u8.set(record.subarray(first), this.#base);
  }

  /** Copies the first `bytes` bytes of the first record, which has as many, to RAM. */
  copyHead(address: number, bytes: number): void {
    const from = this.#headAt();
    const first = Math.min(bytes, this.#bytes - from);
    this.#ram.copy(address, this.#base + from, first);
    this.#ram.copy(address + first, this.#base, bytes - first);
  }

  /** The first record's bytes, which it must have, in a copy for outside. */
  headCopy(): Uint8Array {
    const bytes = this.headBytes();
    const from = this.#headAt();
    const first = Math.min(bytes, this.#bytes - from);
    const record = new Uint8Array(bytes);
    record.set(this.#ram.u8.subarray(this.#base + from, this.#base + from + first));
    record.set(this.#ram.u8.subarray(this.#base, this.#base + bytes - first), first);
    return record;
  }

  /** Drops the first record; there must be one. */
  drop(): void {
    const taken = slotBytes(this.headBytes());
    const read = RecordRingState.read.get(this.#ram, this.#state);
    RecordRingState.read.set(this.#ram, this.#state, (read + taken) % this.#bytes);
    RecordRingState.held.add(this.#ram, this.#state, -taken);
  }

  /** Accounts for a new record, writes its length, and answers the offset of its first byte. */
  #begin(bytes: number): number {
    const held = RecordRingState.held.get(this.#ram, this.#state);
    const start = (RecordRingState.read.get(this.#ram, this.#state) + held) % this.#bytes;
    this.#ram.i32[(this.#base + start) >> 2] = bytes;
    RecordRingState.held.set(this.#ram, this.#state, held + slotBytes(bytes));
    return (start + LENGTH_BYTES) % this.#bytes;
  }

  #headAt(): number {
    return (RecordRingState.read.get(this.#ram, this.#state) + LENGTH_BYTES) % this.#bytes;
  }
}

/** Bytes that a record takes in a ring. */
function slotBytes(bytes: number): number {
  return LENGTH_BYTES + ((bytes + 3) & ~3);
}
