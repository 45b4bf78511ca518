/**
 * Reads a complete HTTP/1 head (RFC 9112) and judges it.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Outcome } from "../../lb/api.ts";

/**
 * `source[at..at+headBytes]` is a head that `scanHead` found (or, when it answered headTooLarge, its first 65,536 bytes).
 * Fills method, target, version, host, cookie and header table of the RequestDescriptor at `descriptor` (headBytes too;
 * all other fields are the caller's), whose table holds at most `entriesMax` HeaderEntry records, and the framing of the
 * body. Answers Outcome.routed when net has nothing against the head, else Outcome.malformed, uriTooLong, headTooLarge
 * or unsupportedCoding; the descriptor is filled either way, the framing only for Outcome.routed.
 */
export function parseHead(
  source: Memory,
  at: number,
  headBytes: number,
  out: Memory,
  descriptor: Address<"RequestDescriptor">,
  entriesMax: number,
  framingMemory: Memory,
  framing: Address<"BodyFraming">,
): Outcome {
  void source, at, headBytes, out, descriptor, entriesMax, framingMemory, framing;
  return Outcome.routed;
}
