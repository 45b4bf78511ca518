/**
 * The header section, line by line (RFC 9112, 5): the header table, and what Host, Cookie, Content-Length and
 * Transfer-Encoding lines say. A field line is token ":" value CRLF; a value holds no control byte but the tab. All that
 * is stricter than some server: no space before the colon, no line without a colon, no obs-fold, no bare CR or LF, no NUL
 * or other control byte (RFC 9110, 5.5), no empty name.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HeaderEntry, RequestDescriptor } from "../../lb/api.ts";
import { PortRule, isAuthority } from "./authority.ts";
import { BodyFraming } from "./body.ts";
import { readBrokenLines } from "./broken-lines.ts";
import { COLON, CR, LF, TAB, isDigit } from "./characters.ts";
import { Found } from "./found.ts";
import { blanksEnd, controlAt, nameIs, tokenEnd, trimmedEnd } from "./search.ts";
import { readTransferEncoding } from "./transfer-encoding.ts";

/** Content-Length stays below 2^53: this, and one more digit up to 1. */
const LENGTH_TENTH_MAX = 900719925474099;

/**
 * Reads the lines from `from` up to `stop`, where the blank line begins (or the head was cut); offsets count from `at`.
 * Fills the descriptor's host, cookie, header table (its first `entriesMax` lines) and, as its headerCount, the count of
 * all lines; the framing's remainingBytes is a Content-Length. Answers Found bits.
 */
export function readFieldLines(
  source: Memory, at: number, from: number, stop: number,
  out: Memory, descriptor: Address<"RequestDescriptor">, entriesMax: number,
  framingMemory: Memory, framing: Address<"BodyFraming">,
): number {
  const u8 = source.u8;
  let found = 0;
  let lines = 0;
  let cursor = from;
  while (cursor < stop) {
    const colon = tokenEnd(source, cursor, stop);
    if (colon === cursor || colon >= stop || u8[colon] !== COLON) break;
    const valueAt = blanksEnd(source, colon + 1, stop);
    const lineEnd = valueEnd(source, valueAt, stop);
    if (lineEnd + 1 >= stop || u8[lineEnd] !== CR || u8[lineEnd + 1] !== LF) break;
    const valueStop = trimmedEnd(source, valueAt, lineEnd);
    if (lines < entriesMax) writeEntry(out, entryAt(descriptor, lines), cursor - at, colon - cursor, valueAt - at, valueStop - valueAt);
    // Host, Cookie, Content-Length and Transfer-Encoding differ in length.
    const nameBytes = colon - cursor;
    if (nameBytes === 4) found |= noteIfHost(source, at, cursor, valueAt, valueStop, out, descriptor);
    else if (nameBytes === 6) noteIfCookie(source, at, cursor, valueAt, valueStop, out, descriptor);
    else if (nameBytes === 14) found |= noteIfContentLength(source, cursor, valueAt, valueStop, framingMemory, framing, found);
    else if (nameBytes === 17) found |= noteIfTransferEncoding(source, cursor, valueAt, valueStop, found);
    lines++;
    cursor = lineEnd + 2;
  }
  if (cursor < stop) {
    found |= Found.fault;
    lines += readBrokenLines(source, at, cursor, stop, out, descriptor);
  }
  RequestDescriptor.headerCount.set(out, descriptor, lines);
  return found;
}

function entryAt(descriptor: Address<"RequestDescriptor">, index: number): Address<"HeaderEntry"> {
  return (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">;
}

function writeEntry(out: Memory, entry: Address<"HeaderEntry">, nameOffset: number, nameBytes: number, valueOffset: number, valueBytes: number): void {
  HeaderEntry.nameOffset.set(out, entry, nameOffset);
  HeaderEntry.nameBytes.set(out, entry, nameBytes);
  HeaderEntry.valueOffset.set(out, entry, valueOffset);
  HeaderEntry.valueBytes.set(out, entry, valueBytes);
}

/** The first byte that no value holds: any control byte but the tab. */
function valueEnd(source: Memory, from: number, stop: number): number {
  let cursor = controlAt(source, from, stop);
  while (cursor < stop && source.u8[cursor] === TAB) cursor = controlAt(source, cursor + 1, stop);
  return cursor;
}

/** The first Host line is the request's host; a second one, or a value that is no host, is a fault (RFC 9112, 3.2). */
function noteIfHost(
  source: Memory, at: number, nameAt: number, valueAt: number, valueStop: number,
  out: Memory, descriptor: Address<"RequestDescriptor">,
): number {
  if (!nameIs(source, nameAt, "host")) return 0;
  if (RequestDescriptor.hostPresent.get(out, descriptor) !== 0) return Found.fault;
  RequestDescriptor.hostPresent.set(out, descriptor, 1);
  RequestDescriptor.hostOffset.set(out, descriptor, valueAt - at);
  RequestDescriptor.hostBytes.set(out, descriptor, valueStop - valueAt);
  return isAuthority(source, valueAt, valueStop, PortRule.optional) ? 0 : Found.fault;
}

function noteIfCookie(
  source: Memory, at: number, nameAt: number, valueAt: number, valueStop: number,
  out: Memory, descriptor: Address<"RequestDescriptor">,
): void {
  // No value lies at offset 0: a cookie seen before, if only an empty one, has another.
  if (!nameIs(source, nameAt, "cookie") || RequestDescriptor.cookieOffset.get(out, descriptor) !== 0) return;
  RequestDescriptor.cookieOffset.set(out, descriptor, valueAt - at);
  RequestDescriptor.cookieBytes.set(out, descriptor, valueStop - valueAt);
}

/** 1*DIGIT below 2^53, once. A repeated one may be taken if it says the same (RFC 9110, 8.6): here it is a fault. */
function noteIfContentLength(
  source: Memory, nameAt: number, valueAt: number, valueStop: number,
  framingMemory: Memory, framing: Address<"BodyFraming">, found: number,
): number {
  if (!nameIs(source, nameAt, "content-length")) return 0;
  if (valueAt === valueStop || (found & Found.contentLength) !== 0) return Found.fault | Found.contentLength;
  let value = 0;
  for (let at = valueAt; at < valueStop; at++) {
    const digit = source.u8[at] - 0x30;
    if (!isDigit(source.u8[at]) || value > LENGTH_TENTH_MAX || (value === LENGTH_TENTH_MAX && digit > 1)) {
      return Found.fault | Found.contentLength;
    }
    value = value * 10 + digit;
  }
  BodyFraming.remainingBytes.set(framingMemory, framing, value);
  return Found.contentLength;
}

/** A second line would be a longer list (RFC 9110, 5.3), which is never chunked alone: a fault, as nginx and haproxy have it. */
function noteIfTransferEncoding(source: Memory, nameAt: number, valueAt: number, valueStop: number, found: number): number {
  if (!nameIs(source, nameAt, "transfer-encoding")) return 0;
  if ((found & Found.transferEncoding) !== 0) return Found.fault;
  return Found.transferEncoding | readTransferEncoding(source, valueAt, valueStop);
}
