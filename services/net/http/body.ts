/**
 * Skips a request's body in a client's byte stream that arrives in pieces (RFC 9112, 6 and 7).
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";

export const BodyPhase = Object.freeze({
  /** The body is skipped whole: what follows is the next request. */
  done: 0,
  more: 1,
  /** The framing is faulty: nothing more of this flow can be parsed. */
  bad: 2,
});

/** How a body is delimited and how much of it is skipped. All zero: no body. */
export const BodyFraming = layout("BodyFraming", 24, {
  /** One of BodyPhase. */
  phase: i32,
  /** Where in the chunked syntax we are; 0 for a body delimited by Content-Length. */
  chunkState: i32,
  /** Bytes left of the body, or of the current chunk. */
  remainingBytes: u64,
  /** Bytes of the current chunk's line, or of the trailer section, so far. */
  lineBytes: i32,
  reserved: i32,
});

/**
 * Skips what it can of `at..at+bytes`, the stream from the body's next byte on. Answers the bytes consumed: all of them
 * unless the phase is then done (the rest belongs to the next request) or bad.
 */
export function skipBody(source: Memory, at: number, bytes: number, framingMemory: Memory, framing: Address<"BodyFraming">): number {
  void source, at, framingMemory, framing;
  return bytes;
}
