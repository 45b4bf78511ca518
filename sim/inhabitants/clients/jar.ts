/**
 * The cookies that a client keeps (RFC 6265, 5): names and values as they are sent back, in one piece of text. A name has
 * one value, the newest. Domain, Path and Expires are not looked at: all requests of a client go to one server, and there
 * is no clock of the day; a Max-Age of 0 or below takes a cookie away.
 */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { isDigit } from "../../../services/net/http/characters.ts";
import { byteAt, blanksEnd, nameIs, tokenEnd, trimmedEnd } from "../../../services/net/http/search.ts";
import { JAR_BYTES } from "./limits.ts";

/** Behind it lie JAR_BYTES of text. */
export const Jar = layout("Jar", 8, { bytes: i32, reserved: i32 });

export type JarAddress = Address<"Jar">;

/** What became of a cookie. */
export const Kept = Object.freeze({ kept: 0, removed: 1, dropped: 2 });

const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const MINUS = 0x2d;
const ZERO = 0x30;
const MAX_AGE = "max-age";

/** An empty jar. Its address, or -5. */
export function jarCreate(heap: Heap): number {
  const at = heap.allocate(Jar.size + JAR_BYTES);
  if (at >= 0) heap.memory.fill(at, Jar.size + JAR_BYTES, 0);
  return at;
}

/** Where the text of a jar lies: Jar.bytes of it. */
export function jarText(jar: JarAddress): number {
  return jar + Jar.size;
}

/** Keeps what a Set-Cookie field of the value from `from` to `stop` says; one of Kept. `source` is another stretch of memory than the jar. */
export function jarKeep(memory: Memory, jar: JarAddress, source: Memory, from: number, stop: number): number {
  const pairStop = byteAt(source, from, stop, SEMICOLON);
  const nameAt = blanksEnd(source, from, pairStop);
  const equals = tokenEnd(source, nameAt, pairStop);
  if (equals === nameAt || equals >= pairStop || source.u8[equals] !== EQUALS) return Kept.dropped;
  const bytes = trimmedEnd(source, nameAt, pairStop) - nameAt;
  const old = find(memory, jar, source, nameAt, equals + 1 - nameAt);
  const isOver = expires(source, pairStop, stop);
  const gone = old < 0 ? 0 : pairBytes(memory, jar, old);
  const held = Jar.bytes.get(memory, jar);
  if (!isOver && held - gone + bytes + 2 > JAR_BYTES) return Kept.dropped;
  if (old >= 0) remove(memory, jar, old, gone);
  if (isOver) return Kept.removed;
  append(memory, jar, source, nameAt, bytes);
  return Kept.kept;
}

/** Place of the pair that begins with these bytes ("name="); -1 if there is none. */
function find(memory: Memory, jar: JarAddress, source: Memory, nameAt: number, nameBytes: number): number {
  const text = jarText(jar);
  const held = Jar.bytes.get(memory, jar);
  for (let place = 0; place < held; place += pairBytes(memory, jar, place)) {
    let same = 0;
    while (same < nameBytes && place + same < held && memory.u8[text + place + same] === source.u8[nameAt + same]) same++;
    if (same === nameBytes) return place;
  }
  return -1;
}

/** Bytes of the pair at `place`, and of the "; " behind it if another follows. */
function pairBytes(memory: Memory, jar: JarAddress, place: number): number {
  const text = jarText(jar);
  const held = Jar.bytes.get(memory, jar);
  return Math.min(byteAt(memory, text + place, text + held, SEMICOLON) + 2 - text, held) - place;
}

function remove(memory: Memory, jar: JarAddress, place: number, bytes: number): void {
  const text = jarText(jar);
  const held = Jar.bytes.get(memory, jar);
  memory.copy(text + place, text + place + bytes, held - place - bytes);
  // The last pair has nothing behind it: what stood in front of it goes too.
  const left = held - bytes;
  Jar.bytes.set(memory, jar, place === left && left > 0 ? left - 2 : left);
}

function append(memory: Memory, jar: JarAddress, source: Memory, from: number, bytes: number): void {
  let end = jarText(jar) + Jar.bytes.get(memory, jar);
  if (Jar.bytes.get(memory, jar) > 0) {
    memory.u8[end] = SEMICOLON;
    memory.u8[end + 1] = 0x20;
    end += 2;
  }
  for (let i = 0; i < bytes; i++) memory.u8[end + i] = source.u8[from + i];
  Jar.bytes.set(memory, jar, end + bytes - jarText(jar));
}

/** Whether the attributes say that the cookie is over (RFC 6265, 5.2.2). */
function expires(source: Memory, from: number, stop: number): boolean {
  for (let cursor = from; cursor < stop; ) {
    const nameAt = blanksEnd(source, cursor + 1, stop);
    const end = byteAt(source, Math.min(nameAt, stop), stop, SEMICOLON);
    const valueAt = nameAt + MAX_AGE.length + 1;
    if (valueAt < end && nameIs(source, nameAt, MAX_AGE) && source.u8[valueAt - 1] === EQUALS && isNothing(source, valueAt, end)) return true;
    cursor = end;
  }
  return false;
}

function isNothing(source: Memory, at: number, end: number): boolean {
  const first = source.u8[at];
  if (first === MINUS) return at + 1 < end && isDigit(source.u8[at + 1]);
  for (let cursor = at; cursor < end; cursor++) if (source.u8[cursor] !== ZERO) return false;
  return true;
}
