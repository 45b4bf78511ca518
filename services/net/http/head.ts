/**
 * Reads a complete HTTP/1 head (RFC 9112) and judges it.
 *
 * Of several things that are wrong with a head the first of these is its outcome (size before content: what is too large
 * is not looked into):
 *
 *   1. HeadTooLarge       65,536 bytes without a blank line (contract)
 *   2. UriTooLong         a target of more than 8,192 bytes (contract; RFC 9110, 15.5.15)
 *   3. HeadTooLarge       more than 512 header lines (contract; RFC 6585, 5)
 *   4. Malformed          a target of no form (target.ts); a broken header line (field-lines.ts); no Host in HTTP/1.1; a
 *                         repeated, empty or malformed Host in any version (RFC 9112, 3.2); a Content-Length that is
 *                         repeated, no number, or 2^53 and more (RFC 9112, 6.3); Content-Length and Transfer-Encoding
 *                         together (6.1); Transfer-Encoding in HTTP/1.0 (6.1) or repeated or faulty
 *   5. UnsupportedCoding  a well-formed Transfer-Encoding other than chunked alone (6.1; transfer-encoding.ts)
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { Outcome, RequestDescriptor } from "../../lb/api.ts";
import { clearBody, expectChunks, expectLength } from "./body.ts";
import { CR, LF, SPACE } from "./characters.ts";
import { readFieldLines } from "./field-lines.ts";
import { Found } from "./found.ts";
import { HEADER_LINES_MAX, TARGET_BYTES_MAX } from "./limits.ts";
import { blankOrControlAt, byteAt } from "./search.ts";
import { isTarget } from "./target.ts";

/** SP, "HTTP/1.", digit, CRLF. */
const VERSION_BYTES = 11;

/**
 * `source[at..at+headBytes]` is a head that `scanHead` found (or, when it answered headTooLarge, its first 65,536 bytes).
 *
 * Fills headBytes, method, target, version, host, cookie and headerCount of the RequestDescriptor at `descriptor`,
 * whatever these fields held, and leaves all others alone. For Outcome.routed, net having nothing against the head, it
 * also fills the header table, for whose entries the caller has made room (`entriesMax`: HeadScan.lines, at most 512),
 * and the framing of the body; else headerCount is 0, the framing says "no body", and host is what a lenient reader would
 * take it for.
 */
export function parseHead(
  source: Memory, at: number, headBytes: number,
  out: Memory, descriptor: Address<"RequestDescriptor">, entriesMax: number,
  framingMemory: Memory, framing: Address<"BodyFraming">,
): Outcome {
  const end = at + headBytes;
  clearTexts(out, descriptor);
  RequestDescriptor.headBytes.set(out, descriptor, headBytes);
  const fieldsAt = readRequestLine(source, at, end, out, descriptor);
  clearBody(framingMemory, framing);
  const whole = endsWithBlankLine(source, end);
  const stop = whole ? end - 2 : end;
  const found = readFieldLines(source, at, fieldsAt, stop, out, descriptor, entriesMax, framingMemory, framing);
  const outcome = whole ? judge(source, at, out, descriptor, found) : Outcome.headTooLarge;
  if (outcome !== Outcome.routed) {
    RequestDescriptor.headerCount.set(out, descriptor, 0);
    clearBody(framingMemory, framing);
  } else if ((found & Found.transferEncoding) !== 0) {
    expectChunks(framingMemory, framing);
  } else if ((found & Found.contentLength) !== 0) {
    expectLength(framingMemory, framing);
  }
  return outcome;
}

/** What a head need not have. */
function clearTexts(out: Memory, descriptor: Address<"RequestDescriptor">): void {
  RequestDescriptor.hostPresent.set(out, descriptor, 0);
  RequestDescriptor.hostOffset.set(out, descriptor, 0);
  RequestDescriptor.hostBytes.set(out, descriptor, 0);
  RequestDescriptor.cookieOffset.set(out, descriptor, 0);
  RequestDescriptor.cookieBytes.set(out, descriptor, 0);
}

/** Takes the request line apart, which `scanHead` has judged. The address behind its CRLF. */
function readRequestLine(source: Memory, at: number, end: number, out: Memory, descriptor: Address<"RequestDescriptor">): number {
  const methodEnd = byteAt(source, at, end, SPACE);
  const targetAt = methodEnd + 1;
  let targetEnd = blankOrControlAt(source, targetAt, end);
  while (targetEnd < end && source.u8[targetEnd] !== SPACE) targetEnd = blankOrControlAt(source, targetEnd + 1, end);
  RequestDescriptor.methodBytes.set(out, descriptor, methodEnd - at);
  RequestDescriptor.targetOffset.set(out, descriptor, targetAt - at);
  RequestDescriptor.targetBytes.set(out, descriptor, targetEnd - targetAt);
  const fieldsAt = targetEnd + VERSION_BYTES;
  RequestDescriptor.versionMinor.set(out, descriptor, source.u8[fieldsAt - 3] - 0x30);
  return fieldsAt;
}

function endsWithBlankLine(source: Memory, end: number): boolean {
  const u8 = source.u8;
  return u8[end - 1] === LF && u8[end - 2] === CR && u8[end - 3] === LF && u8[end - 4] === CR;
}

/** The order in the file's head, from the second on. */
function judge(source: Memory, at: number, out: Memory, descriptor: Address<"RequestDescriptor">, found: number): Outcome {
  const methodBytes = RequestDescriptor.methodBytes.get(out, descriptor);
  const targetBytes = RequestDescriptor.targetBytes.get(out, descriptor);
  if (targetBytes > TARGET_BYTES_MAX) return Outcome.uriTooLong;
  if (RequestDescriptor.headerCount.get(out, descriptor) > HEADER_LINES_MAX) return Outcome.headTooLarge;
  const targetAt = at + RequestDescriptor.targetOffset.get(out, descriptor);
  if ((found & Found.fault) !== 0 || !isTarget(source, at, methodBytes, targetAt, targetAt + targetBytes)) return Outcome.malformed;
  const http10 = RequestDescriptor.versionMinor.get(out, descriptor) === 0;
  if (!http10 && RequestDescriptor.hostPresent.get(out, descriptor) === 0) return Outcome.malformed;
  const coded = (found & Found.transferEncoding) !== 0;
  if (coded && (http10 || (found & Found.contentLength) !== 0)) return Outcome.malformed;
  return (found & Found.unsupportedCoding) !== 0 ? Outcome.unsupportedCoding : Outcome.routed;
}
