/**
 * The head of a response as a client gets it: the status line in HTTP/1.1, the fields in their order without those of the
 * backend's connection, Via, and what becomes of the client's connection.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { COLON } from "./characters.ts";
import { putBytes, putText, putVia } from "./head-writer.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { ResponseHead } from "./response-head.ts";
import { blanksEnd, lineFeedAt, nameIs, tokenEnd, trimmedEnd } from "./search.ts";
import { namesField } from "./token-list.ts";

/** What the writer must know besides the head. */
export const ForwardRule = Object.freeze({
  /** The client's connection closes behind this response. */
  close: 1,
  /** The client speaks HTTP/1.0 and wants to go on. */
  keepAlive: 2,
  /** The body is taken out of its chunks: Transfer-Encoding and Trailer go. */
  plain: 4,
});

/** Field lines with this name, in lower case, are looked for. */
const CONNECTION = "connection";
const TRANSFER_ENCODING = "transfer-encoding";
const TRAILER = "trailer";

/**
 * Writes the head at `to` in `memory` (room: the head's bytes and REWRITE_BYTES_MAX): that of the response at `at` in
 * `source`, which parseResponseHead() has accepted, by `rules` of ForwardRule. The bytes written.
 */
export function writeForwardedResponse(memory: Memory, to: number, source: Memory, at: number, response: Address<"ResponseHead">, rules: number): number {
  const end = at + ResponseHead.headBytes.get(memory, response);
  const fieldsAt = lineFeedAt(source, at, end) + 1;
  // Behind "HTTP/1.x" the status line is the backend's own.
  let cursor = putText(memory, to, "HTTP/1.1");
  cursor = putBytes(memory, cursor, source, at + 8, fieldsAt - at - 8);
  for (let line = fieldsAt; line < end - 2; ) {
    const colon = tokenEnd(source, line, end);
    const next = lineFeedAt(source, colon, end) + 1;
    if (source.u8[colon] === COLON && goesOn(source, fieldsAt, end, line, colon - line, rules)) cursor = putBytes(memory, cursor, source, line, next - line);
    line = next;
  }
  cursor = putVia(memory, cursor, ResponseHead.versionMinor.get(memory, response));
  if ((rules & ForwardRule.close) !== 0) cursor = putText(memory, cursor, "Connection: close\r\n");
  else if ((rules & ForwardRule.keepAlive) !== 0) cursor = putText(memory, cursor, "Connection: keep-alive\r\n");
  return putText(memory, cursor, "\r\n") - to;
}

function goesOn(source: Memory, fieldsAt: number, end: number, nameAt: number, nameBytes: number, rules: number): boolean {
  if (isHopByHop(source, nameAt, nameBytes)) return false;
  if ((rules & ForwardRule.plain) !== 0 && ((nameBytes === TRANSFER_ENCODING.length && nameIs(source, nameAt, TRANSFER_ENCODING)) || (nameBytes === TRAILER.length && nameIs(source, nameAt, TRAILER)))) return false;
  for (let line = fieldsAt; line < end - 2; ) {
    const colon = tokenEnd(source, line, end);
    const next = lineFeedAt(source, colon, end) + 1;
    if (colon - line === CONNECTION.length && nameIs(source, line, CONNECTION)) {
      const valueAt = blanksEnd(source, colon + 1, next);
      if (namesField(source, valueAt, trimmedEnd(source, valueAt, next - 2), nameAt, nameBytes)) return false;
    }
    line = next;
  }
  return true;
}
