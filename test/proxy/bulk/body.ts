/**
 * Bodies of the bulk traffic: bytes that a seed tells, in one piece or in chunks, with a digest of them on either side. A
 * body's wire form is a function of its position, so that writing goes on wherever it was cut.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

export const Framing = Object.freeze({ length: 0, chunked: 1, untilClose: 2 });

export const BulkBody = layout("BulkBody", 40, {
  seed: i32,
  /** Bytes of data; of a body that is read until its end, so far. */
  bytes: i32,
  /** One of Framing. */
  framing: i32,
  /** Data of a chunk; the last may have less. */
  chunkBytes: i32,
  /** Of the wire form: bytes written. */
  wireDone: i32,
  /** Of a reader: where it is (one of Part), and what is left of the piece it reads. */
  part: i32,
  left: i32,
  digestLow: i32,
  digestHigh: i32,
  reserved: i32,
});

export type BodyAddress = Address<"BulkBody">;

/** What a reader reads next. */
const Part = Object.freeze({ data: 0, size: 1, sizeFeed: 2, dataReturn: 3, dataFeed: 4, endReturn: 5, endFeed: 6, done: 7 });

const SIZE_BYTES = 6;
const AROUND_BYTES = SIZE_BYTES + 2;
const END = "0\r\n\r\n";

/** A body to be written. */
export function bodyToWrite(memory: Memory, body: BodyAddress, seed: number, bytes: number, framing: number): void {
  memory.fill(body, BulkBody.size, 0);
  BulkBody.seed.set(memory, body, seed);
  BulkBody.bytes.set(memory, body, bytes);
  BulkBody.framing.set(memory, body, framing);
  BulkBody.chunkBytes.set(memory, body, 1 + ((seed >>> 1) % 5000));
}

/** A body to be read; `bytes` counts for Framing.length. */
export function bodyToRead(memory: Memory, body: BodyAddress, bytes: number, framing: number): void {
  memory.fill(body, BulkBody.size, 0);
  BulkBody.framing.set(memory, body, framing);
  BulkBody.left.set(memory, body, framing === Framing.length ? bytes : 0);
  const part = framing === Framing.chunked ? Part.size : framing === Framing.length && bytes === 0 ? Part.done : Part.data;
  BulkBody.part.set(memory, body, part);
}

/** Bytes of the wire form that are still to be written. */
export function bodyUnwritten(memory: Memory, body: BodyAddress): number {
  return wireBytes(memory, body) - BulkBody.wireDone.get(memory, body);
}

function wireBytes(memory: Memory, body: BodyAddress): number {
  const bytes = BulkBody.bytes.get(memory, body);
  if (BulkBody.framing.get(memory, body) !== Framing.chunked) return bytes;
  return bytes + Math.ceil(bytes / BulkBody.chunkBytes.get(memory, body)) * AROUND_BYTES + END.length;
}

/** Writes the next `bytes` bytes of the wire form at `to`. */
export function bodyFill(memory: Memory, body: BodyAddress, to: number, bytes: number): void {
  walk(memory, body, to, bytes, true);
}

/** The first `bytes` bytes of what was filled in at `from` have been written. */
export function bodyWrote(memory: Memory, body: BodyAddress, from: number, bytes: number): void {
  walk(memory, body, from, bytes, false);
  BulkBody.wireDone.add(memory, body, bytes);
}

/** Fills in, or digests the data in, `bytes` bytes at `at` of the wire form. */
function walk(memory: Memory, body: BodyAddress, at: number, bytes: number, fills: boolean): void {
  const from = BulkBody.wireDone.get(memory, body);
  const seed = BulkBody.seed.get(memory, body);
  for (let done = 0; done < bytes; ) {
    const offset = dataOffset(memory, body, from + done);
    if (offset < 0) {
      if (fills) memory.u8[at + done] = framingByte(memory, body, from + done);
      done += 1;
      continue;
    }
    const run = Math.min(bytes - done, dataRun(memory, body, offset));
    if (fills) writePattern(memory, at + done, seed, offset, run);
    else digest(memory, body, at + done, run);
    done += run;
  }
}

/** Offset in the data of the byte at that position of the wire form; -1 if it is none of the data. */
function dataOffset(memory: Memory, body: BodyAddress, position: number): number {
  if (BulkBody.framing.get(memory, body) !== Framing.chunked) return position;
  if (position >= wireBytes(memory, body) - END.length) return -1;
  const chunkBytes = BulkBody.chunkBytes.get(memory, body);
  const chunk = Math.floor(position / (chunkBytes + AROUND_BYTES));
  const offset = position - chunk * (chunkBytes + AROUND_BYTES) - SIZE_BYTES;
  return offset < 0 || offset >= sizeOf(memory, body, chunk) ? -1 : chunk * chunkBytes + offset;
}

/** Bytes of data in one piece from that offset on. */
function dataRun(memory: Memory, body: BodyAddress, offset: number): number {
  const bytes = BulkBody.bytes.get(memory, body);
  if (BulkBody.framing.get(memory, body) !== Framing.chunked) return bytes - offset;
  const chunkBytes = BulkBody.chunkBytes.get(memory, body);
  return Math.min(bytes, (Math.floor(offset / chunkBytes) + 1) * chunkBytes) - offset;
}

function sizeOf(memory: Memory, body: BodyAddress, chunk: number): number {
  const chunkBytes = BulkBody.chunkBytes.get(memory, body);
  return Math.min(chunkBytes, BulkBody.bytes.get(memory, body) - chunk * chunkBytes);
}

function framingByte(memory: Memory, body: BodyAddress, position: number): number {
  const last = wireBytes(memory, body) - END.length;
  if (position >= last) return END.charCodeAt(position - last);
  const chunkBytes = BulkBody.chunkBytes.get(memory, body);
  const chunk = Math.floor(position / (chunkBytes + AROUND_BYTES));
  const size = sizeOf(memory, body, chunk);
  const offset = position - chunk * (chunkBytes + AROUND_BYTES);
  return `${size.toString(16).padStart(4, "0")}\r\n`.charCodeAt(offset < SIZE_BYTES ? offset : offset - size - 2);
}

/** Reads what belongs to the body of `bytes` bytes at `at`. How many do; -1 if they make no sense. */
export function bodyTake(memory: Memory, body: BodyAddress, at: number, bytes: number): number {
  const untilClose = BulkBody.framing.get(memory, body) === Framing.untilClose;
  let done = 0;
  while (done < bytes && !bodyDone(memory, body)) {
    if (BulkBody.part.get(memory, body) !== Part.data) {
      if (!takeFraming(memory, body, memory.u8[at + done]!)) return -1;
      done += 1;
      continue;
    }
    const run = untilClose ? bytes - done : Math.min(bytes - done, BulkBody.left.get(memory, body));
    digest(memory, body, at + done, run);
    BulkBody.bytes.add(memory, body, run);
    BulkBody.left.add(memory, body, -run);
    done += run;
    if (untilClose || BulkBody.left.get(memory, body) > 0) continue;
    BulkBody.part.set(memory, body, BulkBody.framing.get(memory, body) === Framing.chunked ? Part.dataReturn : Part.done);
  }
  return done;
}

/** Whether a reader has all of it; what is read until its end never says so itself. */
export function bodyDone(memory: Memory, body: BodyAddress): boolean {
  return BulkBody.part.get(memory, body) === Part.done;
}

const CR = 13;
const LF = 10;

/** One byte around the data of chunks without extensions and trailers. False if another one should be there. */
function takeFraming(memory: Memory, body: BodyAddress, byte: number): boolean {
  const left = BulkBody.left.get(memory, body);
  const go = (wanted: number, part: number): boolean => {
    BulkBody.part.set(memory, body, part);
    return byte === wanted;
  };
  switch (BulkBody.part.get(memory, body)) {
    case Part.size: {
      if (byte === CR) return go(CR, Part.sizeFeed);
      const digit = Number.parseInt(String.fromCharCode(byte), 16);
      BulkBody.left.set(memory, body, left * 16 + digit);
      return digit >= 0;
    }
    case Part.sizeFeed:
      return go(LF, left === 0 ? Part.endReturn : Part.data);
    case Part.dataReturn:
      return go(CR, Part.dataFeed);
    case Part.dataFeed:
      return go(LF, Part.size);
    case Part.endReturn:
      return go(CR, Part.endFeed);
    default:
      return go(LF, Part.done);
  }
}

/** Bytes `offset` to `offset + bytes` of what the seed tells. */
export function writePattern(memory: Memory, to: number, seed: number, offset: number, bytes: number): void {
  const { u8 } = memory;
  let word = wordAt(seed, offset >> 2);
  for (let i = 0; i < bytes; i++) {
    const at = offset + i;
    if ((at & 3) === 0) word = wordAt(seed, at >> 2);
    u8[to + i] = word >>> ((at & 3) * 8);
  }
}

function wordAt(seed: number, index: number): number {
  const word = Math.imul(seed ^ Math.imul(index, 0x9e37_79b1), 0x85eb_ca77);
  return word ^ (word >>> 15);
}

/** Two lanes over all bytes, in order. */
function digest(memory: Memory, body: BodyAddress, at: number, bytes: number): void {
  const { u8 } = memory;
  let low = BulkBody.digestLow.get(memory, body);
  let high = BulkBody.digestHigh.get(memory, body);
  for (let i = at; i < at + bytes; i++) {
    low = Math.imul(low ^ u8[i]!, 0x0100_0193);
    high = (Math.imul(high, 31) + (low >>> 11) + u8[i]!) | 0;
  }
  BulkBody.digestLow.set(memory, body, low);
  BulkBody.digestHigh.set(memory, body, high);
}

/** 16 hex digits, and how many bytes they stand for. */
export function digestText(memory: Memory, body: BodyAddress, bytes: number): string {
  const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
  return `${hex(BulkBody.digestLow.get(memory, body))}${hex(BulkBody.digestHigh.get(memory, body))}-${bytes}`;
}
