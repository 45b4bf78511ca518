/** What the parts of the backends work with: where they run, what they remember, what is planned. Constants all. */

import type { Choose } from "../../../hal/chance.ts";
import type { Memory } from "../../../hal/memory.ts";
import { TcpStack } from "../../../services/net/tcp/api.ts";
import type { BackendEvent, BackendPlan } from "../../scenario/plan.ts";
import type { Hosts } from "../hosts.ts";
import type { BackendConnectionAddress, BackendsAddress } from "./records.ts";
import { BackendConnection } from "./records.ts";

/** What backends need of the side of the world that they live on. */
export type BackendHosts = Pick<Hosts, "heap" | "stack" | "port">;

export interface BackendsSite {
  readonly hosts: BackendHosts;
  readonly state: BackendsAddress;
  readonly plans: readonly BackendPlan[];
  /** Of each backend, in the order of their ticks. */
  readonly events: readonly (readonly BackendEvent[])[];
  readonly seed: number;
  /** Whether things go otherwise than planned. Entity: the backend's number. */
  readonly choose: Choose;
}

export function memoryOf(site: BackendsSite): Memory {
  return site.hosts.heap.memory;
}

export function nowTick(site: BackendsSite): number {
  return TcpStack.nowTick.get(memoryOf(site), site.hosts.stack);
}

export function planOf(site: BackendsSite, connection: BackendConnectionAddress): BackendPlan {
  return site.plans[BackendConnection.backend.get(memoryOf(site), connection)];
}
