/** A fresh balancer: everything that an operation or a configuration brought in is forgotten and its memory given back. */

import type { Heap } from "../../kernel/heap.ts";
import { Balancer } from "./balancer.ts";
import type { BalancerAddress } from "./balancer.ts";
import { transportReset } from "./l4.ts";
import { l7Reset } from "./l7.ts";
import { partsClear } from "./parts.ts";

/** Cannot fail. */
export function balancerReset(heap: Heap, balancer: BalancerAddress): void {
  l7Reset(heap, balancer);
  transportReset(heap, Balancer.transport.at(balancer));
  partsClear(heap, Balancer.parts.at(balancer));
}
