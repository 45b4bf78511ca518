/** A fresh balancer: everything that an operation or a configuration brought in is forgotten and its memory given back. */

import type { Heap } from "../../kernel/heap.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { connectionsEnd } from "./connection/carry.ts";
import { transportReset } from "./l4.ts";
import { l7Reset } from "./l7.ts";
import { partsClear } from "./parts.ts";
import { Policy } from "./policy.ts";
import type { PolicyAddress } from "./policy.ts";
import { rateRulesClear } from "./rate/rate-rule.ts";
import { sessionStoreClear } from "./session/session-store.ts";
import { textFree } from "./text.ts";

/** Cannot fail. What net's requests that wait take is given back when net was told of them (connection/carry.ts). */
export function balancerReset(heap: Heap, balancer: BalancerAddress): void {
  balancerRenew(heap, balancer);
  partsClear(heap, Balancer.parts.at(balancer));
}

/** The same, but the pieces held on their own stay: they never were the balancer's. */
export function balancerRenew(heap: Heap, balancer: BalancerAddress): void {
  connectionsEnd(heap, balancer);
  l7Reset(heap, balancer);
  transportReset(heap, Balancer.transport.at(balancer));
  sessionStoreClear(heap, balancer);
  policyClear(heap, Balancer.policy.at(balancer));
  policyClear(heap, Balancer.attemptPolicy.at(balancer));
}

/** Gives back what a policy holds: then it is the seed's. */
export function policyClear(heap: Heap, policy: PolicyAddress): void {
  rateRulesClear(heap, policy);
  textFree(heap, Policy.sessionCookie.get(heap.memory, policy));
  heap.memory.fill(policy, Policy.size, 0);
}
