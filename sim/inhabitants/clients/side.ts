/** What all that clients do works with: their hosts, their plans (constants), and where their records lie. */

import type { Address } from "../../../hal/field.ts";
import type { Choose } from "../../../hal/chance.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { StackAddress, TcpHost } from "../../../services/net/tcp/api.ts";
import type { ClientPlan, RequestPlan } from "../../scenario/plan.ts";
import type { ClientAddress, PendingAddress, PopulationAddress } from "./records.ts";
import { Client, ClientsState, PendingRequest, Population } from "./records.ts";

/** What clients need of their hosts: a heap, a stack, and what cycle it is. */
export interface ClientHosts {
  readonly heap: Heap;
  readonly stack: StackAddress;
  readonly port: TcpHost<Heap>;
  nowCycle(): number;
}

export interface ClientSide {
  readonly hosts: ClientHosts;
  readonly memory: Memory;
  readonly plans: readonly ClientPlan[];
  readonly seed: number;
  /** Whether things go otherwise than planned. Entity: the client's number. */
  readonly choose: Choose;
  /** No session begins after so many ticks. */
  readonly stopTick: number;
  readonly state: Address<"ClientsState">;
  readonly alarms: Address<"Agenda">;
}

export function clientAt({ memory, state }: ClientSide, number: number): ClientAddress {
  return (ClientsState.clientsAt.get(memory, state) + number * Client.size) as ClientAddress;
}

export function populationAt({ memory, state }: ClientSide, number: number): PopulationAddress {
  return (ClientsState.populationsAt.get(memory, state) + number * Population.size) as PopulationAddress;
}

export function populationOf(side: ClientSide, client: ClientAddress): PopulationAddress {
  return populationAt(side, Client.population.get(side.memory, client));
}

export function planOf(side: ClientSide, client: ClientAddress): ClientPlan {
  return side.plans[Client.population.get(side.memory, client)];
}

/** The request under way that is number `place` in the client's ring, from the oldest on. */
export function pendingAt({ memory }: ClientSide, client: ClientAddress, place: number): PendingAddress {
  const ring = (Client.pendingFirst.get(memory, client) + place) % Client.pendingMax.get(memory, client);
  return (Client.pendingAt.get(memory, client) + ring * PendingRequest.size) as PendingAddress;
}

export function requestPlanOf(side: ClientSide, client: ClientAddress, pending: PendingAddress): RequestPlan {
  return planOf(side, client).requests[PendingRequest.plan.get(side.memory, pending)];
}
