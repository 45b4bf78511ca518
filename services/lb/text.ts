/**
 * Texts that the balancer keeps: byte strings of a bounded length in its arena. 0 stands for a text that is not there
 * (a record under construction); the empty text is a byte string like any other.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { ByteString, byteStringBytes, byteStringCreate, byteStringLength } from "../../kernel/collections/byte-string.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { writeText } from "./codec/operand-writer.ts";
import type { WriterAddress } from "./codec/operand-writer.ts";

export type TextAddress = Address<"ByteString">;

/** Keeps the `bytes` bytes at `at` in `source`. Its address, or messageTooLarge, or outOfMemory. */
export function textCreate(heap: Heap, limits: LbLimits, source: Memory, at: number, bytes: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  return byteStringCreate(heap, source, at, bytes);
}

/** Keeps a text of ours: ASCII. Its address, or outOfMemory. */
export function textOfAscii(heap: Heap, text: string): number {
  const kept = heap.allocate(ByteString.size + text.length) as TextAddress;
  if (kept < 0) return kept;
  ByteString.lengthBytes.set(heap.memory, kept, text.length);
  for (let i = 0; i < text.length; i++) heap.memory.u8[kept + ByteString.size + i] = text.charCodeAt(i);
  return kept;
}

/** Frees a text, or nothing if it is 0. */
export function textFree(heap: Heap, text: number): void {
  if (text !== 0) heap.free(text);
}

/** Writes a text of ours into an answer. */
export function writeKeptText(memory: Memory, writer: WriterAddress, shared: Memory, text: number): void {
  const kept = text as TextAddress;
  writeText(memory, writer, shared, memory, byteStringBytes(memory, kept), byteStringLength(memory, kept));
}
