/**
 * The head of a response as a client gets it: the status line in HTTP/1.1, the fields in their order without those of the
 * backend's connection, Via, what becomes of the client's connection, and the cookie of a session that has begun.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { putBytes, putText, putVia } from "./head-writer.ts";
import { isFraming, isHopByHop } from "./hop-by-hop.ts";
import { ResponseHead } from "./response-head.ts";
import { blanksEnd, lineFeedAt, nameIs, tokenEnd, trimmedEnd } from "./search.ts";
import { namesField } from "./token-list.ts";

/** What the writer must know besides the head. */
export const ForwardRule = Object.freeze({
  /** The client's connection closes behind this response. */
  close: 1,
  /** The client speaks HTTP/1.0 and wants to go on. */
  keepAlive: 2,
  /** The client knows no chunks: Transfer-Encoding and Trailer go. */
  plain: 4,
});

/** Field lines with this name, in lower case, are looked for. */
const CONNECTION = "connection";
const CONTENT_LENGTH = "content-length";
const TRANSFER_ENCODING = "transfer-encoding";
const TRAILER = "trailer";
const NO_CONTENT = 204;

/** What of the head has been seen while it is written: bits. */
const Seen = Object.freeze({ length: 1 });

/**
 * Writes the head at `to` in `memory` (room: the head's bytes and REWRITE_BYTES_MAX): that of the response at `at` in
 * `source`, which parseResponseHead() has accepted, by `rules` of ForwardRule. The blank line is the caller's, by
 * endForwardedResponse(). The address behind what was written.
 */
export function writeForwardedResponse(memory: Memory, to: number, source: Memory, at: number, response: Address<"ResponseHead">, rules: number): number {
  const end = at + ResponseHead.headBytes.get(memory, response);
  const fieldsAt = lineFeedAt(source, at, end) + 1;
  const fieldsFrom = ResponseHead.hasConnection.get(memory, response) !== 0 ? fieldsAt : end;
  // Behind "HTTP/1.x" the status line is the backend's own.
  let cursor = putText(memory, to, "HTTP/1.1");
  cursor = putBytes(memory, cursor, source, at + 8, fieldsAt - at - 8);
  let seen = 0;
  for (let line = fieldsAt; line < end - 2; ) {
    const nameEnd = tokenEnd(source, line, end);
    const colon = blanksEnd(source, nameEnd, end);
    const next = lineFeedAt(source, colon, end) + 1;
    if (goesOn(source, fieldsFrom, end, line, nameEnd - line) && fitsFraming(source, line, nameEnd - line, memory, response, rules, seen)) {
      cursor = putBytes(memory, cursor, source, line, nameEnd - line);
      cursor = putBytes(memory, cursor, source, colon, next - colon);
      if (isName(source, line, nameEnd - line, CONTENT_LENGTH)) seen |= Seen.length;
    }
    line = next;
  }
  cursor = putVia(memory, cursor, ResponseHead.versionMinor.get(memory, response));
  if ((rules & ForwardRule.close) !== 0) return putText(memory, cursor, "Connection: close\r\n");
  return (rules & ForwardRule.keepAlive) !== 0 ? putText(memory, cursor, "Connection: keep-alive\r\n") : cursor;
}

/** The blank line. */
export function endForwardedResponse(memory: Memory, cursor: number): number {
  return putText(memory, cursor, "\r\n");
}

/**
 * Of several equal lengths one goes on (RFC 9112, 6.3). Interim responses and 204 have neither length nor coding (RFC 9110,
 * 8.6; RFC 9112, 6.1), and an HTTP/1.0 client is told of no coding.
 */
function fitsFraming(source: Memory, nameAt: number, nameBytes: number, memory: Memory, response: Address<"ResponseHead">, rules: number, seen: number): boolean {
  const length = isName(source, nameAt, nameBytes, CONTENT_LENGTH);
  const coding = isName(source, nameAt, nameBytes, TRANSFER_ENCODING);
  const status = ResponseHead.status.get(memory, response);
  if ((length || coding) && (status < 200 || status === NO_CONTENT)) return false;
  if (length && (seen & Seen.length) !== 0) return false;
  return (rules & ForwardRule.plain) === 0 || !(coding || isName(source, nameAt, nameBytes, TRAILER));
}

/** `fieldsFrom` is `end` where no line is called Connection. */
function goesOn(source: Memory, fieldsFrom: number, end: number, nameAt: number, nameBytes: number): boolean {
  if (isHopByHop(source, nameAt, nameBytes)) return false;
  if (fieldsFrom === end || isFraming(source, nameAt, nameBytes)) return true;
  for (let line = fieldsFrom; line < end - 2; ) {
    const nameEnd = tokenEnd(source, line, end);
    const colon = blanksEnd(source, nameEnd, end);
    const next = lineFeedAt(source, colon, end) + 1;
    if (isName(source, line, nameEnd - line, CONNECTION)) {
      const valueAt = blanksEnd(source, colon + 1, next);
      if (namesField(source, valueAt, trimmedEnd(source, valueAt, next - 2), nameAt, nameBytes)) return false;
    }
    line = next;
  }
  return true;
}

function isName(source: Memory, nameAt: number, nameBytes: number, name: string): boolean {
  return nameBytes === name.length && nameIs(source, nameAt, name);
}
