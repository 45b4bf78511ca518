/**
 * The head of a request as a backend gets it: the request line in HTTP/1.1, the fields in their order without those of the
 * client's connection, and what a proxy says: Via (RFC 9110, 7.6.3) and X-Forwarded-For, to which the client's address is
 * added. Host stays. The connection to the backend stays open, which needs no saying in HTTP/1.1.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HeaderEntry, RequestDescriptor } from "../../lb/api.ts";
import { putAddress, putBytes, putText, putVia } from "./head-writer.ts";
import { isHopByHop } from "./hop-by-hop.ts";
import { nameIs } from "./search.ts";
import { namesField } from "./token-list.ts";

const FORWARDED_FOR = "x-forwarded-for";

/**
 * Writes the head at `to` in `memory` (room: the head's bytes and REWRITE_BYTES_MAX). The head lies at `at` in `source`, its
 * descriptor with the header table in `shared`. The bytes written.
 */
export function writeForwardedRequest(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Address<"RequestDescriptor">): number {
  const methodBytes = RequestDescriptor.methodBytes.get(shared, descriptor);
  let cursor = putBytes(memory, to, source, at, methodBytes + 1);
  cursor = putBytes(memory, cursor, source, at + RequestDescriptor.targetOffset.get(shared, descriptor), RequestDescriptor.targetBytes.get(shared, descriptor));
  cursor = putText(memory, cursor, " HTTP/1.1\r\n");
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    const nameAt = at + HeaderEntry.nameOffset.get(shared, entry);
    const nameBytes = HeaderEntry.nameBytes.get(shared, entry);
    if (!goesOn(source, at, shared, descriptor, nameAt, nameBytes)) continue;
    cursor = putField(memory, cursor, source, nameAt, nameBytes, at + HeaderEntry.valueOffset.get(shared, entry), HeaderEntry.valueBytes.get(shared, entry));
  }
  if (RequestDescriptor.hostPresent.get(shared, descriptor) === 0) cursor = putText(memory, cursor, "Host:\r\n");
  cursor = putVia(memory, cursor, RequestDescriptor.versionMinor.get(shared, descriptor));
  return putForwardedFor(memory, cursor, source, at, shared, descriptor) - to;
}

/** Whether a field of the client's is handed on. */
function goesOn(source: Memory, at: number, shared: Memory, descriptor: Address<"RequestDescriptor">, nameAt: number, nameBytes: number): boolean {
  if (isHopByHop(source, nameAt, nameBytes)) return false;
  if (nameBytes === FORWARDED_FOR.length && nameIs(source, nameAt, FORWARDED_FOR)) return false;
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    if (HeaderEntry.nameBytes.get(shared, entry) !== 10 || !nameIs(source, at + HeaderEntry.nameOffset.get(shared, entry), "connection")) continue;
    const valueAt = at + HeaderEntry.valueOffset.get(shared, entry);
    if (namesField(source, valueAt, valueAt + HeaderEntry.valueBytes.get(shared, entry), nameAt, nameBytes)) return false;
  }
  return true;
}

/** The addresses that the request says it came by, and the client's own; then the blank line. */
function putForwardedFor(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Address<"RequestDescriptor">): number {
  let cursor = putText(memory, to, "X-Forwarded-For: ");
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    if (HeaderEntry.nameBytes.get(shared, entry) !== FORWARDED_FOR.length || !nameIs(source, at + HeaderEntry.nameOffset.get(shared, entry), FORWARDED_FOR)) continue;
    cursor = putBytes(memory, cursor, source, at + HeaderEntry.valueOffset.get(shared, entry), HeaderEntry.valueBytes.get(shared, entry));
    cursor = putText(memory, cursor, ", ");
  }
  cursor = putAddress(memory, cursor, RequestDescriptor.family.get(shared, descriptor), shared, RequestDescriptor.source.at(descriptor));
  return putText(memory, cursor, "\r\n\r\n");
}

function putField(memory: Memory, to: number, source: Memory, nameAt: number, nameBytes: number, valueAt: number, valueBytes: number): number {
  let cursor = putBytes(memory, to, source, nameAt, nameBytes);
  cursor = putText(memory, cursor, ": ");
  cursor = putBytes(memory, cursor, source, valueAt, valueBytes);
  return putText(memory, cursor, "\r\n");
}

function entryAt(descriptor: Address<"RequestDescriptor">, index: number): Address<"HeaderEntry"> {
  return (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">;
}
