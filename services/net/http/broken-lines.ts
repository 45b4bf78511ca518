/**
 * What can still be told of a head that is Malformed already: how many lines it has, and the Host that decisions list.
 * Here lines end at CRLF, and also at a bare LF or CR, as readers that let these pass would have it; an empty line that
 * is not the head's end hides what follows it, as it would from them.
 */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { RequestDescriptor } from "../../lb/api.ts";
import { COLON, CR, LF } from "./characters.ts";
import { blanksEnd, byteAt, nameIs, trimmedEnd } from "./search.ts";

/**
 * Reads on from the line at `from`, the first broken one. Fills the descriptor's host if a Host line comes and none came
 * before. Answers how many line feeds end lines from there on.
 */
export function readBrokenLines(source: Memory, at: number, from: number, stop: number, out: Memory, descriptor: Address<"RequestDescriptor">): number {
  const u8 = source.u8;
  let lines = 0;
  let cursor = from;
  let hidden = false;
  while (cursor < stop) {
    let lineEnd = cursor;
    while (lineEnd < stop && u8[lineEnd] !== CR && u8[lineEnd] !== LF) lineEnd++;
    // A head that was cut for its size may end within a line, which then is none.
    if (lineEnd >= stop) break;
    hidden = hidden || lineEnd === cursor;
    if (!hidden) noteBrokenHost(source, at, cursor, lineEnd, out, descriptor);
    cursor = lineEnd + 1;
    if (u8[lineEnd] === CR && cursor < stop && u8[cursor] === LF) cursor++;
    if (u8[cursor - 1] === LF) lines++;
  }
  return lines;
}

function noteBrokenHost(source: Memory, at: number, from: number, end: number, out: Memory, descriptor: Address<"RequestDescriptor">): void {
  if (RequestDescriptor.hostPresent.get(out, descriptor) !== 0) return;
  const colon = byteAt(source, from, end, COLON);
  if (colon >= end || colon - from !== 4 || !nameIs(source, from, "host")) return;
  const valueAt = blanksEnd(source, colon + 1, end);
  RequestDescriptor.hostPresent.set(out, descriptor, 1);
  RequestDescriptor.hostOffset.set(out, descriptor, valueAt - at);
  RequestDescriptor.hostBytes.set(out, descriptor, trimmedEnd(source, valueAt, end) - valueAt);
}
