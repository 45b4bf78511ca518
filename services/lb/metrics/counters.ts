/**
 * Every number that the balancer keeps for people, by name: the statistics of its record and of the tables in it, found
 * by their layouts, and how full its tables are now. A statistic that is declared is published; there is no list to keep.
 */

import type { Address } from "../../../hal/field.ts";
import { U32Field, U64Field } from "../../../hal/field.ts";
import type { LayoutInfo } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import { mapCount } from "../../../kernel/collections/map.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { ConnectionTable, Directory, Pending } from "../connection/records.ts";
import { SessionStore } from "../session/session.ts";
import { sessionCount } from "../session/session-table.ts";

interface Counter {
  /** In camel case: "limitersEvicted", "connectionsRefused". */
  readonly name: string;
  /** Of its record within the balancer's. */
  readonly offset: number;
  readonly field: U32Field | U64Field;
}

interface Gauge {
  readonly name: string;
  readonly read: (memory: Memory, balancer: BalancerAddress) => number;
}

/** What only ever grows, in the order of the records' fields. */
export const COUNTERS: readonly Counter[] = Object.freeze([
  ...countersOf("", Balancer, 0),
  ...countersOf("connections", ConnectionTable, Balancer.connections.offset),
  ...countersOf("pending", Pending, Balancer.pending.offset),
]);

/** What is there now. */
export const GAUGES: readonly Gauge[] = Object.freeze(
  [
    { name: "limiters", read: limiterCount },
    { name: "sessions", read: sessionsOf },
    { name: "connections", read: (memory: Memory, balancer: BalancerAddress) => ConnectionTable.count.get(memory, Balancer.connections.at(balancer)) },
    { name: "pending", read: (memory: Memory, balancer: BalancerAddress) => Pending.waiting.get(memory, Balancer.pending.at(balancer)) },
    { name: "members", read: (memory: Memory, balancer: BalancerAddress) => Directory.count.get(memory, Balancer.directory.at(balancer)) },
  ].map((gauge) => Object.freeze(gauge)),
);

export function counterValue(memory: Memory, balancer: BalancerAddress, counter: Counter): number {
  return counter.field.get(memory, balancer + counter.offset);
}

function countersOf(prefix: string, info: LayoutInfo, offset: number): Counter[] {
  const counters: Counter[] = [];
  for (const field of info.fields) {
    if (field.kind !== "statistic" || !(field instanceof U32Field || field instanceof U64Field)) continue;
    const name = prefix === "" ? field.name : prefix + field.name.charAt(0).toUpperCase() + field.name.slice(1);
    counters.push(Object.freeze({ name, offset, field }));
  }
  return counters;
}

function limiterCount(memory: Memory, balancer: BalancerAddress): number {
  const limiters = Balancer.limiters.get(memory, balancer) as Address<"HashMap">;
  return limiters === 0 ? 0 : mapCount(memory, limiters);
}

/** Those that a message set, and those that requests made under semantics=strict. */
function sessionsOf(memory: Memory, balancer: BalancerAddress): number {
  const made = SessionStore.sessions.get(memory, Balancer.sessionStore.at(balancer)) as Address<"HashMap">;
  return sessionCount(memory, Balancer.sessions.at(balancer)) + (made === 0 ? 0 : mapCount(memory, made));
}
