/** A heap for tests of collections: an arena that can be told to refuse, and that knows the fill of everything else. */

import { Memory } from "../../../hal/memory.ts";
import { arenaAccount, arenaAllocate, arenaCheck, arenaFormat, arenaFree, arenaResize } from "../../../kernel/arena.ts";
import { Errno } from "../../../kernel/errno.ts";
import type { Heap } from "../../../kernel/heap.ts";

export class TestHeap implements Heap {
  readonly memory: Memory;
  readonly base: number;
  readonly bytes: number;
  /** How many more allocations and resizes succeed. */
  allowed = Infinity;
  /** Calls of allocate and resize so far. */
  calls = 0;

  constructor(bytes: number, base = 64) {
    this.memory = new Memory(new ArrayBuffer(base + bytes));
    this.base = base;
    this.bytes = bytes;
    arenaFormat(this.memory, base, bytes);
  }

  allocate(bytes: number, alignment?: number): number {
    return this.#refuses() ? Errno.outOfMemory : arenaAllocate(this.memory, this.base, bytes, alignment);
  }

  free(at: number): number {
    return arenaFree(this.memory, this.base, at);
  }

  resize(at: number, bytes: number): number {
    return this.#refuses() ? Errno.outOfMemory : arenaResize(this.memory, this.base, at, bytes);
  }

  get used(): number {
    return arenaAccount(this.memory, this.base).usedBytes;
  }

  /** Throws if the arena is not whole. */
  check(): void {
    const fault = arenaCheck(this.memory, this.base);
    if (fault !== null) throw new Error(fault);
  }

  #refuses(): boolean {
    this.calls += 1;
    if (this.allowed <= 0) return true;
    this.allowed -= 1;
    return false;
  }
}

/** Bytes in a memory of their own, at an address that is not aligned. */
export function bytesOf(text: string, at = 3): { readonly memory: Memory; readonly at: number; readonly length: number } {
  const memory = new Memory(new ArrayBuffer((at + text.length + 11) & ~7));
  for (let i = 0; i < text.length; i++) memory.u8[at + i] = text.charCodeAt(i);
  return { memory, at, length: text.length };
}

export function textAt(memory: Memory, at: number, length: number): string {
  return String.fromCharCode(...memory.u8.subarray(at, at + length));
}
