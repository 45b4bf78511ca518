/**
 * Cookies of a request (RFC 6265 4.2.1, 5.4): pairs NAME=VALUE, divided by semicolons, in one Cookie line or, as proxies
 * and HTTP/2 gateways send them, in several. Of several cookies of one name the first counts: user agents put the one of
 * the longest path first.
 *
 * Names are compared byte for byte. Blanks around name and value are dropped; quotes are part of the value. What has no
 * "=" is no cookie.
 */

import type { Memory } from "../../../hal/memory.ts";
import { byteStringEquals } from "../../../kernel/collections/byte-string.ts";
import { foldByte, headerLineNext, headerLinesOpen } from "../header-lines.ts";
import { RequestView } from "../request-view.ts";
import type { RequestViewAddress } from "../request-view.ts";
import type { TextAddress } from "../text.ts";

const COOKIE = "cookie";
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SPACE = 0x20;
const TAB = 0x09;

/**
 * Finds the cookie of that name: then the view's valueAt and valueBytes say where its value lies in `source`, perhaps an
 * empty one. False if there is none. Moves the view's header cursor.
 */
export function cookieValue(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress): boolean {
  headerLinesOpen(memory, request);
  while (headerLineNext(memory, request, source)) {
    if (isCookieLine(memory, request, source) && findPair(memory, request, source, name)) return true;
  }
  return false;
}

function isCookieLine(memory: Memory, request: RequestViewAddress, source: Memory): boolean {
  if (RequestView.nameBytes.get(memory, request) !== COOKIE.length) return false;
  const at = RequestView.nameAt.get(memory, request);
  for (let i = 0; i < COOKIE.length; i++) if (foldByte(source.u8[at + i]) !== COOKIE.charCodeAt(i)) return false;
  return true;
}

/** Looks for the name in the line at the cursor, and narrows the line's value to the cookie's. */
function findPair(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress): boolean {
  let at = RequestView.valueAt.get(memory, request);
  const end = at + RequestView.valueBytes.get(memory, request);
  while (at < end) {
    const pairEnd = seek(source, at, end, SEMICOLON);
    const equals = seek(source, at, pairEnd, EQUALS);
    const nameAt = skipBlanks(source, at, equals);
    if (equals < pairEnd && byteStringEquals(memory, name, source, nameAt, dropBlanks(source, nameAt, equals) - nameAt)) {
      const valueAt = skipBlanks(source, equals + 1, pairEnd);
      RequestView.valueAt.set(memory, request, valueAt);
      RequestView.valueBytes.set(memory, request, dropBlanks(source, valueAt, pairEnd) - valueAt);
      return true;
    }
    at = pairEnd + 1;
  }
  return false;
}

/** Where the byte first stands from `at` on, or `end`. */
function seek(source: Memory, at: number, end: number, byte: number): number {
  let found = at;
  while (found < end && source.u8[found] !== byte) found++;
  return found;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function skipBlanks(source: Memory, at: number, end: number): number {
  let first = at;
  while (first < end && isBlank(source.u8[first])) first++;
  return first;
}

/** The end without the blanks before it. */
function dropBlanks(source: Memory, at: number, end: number): number {
  let last = end;
  while (last > at && isBlank(source.u8[last - 1])) last--;
  return last;
}
