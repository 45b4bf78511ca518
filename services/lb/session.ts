/**
 * Sticky sessions: session id to backend index, a table with a bound. Only control messages set and ask; requests do not
 * consult it, as in the seed.
 */

import type { Address } from "../../hal/field.ts";
import { u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { mapCreate, mapFind, mapFree, mapInsert } from "../../kernel/collections/map.ts";
import { Errno } from "../../kernel/errno.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { LbLimits } from "../limits.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { LbErrno } from "./control.ts";

/** The index is what was said, checked against nothing. */
export const SessionEntry = layout("SessionEntry", 8, { backendIndex: u64 });

/** Binds the session whose id is the `bytes` bytes at `at`. 0, or tableFull, outOfMemory, messageTooLarge. */
export function sessionSet(heap: Heap, limits: LbLimits, balancer: BalancerAddress, source: Memory, at: number, bytes: number, backendIndex: number): number {
  if (bytes > limits.textBytesMax) return Errno.messageTooLarge;
  const memory = heap.memory;
  const fresh = Balancer.sessions.get(memory, balancer) === 0;
  const sessions = fresh ? mapCreate(heap, SessionEntry.size, limits.sessionsMax) : (Balancer.sessions.get(memory, balancer) as Address<"HashMap">);
  if (sessions < 0) return sessions;
  const entry = mapInsert<"SessionEntry">(heap, sessions, source, at, bytes);
  if (entry < 0) {
    if (fresh) mapFree(heap, sessions);
    return entry === Errno.resourceExhausted ? LbErrno.tableFull : entry;
  }
  Balancer.sessions.set(memory, balancer, sessions);
  SessionEntry.backendIndex.set(memory, entry, backendIndex);
  return 0;
}

/** The index that the session is bound to, or -1 if it is unknown. */
export function sessionGet(memory: Memory, balancer: BalancerAddress, source: Memory, at: number, bytes: number): number {
  const sessions = Balancer.sessions.get(memory, balancer) as Address<"HashMap">;
  const entry = sessions === 0 ? 0 : mapFind<"SessionEntry">(memory, sessions, source, at, bytes);
  return entry === 0 ? -1 : SessionEntry.backendIndex.get(memory, entry as Address<"SessionEntry">);
}

/** Forgets all sessions. */
export function sessionsClear(heap: Heap, balancer: BalancerAddress): void {
  const sessions = Balancer.sessions.get(heap.memory, balancer) as Address<"HashMap">;
  if (sessions !== 0) mapFree(heap, sessions);
  Balancer.sessions.set(heap.memory, balancer, 0);
}
