/**
 * Writes protocol buffers (the wire format of proto2 and proto3): fields one after the other, each a key (number and wire
 * type) and its value. Numbers are whole and below 2^53, or two words.
 */

import { assert } from "../../../hal/assert.ts";
import { encodeUtf8 } from "../../utf8.ts";

/** How a field's value is laid out. */
export const WireType = Object.freeze({ varint: 0, fixed64: 1, bytes: 2, fixed32: 5 });

const TWO_TO_32 = 0x1_0000_0000;
const START_BYTES = 256;

export class ProtobufWriter {
  #bytes = new Uint8Array(START_BYTES);
  #length = 0;

  /** What was written so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** uint64, uint32, enum, and int64 that is not negative. */
  whole(field: number, value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is written as a whole number`);
    this.#key(field, WireType.varint);
    this.#varint(value);
    return this;
  }

  /** fixed64, little-endian. */
  fixed64(field: number, value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, `${value} is written as a whole number`);
    this.#key(field, WireType.fixed64);
    for (let i = 0, low = value % TWO_TO_32; i < 4; i++) this.#byte(Math.floor(low / 256 ** i) % 256);
    for (let i = 0, high = Math.floor(value / TWO_TO_32); i < 4; i++) this.#byte(Math.floor(high / 256 ** i) % 256);
    return this;
  }

  text(field: number, value: string): this {
    return this.#field(field, encodeUtf8(value));
  }

  /** A message within the message. */
  message(field: number, inner: ProtobufWriter): this {
    return this.#field(field, inner.#bytes.subarray(0, inner.#length));
  }

  #field(field: number, content: Uint8Array): this {
    this.#key(field, WireType.bytes);
    this.#varint(content.length);
    this.#reserve(content.length);
    this.#bytes.set(content, this.#length);
    this.#length += content.length;
    return this;
  }

  #key(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  /** Seven bits a byte, the lowest first, the top bit says that more follow. */
  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) + 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
