/**
 * Reads the operands of a control operation from shared memory. The bytes are hostile: whatever does not lie within the
 * operation reads as 0 and marks the reader as failed, once and for good, so that a whole operation may be read first
 * and judged afterwards by `readerDone()`.
 *
 * The reader is a record in the process's arena; `source` is the memory in which the operands lie. Numbers are
 * little-endian at any alignment. Loops over counts that were read must be bounded by `readerFailed()`.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

export const OperandReader = layout("OperandReader", 24, {
  /** Address in `source` of the next byte. */
  at: i32("scratch"),
  /** Address behind the last byte. */
  end: i32("scratch"),
  failed: i32("scratch"),
  /** Where the text that was read last lies in `source`. */
  textAt: i32("scratch"),
  textBytes: i32("scratch"),
  /** For a caller that must find its way back to the first of several operands. */
  listAt: i32("scratch"),
});
export type ReaderAddress = Address<"OperandReader">;

/** Begins at `at`; exactly `bytes` bytes belong to the operation. */
export function readerOpen(memory: Memory, reader: ReaderAddress, at: number, bytes: number): void {
  OperandReader.at.set(memory, reader, at);
  OperandReader.end.set(memory, reader, at + bytes);
  OperandReader.failed.set(memory, reader, 0);
  OperandReader.textAt.set(memory, reader, at);
  OperandReader.textBytes.set(memory, reader, 0);
}

export function readerFailed(memory: Memory, reader: ReaderAddress): boolean {
  return OperandReader.failed.get(memory, reader) !== 0;
}

/** Marks the operation as one that makes no sense. */
export function readerFail(memory: Memory, reader: ReaderAddress): void {
  OperandReader.failed.set(memory, reader, 1);
}

/** Whether everything was read that was there, and nothing else. */
export function readerDone(memory: Memory, reader: ReaderAddress): boolean {
  return !readerFailed(memory, reader) && OperandReader.at.get(memory, reader) === OperandReader.end.get(memory, reader);
}

export function readU8(memory: Memory, reader: ReaderAddress, source: Memory): number {
  const at = take(memory, reader, 1);
  return at < 0 ? 0 : source.u8[at];
}

export function readU16(memory: Memory, reader: ReaderAddress, source: Memory): number {
  const at = take(memory, reader, 2);
  return at < 0 ? 0 : source.view.getUint16(at, true);
}

/** 0 to 2^32-1. */
export function readU32(memory: Memory, reader: ReaderAddress, source: Memory): number {
  const at = take(memory, reader, 4);
  return at < 0 ? 0 : source.view.getUint32(at, true);
}

/** 0 to 2^53-1; anything above fails. */
export function readU64(memory: Memory, reader: ReaderAddress, source: Memory): number {
  const at = take(memory, reader, 8);
  if (at < 0) return 0;
  const high = source.view.getUint32(at + 4, true);
  if (high >= 0x20_0000) {
    OperandReader.failed.set(memory, reader, 1);
    return 0;
  }
  return high * 0x1_0000_0000 + source.view.getUint32(at, true);
}

/** A text: its address in `source`; its length stands in `textBytes` until the next text is read. */
export function readText(memory: Memory, reader: ReaderAddress, source: Memory): number {
  const bytes = readU32(memory, reader, source);
  const at = take(memory, reader, bytes);
  OperandReader.textAt.set(memory, reader, at < 0 ? 0 : at);
  OperandReader.textBytes.set(memory, reader, at < 0 ? 0 : bytes);
  return at < 0 ? 0 : at;
}

/** Address of the next `bytes` bytes, or -1 if they are not there. `bytes` is any number from 0 to 2^32-1. */
function take(memory: Memory, reader: ReaderAddress, bytes: number): number {
  const at = OperandReader.at.get(memory, reader);
  if (bytes > OperandReader.end.get(memory, reader) - at) OperandReader.failed.set(memory, reader, 1);
  if (readerFailed(memory, reader)) return -1;
  OperandReader.at.set(memory, reader, at + bytes);
  return at;
}
