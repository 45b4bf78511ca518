/**
 * The head of a request as a backend gets it: the request line in HTTP/1.1 and in origin form, the fields in their order
 * without those of the client's connection, and what a proxy says: Via (RFC 9110, 7.6.3), X-Forwarded-For and Forwarded
 * (RFC 7239), to which the client's address is added, and X-Forwarded-Proto. The connection to the backend stays open,
 * which needs no saying in HTTP/1.1.
 *
 * What the client says of itself in X-Forwarded-For and Forwarded is handed on in front of what the proxy knows: a backend
 * trusts the last element. X-Forwarded-Proto is the proxy's word alone.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { HeaderEntry, RequestDescriptor } from "../../lb/api.ts";
import { COLON, isDigit } from "./characters.ts";
import { putAddress, putBytes, putNumber, putText, putVia } from "./head-writer.ts";
import { isFraming, isHopByHop, isOneOf } from "./hop-by-hop.ts";
import { byteAt, nameIs } from "./search.ts";
import { namesField } from "./token-list.ts";

const CONNECTION = "connection";
const FORWARDED_FOR = "x-forwarded-for";
const FORWARDED = "forwarded";
const MAX_FORWARDS = "max-forwards";
/** Fields that the proxy writes itself, behind all others. */
const OWN: readonly string[] = Object.freeze([FORWARDED_FOR, FORWARDED, "x-forwarded-proto"]);
const SLASH = 0x2f;
const ASTERISK = 0x2a;
const COMMA_SPACE = ", ";
const MAX_FORWARDS_DIGITS = 9;

type Descriptor = Address<"RequestDescriptor">;

/**
 * Writes the head at `to` in `memory` (room: the head's bytes and REWRITE_BYTES_MAX). The head lies at `at` in `source`, its
 * descriptor with the header table in `shared`. The bytes written.
 */
export function writeForwardedRequest(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Descriptor): number {
  let cursor = putRequestLine(memory, to, source, at, shared, descriptor);
  const authorityAt = authorityOf(source, at, shared, descriptor);
  const named = hasField(source, at, shared, descriptor, CONNECTION);
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    const nameAt = at + HeaderEntry.nameOffset.get(shared, entry);
    const nameBytes = HeaderEntry.nameBytes.get(shared, entry);
    if (!goesOn(source, at, shared, descriptor, nameAt, nameBytes, named)) continue;
    // A proxy takes the target's authority for the host, whatever Host says (RFC 9112, 3.2.2).
    if (authorityAt >= 0 && isOneOf(source, nameAt, nameBytes, HOST)) continue;
    cursor = putField(memory, cursor, source, nameAt, nameBytes, at + HeaderEntry.valueOffset.get(shared, entry), HeaderEntry.valueBytes.get(shared, entry));
  }
  if (authorityAt >= 0) {
    cursor = putText(memory, cursor, "Host: ");
    cursor = putBytes(memory, cursor, source, authorityAt, authorityEnd(source, authorityAt, targetEnd(at, shared, descriptor)) - authorityAt);
    cursor = putText(memory, cursor, "\r\n");
  } else if (RequestDescriptor.hostPresent.get(shared, descriptor) === 0) cursor = putText(memory, cursor, "Host:\r\n");
  cursor = putVia(memory, cursor, RequestDescriptor.versionMinor.get(shared, descriptor));
  return putOwn(memory, cursor, source, at, shared, descriptor) - to;
}

/**
 * How often the request may still be handed on: what Max-Forwards says of an OPTIONS or TRACE (RFC 9110, 7.6.2), -1 for any
 * other one, and where it says nothing that makes sense.
 */
export function forwardsLeft(source: Memory, at: number, shared: Memory, descriptor: Descriptor): number {
  const methodBytes = RequestDescriptor.methodBytes.get(shared, descriptor);
  if (!isOneOf(source, at, methodBytes, COUNTED)) return -1;
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    if (!isNamed(source, at, shared, entry, MAX_FORWARDS)) continue;
    const bytes = HeaderEntry.valueBytes.get(shared, entry);
    let value = bytes > 0 && bytes <= MAX_FORWARDS_DIGITS ? 0 : -1;
    for (let i = 0; i < bytes && value >= 0; i++) {
      const byte = source.u8[at + HeaderEntry.valueOffset.get(shared, entry) + i];
      value = isDigit(byte) ? value * 10 + byte - 0x30 : -1;
    }
    return value;
  }
  return -1;
}

const HOST: readonly string[] = Object.freeze(["host"]);
/** Methods for which Max-Forwards is counted. */
const COUNTED: readonly string[] = Object.freeze(["options", "trace"]);

/** The target in origin form (RFC 9112, 3.2.1); "*" for an OPTIONS whose absolute target has neither path nor query (3.2.4). */
function putRequestLine(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Descriptor): number {
  const methodBytes = RequestDescriptor.methodBytes.get(shared, descriptor);
  const end = targetEnd(at, shared, descriptor);
  const authorityAt = authorityOf(source, at, shared, descriptor);
  const from = authorityAt < 0 ? at + RequestDescriptor.targetOffset.get(shared, descriptor) : authorityEnd(source, authorityAt, end);
  let cursor = putBytes(memory, to, source, at, methodBytes + 1);
  if (from === end) cursor = putText(memory, cursor, methodBytes === 7 && nameIs(source, at, "options") ? "*" : "/");
  else if (authorityAt >= 0 && source.u8[from] !== SLASH) cursor = putText(memory, cursor, "/");
  cursor = putBytes(memory, cursor, source, from, end - from);
  return putText(memory, cursor, " HTTP/1.1\r\n");
}

/** Where the authority of an absolute target begins; -1 for a target of another form. */
function authorityOf(source: Memory, at: number, shared: Memory, descriptor: Descriptor): number {
  const from = at + RequestDescriptor.targetOffset.get(shared, descriptor);
  const first = source.u8[from];
  if (first === SLASH || first === ASTERISK) return -1;
  const end = targetEnd(at, shared, descriptor);
  const colon = byteAt(source, from, end, COLON);
  // isTarget() has made sure that "://" follows a scheme; CONNECT's target has a port there.
  return colon + 2 < end && source.u8[colon + 1] === SLASH ? colon + 3 : -1;
}

function authorityEnd(source: Memory, from: number, end: number): number {
  let cursor = from;
  while (cursor < end && source.u8[cursor] !== SLASH && source.u8[cursor] !== 0x3f) cursor++;
  return cursor;
}

function targetEnd(at: number, shared: Memory, descriptor: Descriptor): number {
  return at + RequestDescriptor.targetOffset.get(shared, descriptor) + RequestDescriptor.targetBytes.get(shared, descriptor);
}

/** Whether a field of the client's is handed on as it is; `named` says that there is a Connection line. */
function goesOn(source: Memory, at: number, shared: Memory, descriptor: Descriptor, nameAt: number, nameBytes: number, named: boolean): boolean {
  if (isHopByHop(source, nameAt, nameBytes) || isOneOf(source, nameAt, nameBytes, OWN)) return false;
  // An HTTP/1.0 client waits for no 100 (RFC 9110, 10.1.1).
  if (nameBytes === 6 && nameIs(source, nameAt, "expect") && RequestDescriptor.versionMinor.get(shared, descriptor) === 0) return false;
  // Its value is written anew.
  if (nameBytes === MAX_FORWARDS.length && nameIs(source, nameAt, MAX_FORWARDS) && forwardsLeft(source, at, shared, descriptor) >= 0) return false;
  return !named || isFraming(source, nameAt, nameBytes) || !isNominated(source, at, shared, descriptor, nameAt, nameBytes);
}

function isNominated(source: Memory, at: number, shared: Memory, descriptor: Descriptor, nameAt: number, nameBytes: number): boolean {
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    if (!isNamed(source, at, shared, entry, CONNECTION)) continue;
    const valueAt = at + HeaderEntry.valueOffset.get(shared, entry);
    if (namesField(source, valueAt, valueAt + HeaderEntry.valueBytes.get(shared, entry), nameAt, nameBytes)) return true;
  }
  return false;
}

/** What the proxy says itself, and the blank line. */
function putOwn(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Descriptor): number {
  const left = forwardsLeft(source, at, shared, descriptor);
  let cursor = left > 0 ? putText(memory, putNumber(memory, putText(memory, to, "Max-Forwards: "), left - 1), "\r\n") : to;
  const family = RequestDescriptor.family.get(shared, descriptor);
  const client = RequestDescriptor.source.at(descriptor);
  cursor = putValues(memory, putText(memory, cursor, "X-Forwarded-For: "), source, at, shared, descriptor, FORWARDED_FOR);
  cursor = putAddress(memory, cursor, family, shared, client);
  cursor = putText(memory, cursor, "\r\nX-Forwarded-Proto: http\r\nForwarded: ");
  cursor = putValues(memory, cursor, source, at, shared, descriptor, FORWARDED);
  // An IPv6 address stands in brackets and quotes (RFC 7239, 6).
  cursor = putText(memory, cursor, family === 4 ? "for=" : 'for="[');
  cursor = putAddress(memory, cursor, family, shared, client);
  return putText(memory, cursor, family === 4 ? ";proto=http\r\n\r\n" : ']";proto=http\r\n\r\n');
}

/** The values of all fields of that name, each with a comma behind it; empty ones say nothing. */
function putValues(memory: Memory, to: number, source: Memory, at: number, shared: Memory, descriptor: Descriptor, name: string): number {
  let cursor = to;
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) {
    const entry = entryAt(descriptor, index);
    if (!isNamed(source, at, shared, entry, name) || HeaderEntry.valueBytes.get(shared, entry) === 0) continue;
    cursor = putBytes(memory, cursor, source, at + HeaderEntry.valueOffset.get(shared, entry), HeaderEntry.valueBytes.get(shared, entry));
    cursor = putText(memory, cursor, COMMA_SPACE);
  }
  return cursor;
}

function hasField(source: Memory, at: number, shared: Memory, descriptor: Descriptor, name: string): boolean {
  const count = RequestDescriptor.headerCount.get(shared, descriptor);
  for (let index = 0; index < count; index++) if (isNamed(source, at, shared, entryAt(descriptor, index), name)) return true;
  return false;
}

function isNamed(source: Memory, at: number, shared: Memory, entry: Address<"HeaderEntry">, name: string): boolean {
  return HeaderEntry.nameBytes.get(shared, entry) === name.length && nameIs(source, at + HeaderEntry.nameOffset.get(shared, entry), name);
}

function putField(memory: Memory, to: number, source: Memory, nameAt: number, nameBytes: number, valueAt: number, valueBytes: number): number {
  let cursor = putBytes(memory, to, source, nameAt, nameBytes);
  cursor = putText(memory, cursor, ": ");
  cursor = putBytes(memory, cursor, source, valueAt, valueBytes);
  return putText(memory, cursor, "\r\n");
}

function entryAt(descriptor: Descriptor, index: number): Address<"HeaderEntry"> {
  return (descriptor + RequestDescriptor.size + index * HeaderEntry.size) as unknown as Address<"HeaderEntry">;
}
