/**
 * A window on bytes: the machine's RAM, or a part of it.
 *
 * All state that affects the machine's future lies in one ArrayBuffer. A Memory is a set of typed views on it and holds
 * no state of its own; a window made with `window()` shares the bytes and counts its addresses from 0, so that code
 * working on a window cannot reach outside it (a typed array answers `undefined` there and drops the write).
 *
 * Numbers are little-endian, as on every machine that runs JavaScript today; the constructor asserts it.
 */

import { assert } from "./assert.ts";

export class Memory {
  /** The bytes themselves. Banned outside hal and sim: a service that touches it leaves the machine. */
  readonly buffer: ArrayBuffer;
  /** Where this window begins in the buffer, in bytes. */
  readonly base: number;
  readonly bytes: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  /** State words. Signed on purpose: unsigned words of 2^31 and more become heap numbers in uninlined calls. */
  readonly i32: Int32Array;
  /** For unaligned and big-endian words. */
  readonly view: DataView;

  constructor(buffer: ArrayBuffer, base = 0, bytes: number = buffer.byteLength - base) {
    assert(LITTLE_ENDIAN, "veridian-sim needs a little-endian host");
    assert(base % 8 === 0, "a memory window begins at a multiple of 8");
    assert(bytes % 4 === 0, "a memory window holds whole words");
    this.buffer = buffer;
    this.base = base;
    this.bytes = bytes;
    this.u8 = new Uint8Array(buffer, base, bytes);
    this.u16 = new Uint16Array(buffer, base, bytes >> 1);
    this.i32 = new Int32Array(buffer, base, bytes >> 2);
    this.view = new DataView(buffer, base, bytes);
    Object.freeze(this);
  }

  /** A part of this memory whose addresses begin at 0. `at` must be a multiple of 8, `bytes` of 4. */
  window(at: number, bytes: number): Memory {
    assert(at >= 0 && bytes >= 0 && at + bytes <= this.bytes, "a window lies within its memory");
    return new Memory(this.buffer, this.base + at, bytes);
  }

  /** Copies within this memory; the ranges may overlap. */
  copy(to: number, from: number, bytes: number): void {
    this.u8.copyWithin(to, from, from + bytes);
  }

  fill(at: number, bytes: number, value: number): void {
    this.u8.fill(value, at, at + bytes);
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
