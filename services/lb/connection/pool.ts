/** The pool of entries for requests that wait or were decided: its free ones form a chain. */

import type { Memory } from "../../../hal/memory.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Pending, PendingEntry, PendingState } from "./records.ts";
import type { PendingEntryAddress } from "./records.ts";

/** A free entry: there is one. */
export function poolTake(memory: Memory, balancer: BalancerAddress): PendingEntryAddress {
  const pending = Balancer.pending.at(balancer);
  const entry = Pending.free.get(memory, pending) as PendingEntryAddress;
  Pending.free.set(memory, pending, PendingEntry.next.get(memory, entry));
  return entry;
}

/** Gives an entry back that stands in no queue. */
export function poolGive(memory: Memory, balancer: BalancerAddress, entry: PendingEntryAddress): void {
  const pending = Balancer.pending.at(balancer);
  PendingEntry.state.set(memory, entry, PendingState.free);
  PendingEntry.next.set(memory, entry, Pending.free.get(memory, pending));
  Pending.free.set(memory, pending, entry);
}
