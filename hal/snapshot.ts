/**
 * A machine is its RAM: saved, put back and told apart by the bytes alone. A snapshot is one copy of all of them, and
 * says nothing of how they are divided; the machine it is restored into must have the same plan.
 */

import { assert } from "./assert.ts";
import type { Memory } from "./memory.ts";

/** A copy of all bytes. To take many, keep a buffer and use snapshotInto(): a new one costs ten times the copy. */
export function snapshot(memory: Memory): Uint8Array {
  const copy = new Uint8Array(memory.bytes);
  copy.set(memory.u8);
  return copy;
}

/** Copies all bytes into `target`, which has the memory's size. */
export function snapshotInto(memory: Memory, target: Uint8Array): void {
  assert(target.length === memory.bytes, `a snapshot of ${memory.bytes} bytes does not fit ${target.length}`);
  target.set(memory.u8);
}

/** Puts all bytes back. */
export function restore(memory: Memory, bytes: Uint8Array): void {
  assert(bytes.length === memory.bytes, `a snapshot of ${bytes.length} bytes is no snapshot of ${memory.bytes} bytes of RAM`);
  memory.u8.set(bytes);
}

/**
 * Hash of all bytes: 16 hex digits, the same on every host. Two words a step enter two lanes that feed each other; each
 * step maps (lanes, words) one to one, so that two memories that differ in one word never hash alike. It tells machines
 * apart; it is no protection against somebody who looks for two that are alike.
 */
export function hashBytes(memory: Memory): string {
  const words = memory.i32;
  const even = words.length & ~1;
  let low = 0x243f6a88;
  let high = 0x05a308d3;
  for (let i = 0; i < even; i += 2) {
    const first = Math.imul(words[i] ^ low, 0x9e3779b1);
    const second = Math.imul(words[i + 1] ^ high, 0x85ebca77);
    low = (((first << 13) | (first >>> 19)) + second) | 0;
    high = ((((second << 17) | (second >>> 15)) ^ low) + 0x3c6ef372) | 0;
  }
  if (even < words.length) low = Math.imul(low ^ words[even], 0x9e3779b1);
  return finish(low, high, memory.bytes);
}

/** The same kind of hash over a text's UTF-16 units: for digests of manifests and limits. */
export function hashText(text: string): string {
  let low = 0x243f6a88;
  let high = 0x05a308d3;
  for (let i = 0; i < text.length; i++) {
    const unit = Math.imul(text.charCodeAt(i) ^ low, 0x9e3779b1);
    low = (((unit << 13) | (unit >>> 19)) + high) | 0;
    high = (Math.imul(high ^ low, 0x85ebca77) + 0x3c6ef372) | 0;
  }
  return finish(low, high, text.length);
}

function finish(low: number, high: number, length: number): string {
  let first = low ^ length;
  let second = high;
  for (let round = 0; round < 2; round++) {
    first = (first + scramble(second)) | 0;
    second ^= scramble(first);
  }
  return hexWord(second) + hexWord(first);
}

/** Every bit of the word reaches every bit of the answer. */
function scramble(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
