/** What names a group: a route's target, a share of it, a rule's default. */

import type { Address } from "../../../hal/field.ts";
import { i32 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { routeTextKeep } from "./route-text.ts";
import type { RoutingAddress } from "./routing-record.ts";

/** The name of a group, and the group once it was found: groups never move and are never taken away singly. */
export const GroupReference = layout("GroupReference", 8, {
  /** ByteString (a RouteText's). */
  name: i32("identity"),
  /** Group, 0 while not found: what the name leads to, kept to spare the search. */
  group: i32("scratch"),
});
export type GroupReferenceAddress = Address<"GroupReference">;

/** Names the group that a zeroed reference leads to. 0, or messageTooLarge, outOfMemory. */
export function referenceSet(heap: Heap, limits: LbLimits, routing: RoutingAddress, reference: GroupReferenceAddress, source: Memory, at: number, length: number): number {
  const name = routeTextKeep(heap, limits, routing, source, at, length);
  if (name < 0) return name;
  GroupReference.name.set(heap.memory, reference, name);
  return 0;
}
