/**
 * Sticky sessions: session id to backend index, a table with a bound. Only control messages set and ask; requests do not
 * consult it, as in the seed.
 */

import type { Address } from "../../../hal/field.ts";
import { i32, u64 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapCount, mapCreate, mapFind, mapFree, mapInsert, mapRemove } from "../../../kernel/collections/map.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { LbErrno } from "../control.ts";
import { textFree } from "../text.ts";

/** The index is what was said, checked against nothing. */
export const SessionEntry = layout("SessionEntry", 8, { backendIndex: u64 });

export const SessionTable = layout("SessionTable", 8, {
  /** Map from session to SessionEntry, 0 while empty. */
  sessions: i32,
  /** ByteString, 0 for none: kept for whoever asks, nothing here reads cookies. */
  cookieName: i32,
});
export type SessionTableAddress = Address<"SessionTable">;

/** Binds the session whose id is the `bytes` bytes at `at`. 0, or tableFull, outOfMemory, messageTooLarge. */
export function sessionSet(heap: Heap, limits: LbLimits, table: SessionTableAddress, source: Memory, at: number, bytes: number, backendIndex: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = SessionTable.sessions.get(memory, table) === 0;
  const sessions = fresh ? mapCreate(heap, SessionEntry.size, limits.sessionsMax) : (SessionTable.sessions.get(memory, table) as Address<"HashMap">);
  if (sessions < 0) return sessions;
  const entry = mapInsert<"SessionEntry">(heap, sessions, source, at, bytes);
  if (entry < 0) {
    if (fresh) mapFree(heap, sessions);
    return entry === Errno.resourceExhausted ? LbErrno.tableFull : entry;
  }
  SessionTable.sessions.set(memory, table, sessions);
  SessionEntry.backendIndex.set(memory, entry, backendIndex);
  return 0;
}

/** The index that the session is bound to, or -1 if it is unknown. */
export function sessionGet(memory: Memory, table: SessionTableAddress, source: Memory, at: number, bytes: number): number {
  const sessions = SessionTable.sessions.get(memory, table) as Address<"HashMap">;
  const entry = sessions === 0 ? 0 : mapFind<"SessionEntry">(memory, sessions, source, at, bytes);
  return entry === 0 ? -1 : SessionEntry.backendIndex.get(memory, entry as Address<"SessionEntry">);
}

/** Forgets the session, if it is known. */
export function sessionRemove(heap: Heap, table: SessionTableAddress, source: Memory, at: number, bytes: number): void {
  const sessions = SessionTable.sessions.get(heap.memory, table) as Address<"HashMap">;
  if (sessions !== 0) mapRemove(heap, sessions, source, at, bytes);
}

export function sessionCount(memory: Memory, table: SessionTableAddress): number {
  const sessions = SessionTable.sessions.get(memory, table) as Address<"HashMap">;
  return sessions === 0 ? 0 : mapCount(memory, sessions);
}

/** Forgets all sessions and the cookie's name. */
export function sessionsClear(heap: Heap, table: SessionTableAddress): void {
  const sessions = SessionTable.sessions.get(heap.memory, table) as Address<"HashMap">;
  if (sessions !== 0) mapFree(heap, sessions);
  textFree(heap, SessionTable.cookieName.get(heap.memory, table));
  heap.memory.fill(table, SessionTable.size, 0);
}
