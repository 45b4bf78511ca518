/** Cookies of a request (RFC 6265, 4.2.1 and 5.4), as the load balancer reads them: of several of one name the first counts. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HeaderEntry, RequestDescriptor } from "../../lb/api.ts";
import { blanksEnd, byteAt, nameIs, trimmedEnd } from "./search.ts";

const COOKIE = "cookie";
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/**
 * Whether the request has a cookie with that name (`nameBytes` bytes at `nameAt` in `shared`), and it is not empty. The head
 * lies at `at` in `source`, its descriptor with the header table in `shared`.
 */
export function hasCookie(source: Memory, at: number, shared: Memory, descriptor: Address<"RequestDescriptor">, nameAt: number, nameBytes: number): boolean {
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">;
    if (HeaderEntry.nameBytes.get(shared, entry) !== COOKIE.length || !nameIs(source, at + HeaderEntry.nameOffset.get(shared, entry), COOKIE)) continue;
    const from = at + HeaderEntry.valueOffset.get(shared, entry);
    const bytes = valueBytesOf(source, from, from + HeaderEntry.valueBytes.get(shared, entry), shared, nameAt, nameBytes);
    if (bytes >= 0) return bytes > 0;
  }
  return false;
}

/** Bytes of the value of the pair with that name; -1 if there is none. */
function valueBytesOf(source: Memory, from: number, end: number, shared: Memory, nameAt: number, nameBytes: number): number {
  for (let pair = from; pair < end; ) {
    const pairEnd = byteAt(source, pair, end, SEMICOLON);
    const equals = byteAt(source, pair, pairEnd, EQUALS);
    const begin = blanksEnd(source, pair, equals);
    if (equals < pairEnd && trimmedEnd(source, begin, equals) - begin === nameBytes && isSame(source, begin, shared, nameAt, nameBytes)) {
      const value = blanksEnd(source, equals + 1, pairEnd);
      return trimmedEnd(source, value, pairEnd) - value;
    }
    pair = pairEnd + 1;
  }
  return -1;
}

function isSame(source: Memory, one: number, shared: Memory, other: number, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) if (source.u8[one + i] !== shared.u8[other + i]) return false;
  return true;
}
