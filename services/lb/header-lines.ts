/**
 * The header lines of a request, one after the other in the order they were sent, whatever form they have. There is one
 * cursor, in the RequestView: a walk ends before the next begins. An entry that lies outside its head is passed over.
 *
 * Names are compared as RFC 9110 5.1 says, without regard to the case of ASCII letters. The seed's rules do not use this.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { byteStringBytes, byteStringLength } from "../../kernel/collections/byte-string.ts";
import { HeaderEntry } from "./api.ts";
import { HeaderForm, RequestView } from "./request-view.ts";
import type { RequestViewAddress } from "./request-view.ts";
import type { TextAddress } from "./text.ts";

/** Puts the cursor before the first line. */
export function headerLinesOpen(memory: Memory, request: RequestViewAddress): void {
  RequestView.linesLeft.set(memory, request, RequestView.headerCount.get(memory, request));
  RequestView.nextLineAt.set(memory, request, RequestView.headersAt.get(memory, request));
}

/**
 * The next line of that name, a text of the balancer's: then valueAt and valueBytes say where its value lies in `source`.
 * False if there is none.
 *
 *     headerLinesOpen(memory, request);
 *     while (requestHeaderNext(memory, request, source, name)) ...
 */
export function requestHeaderNext(memory: Memory, request: RequestViewAddress, source: Memory, name: TextAddress): boolean {
  const bytes = byteStringLength(memory, name);
  const at = byteStringBytes(memory, name);
  while (headerLineNext(memory, request, source)) {
    if (RequestView.nameBytes.get(memory, request) !== bytes) continue;
    if (foldedEqual(memory, at, source, RequestView.nameAt.get(memory, request), bytes)) return true;
  }
  return false;
}

/** The next line, whatever its name: nameAt, nameBytes, valueAt and valueBytes are set. False if there is none. */
export function headerLineNext(memory: Memory, request: RequestViewAddress, source: Memory): boolean {
  return RequestView.headerForm.get(memory, request) === HeaderForm.entries ? nextEntry(memory, request, source) : nextOperand(memory, request, source);
}

/** Whether two texts of `bytes` bytes differ in the case of ASCII letters at most. */
export function foldedEqual(memory: Memory, at: number, other: Memory, otherAt: number, bytes: number): boolean {
  for (let i = 0; i < bytes; i++) {
    const byte = memory.u8[at + i];
    const otherByte = other.u8[otherAt + i];
    if (byte !== otherByte && foldByte(byte) !== foldByte(otherByte)) return false;
  }
  return true;
}

/** An ASCII capital as its small letter, any other byte as it is. */
export function foldByte(byte: number): number {
  return byte >= CAPITAL_A && byte <= CAPITAL_Z ? byte + SMALL : byte;
}

const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;
const SMALL = 0x20;

function nextEntry(memory: Memory, request: RequestViewAddress, source: Memory): boolean {
  const headAt = RequestView.headAt.get(memory, request);
  const headBytes = RequestView.headBytes.get(memory, request);
  let entry = RequestView.nextLineAt.get(memory, request) as Address<"HeaderEntry">;
  let left = RequestView.linesLeft.get(memory, request);
  let found = false;
  while (left > 0 && !found) {
    const nameOffset = HeaderEntry.nameOffset.get(source, entry);
    const nameBytes = HeaderEntry.nameBytes.get(source, entry);
    const valueOffset = HeaderEntry.valueOffset.get(source, entry);
    const valueBytes = HeaderEntry.valueBytes.get(source, entry);
    found = nameOffset + nameBytes <= headBytes && valueOffset + valueBytes <= headBytes;
    if (found) setLine(memory, request, headAt + nameOffset, nameBytes, headAt + valueOffset, valueBytes);
    entry = (entry + HeaderEntry.size) as Address<"HeaderEntry">;
    left -= 1;
  }
  RequestView.nextLineAt.set(memory, request, entry);
  RequestView.linesLeft.set(memory, request, left);
  return found;
}

function nextOperand(memory: Memory, request: RequestViewAddress, source: Memory): boolean {
  const left = RequestView.linesLeft.get(memory, request);
  if (left <= 0) return false;
  const at = RequestView.nextLineAt.get(memory, request);
  const nameBytes = source.view.getInt32(at, true);
  const valueBytes = source.view.getInt32(at + 4 + nameBytes, true);
  const valueAt = at + nameBytes + 8;
  setLine(memory, request, at + 4, nameBytes, valueAt, valueBytes);
  RequestView.nextLineAt.set(memory, request, valueAt + valueBytes);
  RequestView.linesLeft.set(memory, request, left - 1);
  return true;
}

function setLine(memory: Memory, request: RequestViewAddress, nameAt: number, nameBytes: number, valueAt: number, valueBytes: number): void {
  RequestView.nameAt.set(memory, request, nameAt);
  RequestView.nameBytes.set(memory, request, nameBytes);
  RequestView.valueAt.set(memory, request, valueAt);
  RequestView.valueBytes.set(memory, request, valueBytes);
}
