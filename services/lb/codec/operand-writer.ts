/**
 * Writes the answer of a control operation into shared memory. What does not fit is not written and marks the writer
 * as failed; nothing is ever written outside the space it was opened with.
 *
 * The writer is a record in the process's arena; `target` is the memory in which the answer lies. Numbers are
 * little-endian at any alignment.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

export const OperandWriter = layout("OperandWriter", 16, {
  /** Address in `target` of the answer's first byte. */
  start: i32("scratch"),
  /** Address of the next byte. */
  at: i32("scratch"),
  /** Address behind the last byte that may be written. */
  end: i32("scratch"),
  failed: i32("scratch"),
});
export type WriterAddress = Address<"OperandWriter">;

export function writerOpen(memory: Memory, writer: WriterAddress, at: number, bytes: number): void {
  OperandWriter.start.set(memory, writer, at);
  OperandWriter.at.set(memory, writer, at);
  OperandWriter.end.set(memory, writer, at + bytes);
  OperandWriter.failed.set(memory, writer, 0);
}

export function writerFailed(memory: Memory, writer: WriterAddress): boolean {
  return OperandWriter.failed.get(memory, writer) !== 0;
}

/** Marks the answer as one that cannot be given in this form. */
export function writerFail(memory: Memory, writer: WriterAddress): void {
  OperandWriter.failed.set(memory, writer, 1);
}

/** Bytes written so far. */
export function writerBytes(memory: Memory, writer: WriterAddress): number {
  return OperandWriter.at.get(memory, writer) - OperandWriter.start.get(memory, writer);
}

/** Bytes that still fit. */
export function writerRoom(memory: Memory, writer: WriterAddress): number {
  return OperandWriter.end.get(memory, writer) - OperandWriter.at.get(memory, writer);
}

/** Where the next byte goes: for taking back what is written from here on. */
export function writerMark(memory: Memory, writer: WriterAddress): number {
  return OperandWriter.at.get(memory, writer);
}

/**
 * Whether what was written since `mark` stands: one entry of an answer that takes as many as fit. One that did not fit
 * is taken back if there are others before it; if it is the first the writer stays failed.
 */
export function writerKeeps(memory: Memory, writer: WriterAddress, mark: number, hasOthers: boolean): boolean {
  if (!writerFailed(memory, writer)) return true;
  if (!hasOthers) return false;
  OperandWriter.at.set(memory, writer, mark);
  OperandWriter.failed.set(memory, writer, 0);
  return false;
}

/** Forgets what was written, and whether it fitted. */
export function writerRewind(memory: Memory, writer: WriterAddress): void {
  OperandWriter.at.set(memory, writer, OperandWriter.start.get(memory, writer));
  OperandWriter.failed.set(memory, writer, 0);
}

export function writeU8(memory: Memory, writer: WriterAddress, target: Memory, value: number): void {
  const at = take(memory, writer, 1);
  if (at >= 0) target.u8[at] = value;
}

/** The address of the two bytes, for a count that is known only later (`patchU16`); -1 if they did not fit. */
export function writeU16(memory: Memory, writer: WriterAddress, target: Memory, value: number): number {
  const at = take(memory, writer, 2);
  if (at >= 0) target.view.setUint16(at, value, true);
  return at;
}

export function patchU16(target: Memory, at: number, value: number): void {
  if (at >= 0) target.view.setUint16(at, value, true);
}

export function writeU32(memory: Memory, writer: WriterAddress, target: Memory, value: number): void {
  const at = take(memory, writer, 4);
  if (at >= 0) target.view.setUint32(at, value, true);
}

/** `value` from 0 to 2^53-1. */
export function writeU64(memory: Memory, writer: WriterAddress, target: Memory, value: number): void {
  writeWords(memory, writer, target, value | 0, Math.floor(value / 0x1_0000_0000));
}

/** Any 64 bits, as two words. */
export function writeWords(memory: Memory, writer: WriterAddress, target: Memory, low: number, high: number): void {
  const at = take(memory, writer, 8);
  if (at < 0) return;
  target.view.setInt32(at, low, true);
  target.view.setInt32(at + 4, high, true);
}

/** The `bytes` bytes at `from` in `source`. */
export function writeText(memory: Memory, writer: WriterAddress, target: Memory, source: Memory, from: number, bytes: number): void {
  if (writerRoom(memory, writer) < bytes + 4) OperandWriter.failed.set(memory, writer, 1);
  writeU32(memory, writer, target, bytes);
  const at = take(memory, writer, bytes);
  for (let i = 0; at >= 0 && i < bytes; i++) target.u8[at + i] = source.u8[from + i];
}

/** A text of ours: ASCII. */
export function writeAscii(memory: Memory, writer: WriterAddress, target: Memory, text: string): void {
  if (writerRoom(memory, writer) < text.length + 4) OperandWriter.failed.set(memory, writer, 1);
  writeU32(memory, writer, target, text.length);
  const at = take(memory, writer, text.length);
  for (let i = 0; at >= 0 && i < text.length; i++) target.u8[at + i] = text.charCodeAt(i);
}

function take(memory: Memory, writer: WriterAddress, bytes: number): number {
  const at = OperandWriter.at.get(memory, writer);
  if (bytes > OperandWriter.end.get(memory, writer) - at) OperandWriter.failed.set(memory, writer, 1);
  if (writerFailed(memory, writer)) return -1;
  OperandWriter.at.set(memory, writer, at + bytes);
  return at;
}
