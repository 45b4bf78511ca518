/**
 * Transfer-Encoding (RFC 9112, 6.1 and 7): a list of codings, of which net understands chunked, alone.
 *
 *   chunked, in any case           fine
 *   chunked behind others          well-formed, unsupported (501): gzip, chunked
 *   others alone                   unsupported: 6.1 says 501 for what is not understood (nginx), 6.3 says 400 where chunked
 *                                  is not last (haproxy): xchunked, gzip, identity
 *   anything behind chunked        a fault (6.1, 6.3): chunked, chunked; chunked, identity
 *   chunked with parameters        a fault (7.1)
 *   empty, empty elements, junk    a fault
 */

import type { Memory } from "../../../hal/memory.ts";
import { Found } from "./found.ts";
import { blanksEnd, nameIs, tokenEnd } from "./search.ts";

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BROKEN = -1;

/** Found.fault, Found.unsupportedCoding, or 0 for chunked alone. `from..end` is the value, trimmed, free of control bytes. */
export function readTransferEncoding(source: Memory, from: number, end: number): number {
  let codings = 0;
  let chunked = false;
  let at = from;
  for (;;) {
    const nameEnd = tokenEnd(source, at, end);
    if (nameEnd === at || chunked) return Found.fault;
    chunked = nameEnd - at === 7 && nameIs(source, at, "chunked");
    codings++;
    const parametersAt = blanksEnd(source, nameEnd, end);
    at = parametersEnd(source, parametersAt, end);
    if (at === BROKEN || (chunked && at !== parametersAt)) return Found.fault;
    if (at === end) return chunked && codings === 1 ? 0 : Found.unsupportedCoding;
    if (source.u8[at] !== COMMA) return Found.fault;
    at = blanksEnd(source, at + 1, end);
  }
}

/** Where *( ";" OWS token BWS "=" BWS ( token / quoted-string ) OWS ) ends, or BROKEN. */
function parametersEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  let at = from;
  while (at < end && u8[at] === SEMICOLON) {
    const nameAt = blanksEnd(source, at + 1, end);
    const nameEnd = tokenEnd(source, nameAt, end);
    at = blanksEnd(source, nameEnd, end);
    if (nameEnd === nameAt || at >= end || u8[at] !== EQUALS) return BROKEN;
    const valueAt = blanksEnd(source, at + 1, end);
    const valueEnd = valueAt < end && u8[valueAt] === QUOTE ? quotedEnd(source, valueAt, end) : tokenEnd(source, valueAt, end);
    if (valueEnd === BROKEN || valueEnd === valueAt) return BROKEN;
    at = blanksEnd(source, valueEnd, end);
  }
  return at;
}

/** Behind the closing quote (RFC 9110, 5.6.4), or BROKEN. */
function quotedEnd(source: Memory, from: number, end: number): number {
  const u8 = source.u8;
  for (let at = from + 1; at < end; at++) {
    if (u8[at] === QUOTE) return at + 1;
    if (u8[at] === BACKSLASH) at++;
  }
  return BROKEN;
}
