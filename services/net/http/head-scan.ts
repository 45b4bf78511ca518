/**
 * Finds where a request's head ends, in a client's byte stream that arrives in pieces.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

/** How far the scan of one head has come. All zero: nothing seen yet. Offsets count from `at`. */
export const HeadScan = layout("HeadScan", 24, {
  /** Bytes examined, the skipped ones included. */
  scannedBytes: i32,
  /** Bytes of the empty line before the request line: 0 or 2. */
  skippedBytes: i32,
  /** Header lines seen so far, the request line and the blank line not counted. */
  lines: i32,
  phase: i32,
  /** Bytes already matched of what the phase compares. */
  progress: i32,
  reserved: i32,
});

/** Why no head can come of these bytes; answers above 0 are a head's length, 0 means more bytes are needed. */
export const ScanResult = Object.freeze({
  more: 0,
  /** Answered 400, closes the flow, is no request. */
  badRequestLine: -1,
  /** Answered 505, otherwise as badRequestLine. */
  badVersion: -2,
  /** The first line is complete and valid, 65,536 bytes brought no blank line: a request, refused HeadTooLarge. */
  headTooLarge: -3,
});

/**
 * `at..at+bytes` is the contiguous client stream from the head's first byte on; each call may find it elsewhere, but
 * with the same bytes in front. Bytes that an earlier call has seen are not looked at again.
 */
export function scanHead(source: Memory, at: number, bytes: number, scanMemory: Memory, scan: Address<"HeadScan">): number {
  void source, at, bytes, scanMemory, scan;
  return ScanResult.more;
}
