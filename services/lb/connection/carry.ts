/**
 * What happens to requests that wait, and to connections, when groups are replaced or go away: by a reload, or when the
 * balancer begins afresh. A request that waits is never forgotten while its owner is there to be told.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { Outcome } from "../api.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { Group } from "../group/group.ts";
import type { GroupAddress } from "../group/group.ts";
import { Routing } from "../routing/routing.ts";
import { decidedCarry, decidedDropOwner } from "./decided.ts";
import { pendingCarry, pendingDecideAll } from "./pending.ts";
import { ConnectionOwner, Pending } from "./records.ts";
import { tablesEnd, tablesSettle } from "./tables.ts";

/**
 * A group takes the place of another: those that wait there wait here, in the same order. Its members have taken over
 * from the other's before (memberCarry in group/enrolment.ts); the other is only good to be freed afterwards.
 */
export function groupWaitersCarry(memory: Memory, balancer: BalancerAddress, from: GroupAddress, to: GroupAddress): void {
  pendingCarry(memory, from, to);
  decidedCarry(memory, balancer, from, to);
}

/** A group goes away: those that wait there are refused backendGroupNotFound. To be called before it is freed. */
export function groupWaitersEnd(memory: Memory, balancer: BalancerAddress, group: GroupAddress): void {
  pendingDecideAll(memory, balancer, group, Outcome.backendGroupNotFound);
  decidedCarry(memory, balancer, group, 0);
}

/**
 * Ends everything: all connections are forgotten, and all names of backends. The operator's requests are forgotten too,
 * since it asked for it; net's are decided backendGroupNotFound, and take memory until net was told. To be called while
 * the groups are still there. Cannot fail.
 */
export function connectionsEnd(heap: Heap, balancer: BalancerAddress): void {
  const memory = heap.memory;
  const routing = Balancer.routing.at(balancer);
  for (let group = Routing.firstGroup.get(memory, routing) as GroupAddress; group !== 0; group = Group.next.get(memory, group) as GroupAddress) {
    groupWaitersEnd(memory, balancer, group);
  }
  decidedDropOwner(heap, balancer, ConnectionOwner.operator);
  tablesEnd(heap, balancer);
  tablesSettle(heap, balancer);
  Pending.tick.set(memory, Balancer.pending.at(balancer), 0);
}
