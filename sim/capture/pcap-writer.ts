/**
 * Writes a capture file: classic pcap, little-endian, nanoseconds, Ethernet. Frames are copied as they are added, so
 * the caller may hand in bytes that change afterwards.
 */

import { FILE_HEADER_BYTES, LINK_TYPE_ETHERNET, MAGIC_NANOSECONDS, RECORD_HEADER_BYTES } from "./pcap.ts";

const SNAP_BYTES = 262_144;
const NANOS_PER_SECOND = 1_000_000_000;

export class CaptureWriter {
  #bytes = new Uint8Array(64 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #end = FILE_HEADER_BYTES;
  #count = 0;

  constructor() {
    this.#view.setUint32(0, MAGIC_NANOSECONDS, true);
    this.#view.setUint16(4, 2, true);
    this.#view.setUint16(6, 4, true);
    this.#view.setUint32(16, SNAP_BYTES, true);
    this.#view.setUint32(20, LINK_TYPE_ETHERNET, true);
  }

  /** Frames added so far. */
  get count(): number {
    return this.#count;
  }

  /** Adds a frame sent `nanos` after the whole second `seconds` (of 1970); `nanos` may be any whole number. */
  add(seconds: number, nanos: number, frame: Uint8Array): void {
    const carried = Math.floor(nanos / NANOS_PER_SECOND);
    this.#room(RECORD_HEADER_BYTES + frame.length);
    this.#view.setUint32(this.#end, seconds + carried, true);
    this.#view.setUint32(this.#end + 4, nanos - carried * NANOS_PER_SECOND, true);
    this.#view.setUint32(this.#end + 8, frame.length, true);
    this.#view.setUint32(this.#end + 12, frame.length, true);
    this.#bytes.set(frame, this.#end + RECORD_HEADER_BYTES);
    this.#end += RECORD_HEADER_BYTES + frame.length;
    this.#count++;
  }

  /** The file so far. */
  file(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  #room(bytes: number): void {
    let size = this.#bytes.length;
    if (this.#end + bytes <= size) return;
    while (this.#end + bytes > size) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
