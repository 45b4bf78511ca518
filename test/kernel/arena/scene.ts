/** What tests of the arena begin with: an arena between two stretches of guard bytes. */

import { Memory } from "../../../hal/memory.ts";
import { arenaFormat } from "../../../kernel/arena.ts";

export const BASE = 64;
const GUARD = 0xa5;

export function make(bytes: number): Memory {
  const memory = new Memory(new ArrayBuffer((BASE + bytes + 64) & ~7));
  memory.u8.fill(GUARD);
  arenaFormat(memory, BASE, bytes);
  return memory;
}

/** True if nothing was written outside the arena. */
export function guardsHold(memory: Memory, bytes: number): boolean {
  return memory.u8.subarray(0, BASE).every((byte) => byte === GUARD) && memory.u8.subarray(BASE + bytes).every((byte) => byte === GUARD);
}
