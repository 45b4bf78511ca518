/**
 * Operands of control operations as services/lb/control.ts lays them out, from the outside's point of view: written
 * for a request, read from an answer. Numbers are little-endian; a text is a u32 of bytes and the bytes (UTF-8).
 */

import { assert } from "../hal/assert.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

export class OperandWriter {
  readonly #bytes: number[] = [];

  u8(value: number): this {
    this.#bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >>> 8);
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  /** A whole number below 2^53. */
  u64(value: number): this {
    return this.u32(value % 0x1_0000_0000).u32(Math.floor(value / 0x1_0000_0000));
  }

  text(value: string): this {
    const bytes = encodeUtf8(value);
    this.u32(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads an answer of the machine's own service: a cut one is a broken invariant, not an input error. */
export class OperandReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  u16(): number {
    return this.u8() | (this.u8() << 8);
  }

  u32(): number {
    return (this.u16() | (this.u16() << 16)) >>> 0;
  }

  /** A number below 2^53; a larger word loses its lowest bits. */
  u64(): number {
    const low = this.u32();
    return this.u32() * 0x1_0000_0000 + low;
  }

  text(): string {
    const count = this.u32();
    return decodeUtf8(this.#bytes, this.#take(count), count);
  }

  #take(count: number): number {
    assert(this.#at + count <= this.#bytes.length, "a control answer holds what its operation says");
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
