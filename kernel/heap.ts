/**
 * What collections allocate from: a memory and three calls. A process's context is one (its own arena, each call a
 * crossing); `arenaHeap()` makes one from a bare arena, for shared regions and tests.
 */

import type { Memory } from "../hal/memory.ts";

export interface Heap {
  readonly memory: Memory;
  /** Address of `bytes` bytes aligned to `alignment` (a power of two, at least 8), or errno -5 / -17. Never 0. */
  allocate(bytes: number, alignment?: number): number;
  /** 0, or errno doubleFree / foreignPointer. The block is poisoned. */
  free(at: number): number;
  /** The block's new address, its content kept up to the smaller size; on error (negative) the old block is untouched. */
  resize(at: number, bytes: number): number;
}
