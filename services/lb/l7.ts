/**
 * The HTTP balancer: the seed's `L7LoadBalancer` over the balancer's record. Its parts have a file each; here they are
 * put together.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import { Outcome } from "./api.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { DEFAULT_BURST, DEFAULT_REQUESTS_PER_TICK } from "./config.ts";
import { groupSelect } from "./group/group.ts";
import { limitersClear } from "./rate/limiter.ts";
import { GroupReference } from "./routing/route.ts";
import { routingClear, routingResolve, routingTarget } from "./routing/routing.ts";
import { sessionsClear } from "./session/session-table.ts";

/** Forgets everything: no rules, no groups, no clients, no sessions, default rates. Cannot fail. */
export function l7Reset(heap: Heap, balancer: BalancerAddress): void {
  routingClear(heap, Balancer.routing.at(balancer));
  limitersClear(heap, balancer);
  sessionsClear(heap, Balancer.sessions.at(balancer));
  l7SetDefaults(heap.memory, balancer, DEFAULT_REQUESTS_PER_TICK, DEFAULT_BURST);
}

/** Settings for limiters made from now on; each from 0 to 2^32-1. */
export function l7SetDefaults(memory: Memory, balancer: BalancerAddress, requestsPerTick: number, burst: number): void {
  Balancer.defaultRequestsPerTick.set(memory, balancer, requestsPerTick);
  Balancer.defaultBurst.set(memory, balancer, burst);
}

/**
 * Routes the request that the balancer's RequestView describes, its bytes in `source`. One of Outcome; then chosenGroup
 * (0: none) and chosenBackend (-1: none) say where it goes, targetName which name led there (0: none did).
 */
export function l7Route(memory: Memory, balancer: BalancerAddress, source: Memory): number {
  Balancer.chosenGroup.set(memory, balancer, 0);
  Balancer.chosenBackend.set(memory, balancer, -1);
  Balancer.targetName.set(memory, balancer, 0);
  const routing = Balancer.routing.at(balancer);
  const target = routingTarget(memory, routing, source, Balancer.request.at(balancer));
  if (target === 0) return Outcome.noRouteMatch;
  Balancer.targetName.set(memory, balancer, GroupReference.name.get(memory, target));
  const group = routingResolve(memory, routing, target);
  if (group === 0) return Outcome.backendGroupNotFound;
  Balancer.chosenGroup.set(memory, balancer, group);
  const backend = groupSelect(memory, group);
  if (backend < 0) return Outcome.noHealthyBackend;
  Balancer.chosenBackend.set(memory, balancer, backend);
  return Outcome.routed;
}
