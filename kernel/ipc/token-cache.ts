/**
 * The cache of proven tokens (upstream `ipc/fast_path.rs`): sixteen entries a process on the standard machine, one for
 * each remainder of a token's id by sixteen. It holds what a look-up found: this very token, held by this very process, lets it send to this
 * endpoint. Whatever takes a right away, or makes it smaller, empties it; so it never answers what the slot would not.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import type { Table } from "../../hal/layout.ts";
import { layout } from "../../hal/layout.ts";
import type { Kernel } from "../kernel.ts";
import { NONE } from "../process.ts";

export const CacheEntry = layout("CacheEntry", 12, {
  /** The token's two words; 0 and 0, the null token, in an empty entry. */
  low: i32("scratch"),
  high: i32("scratch"),
  endpoint: i32("scratch"),
});

export interface TokenCache {
  readonly entries: Table<"CacheEntry">;
  /** Entries of each process: a power of two. */
  readonly perProcess: number;
}

type CacheEntryAddress = Address<"CacheEntry">;

/** Where the token whose low word this is would lie. As many consecutive slots of a space as there are entries have one each. */
function entryAt(kernel: Kernel, process: number, low: number): CacheEntryAddress {
  const { entries, perProcess } = kernel.tokenCache;
  return (entries.base + (process * perProcess + (low & (perProcess - 1))) * CacheEntry.size) as CacheEntryAddress;
}

/** The endpoint that the token at RAM address `tokenAt` is known to let `process` send to, or NONE. */
export function findCached(kernel: Kernel, process: number, tokenAt: number): number {
  const { ram } = kernel;
  const low = ram.i32[tokenAt >> 2];
  const high = ram.i32[(tokenAt >> 2) + 1];
  const entry = entryAt(kernel, process, low);
  // An empty entry would match the null token.
  if (CacheEntry.low.get(ram, entry) !== low || CacheEntry.high.get(ram, entry) !== high || (low | high) === 0) return NONE;
  return CacheEntry.endpoint.get(ram, entry);
}

/** Keeps what a look-up has just found. */
export function remember(kernel: Kernel, process: number, tokenAt: number, endpoint: number): void {
  const { ram } = kernel;
  const low = ram.i32[tokenAt >> 2];
  const entry = entryAt(kernel, process, low);
  CacheEntry.low.set(ram, entry, low);
  CacheEntry.high.set(ram, entry, ram.i32[(tokenAt >> 2) + 1]);
  CacheEntry.endpoint.set(ram, entry, endpoint);
}

/** Empties the cache of `process`: one of its capabilities goes, or loses a right. */
export function forgetTokens(kernel: Kernel, process: number): void {
  const { entries, perProcess } = kernel.tokenCache;
  kernel.ram.fill(entries.base + process * perProcess * CacheEntry.size, perProcess * CacheEntry.size, 0);
}
