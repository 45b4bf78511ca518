/** What clients saw: numbers for people, read from their records at any time. Reading changes nothing. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { addressText } from "../../address-text.ts";
import { HostAddress } from "../addresses.ts";
import type { LatencyBucket } from "../latency.ts";
import { Latency, latencyBuckets, latencyPercentile } from "../latency.ts";
import type { Clients } from "./clients.ts";
import { STATUSES, STATUS_MIN } from "./limits.ts";
import type { PopulationAddress } from "./records.ts";
import { Client, ClientsState, Population, clientCounterTypes } from "./records.ts";
import { clientAt, populationAt, populationOf } from "./side.ts";

export type ClientCounter = keyof typeof clientCounterTypes;

/** Latencies in microseconds of machine time, thousandths of a tick: from when a request began to the last byte of its answer. */
export interface LatencyAccount {
  readonly count: number;
  readonly meanMicros: number;
  readonly p50Micros: number;
  readonly p90Micros: number;
  readonly p99Micros: number;
  readonly p999Micros: number;
  readonly maxMicros: number;
  readonly buckets: readonly LatencyBucket[];
}

export interface PopulationAccount {
  /** As the counters are called in records.ts. */
  readonly counters: Readonly<Record<ClientCounter, number>>;
  /** Answers by status, those that there were. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Errors by kind, those that there were. */
  readonly errors: Readonly<Record<string, number>>;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly bodyBytesIn: number;
  readonly latency: LatencyAccount;
}

export interface ClientsAccount extends Omit<PopulationAccount, "latency"> {
  readonly latency: LatencyAccount;
  /** By plan, in their order. */
  readonly populations: readonly PopulationAccount[];
  /** Clients in a session, and requests under way, at this moment. */
  readonly busy: number;
  readonly pending: number;
}

/** What one client has seen. Two runs in which it saw the same have the same digest. */
export interface ClientView {
  readonly address: string;
  readonly sessions: number;
  readonly requests: number;
  readonly answers: number;
  readonly failures: number;
  readonly lastStatus: number;
  readonly digest: string;
}

export const CLIENT_ERRORS = Object.freeze([
  "connectFailed",
  "connectRefused",
  "connectTimedOut",
  "connectionReset",
  "connectionTimedOut",
  "timedOut",
  "endedEarly",
  "truncated",
  "badHead",
  "headTooLarge",
  "badBody",
  "foreign",
  "unasked",
] as const);

const COUNTERS = Object.freeze(Object.keys(clientCounterTypes) as ClientCounter[]);

/** Parts of a million of the answers that a percentile stands for. */
const P50 = 500_000;
const P90 = 900_000;
const P99 = 990_000;
const P999 = 999_000;

export function clientsAccount(clients: Clients): ClientsAccount {
  const { side } = clients;
  const { memory, state } = side;
  const populations = side.plans.map((_, number) => populationAccount(memory, populationAt(side, number)));
  let pending = 0;
  const count = ClientsState.clients.get(memory, state);
  for (let number = 0; number < count; number++) pending += Client.pendingCount.get(memory, clientAt(side, number));
  const latency = latencyAccount(memory, ClientsState.latency.get(memory, state) as Address<"Latency">);
  return Object.freeze({ ...sumOf(populations), latency, populations: Object.freeze(populations), busy: ClientsState.busy.get(memory, state), pending });
}

/** What client number `number` of all clients has seen. */
export function clientView(clients: Clients, number: number): ClientView {
  const { side } = clients;
  const { memory } = side;
  const client = clientAt(side, number);
  return Object.freeze({
    address: addressOf(memory, populationOf(side, client), number),
    sessions: Client.sessions.get(memory, client),
    requests: Client.requests.get(memory, client),
    answers: Client.answers.get(memory, client),
    failures: Client.failures.get(memory, client),
    lastStatus: Client.lastStatus.get(memory, client),
    digest: (Client.digest.get(memory, client) >>> 0).toString(16).padStart(8, "0"),
  });
}

/** The address of a client: that of its population's first one, and as many more. */
function addressOf(memory: Memory, population: PopulationAddress, number: number): string {
  const first = Population.first.at(population);
  const bytes = memory.u8.slice(first, first + 16);
  const family = HostAddress.family.get(memory, first);
  const last = new DataView(bytes.buffer, family === 4 ? 0 : 12);
  last.setInt32(0, last.getInt32(0) + number - Population.firstClient.get(memory, population));
  return addressText(family, bytes, 0);
}

function populationAccount(memory: Memory, population: PopulationAddress): PopulationAccount {
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, Population[name].get(memory, population)])) as Record<ClientCounter, number>;
  const statuses: Record<string, number> = {};
  for (let i = 0; i < STATUSES; i++) {
    const answers = memory.i32[(Population.statusesAt.get(memory, population) >> 2) + i];
    if (answers > 0) statuses[String(STATUS_MIN + i)] = answers;
  }
  return Object.freeze({
    counters: Object.freeze(counters),
    statuses: Object.freeze(statuses),
    errors: Object.freeze(errorsOf(counters)),
    bytesOut: Population.bytesOut.get(memory, population),
    bytesIn: Population.bytesIn.get(memory, population),
    bodyBytesIn: Population.bodyBytesIn.get(memory, population),
    latency: latencyAccount(memory, Population.latency.get(memory, population) as Address<"Latency">),
  });
}

function latencyAccount(memory: Memory, latency: Address<"Latency">): LatencyAccount {
  const count = Latency.count.get(memory, latency);
  return Object.freeze({
    count,
    meanMicros: count === 0 ? 0 : Math.floor(Latency.sumMicros.get(memory, latency) / count),
    p50Micros: latencyPercentile(memory, latency, P50),
    p90Micros: latencyPercentile(memory, latency, P90),
    p99Micros: latencyPercentile(memory, latency, P99),
    p999Micros: latencyPercentile(memory, latency, P999),
    maxMicros: Latency.maxMicros.get(memory, latency),
    buckets: Object.freeze(latencyBuckets(memory, latency)),
  });
}

function errorsOf(counters: Readonly<Record<ClientCounter, number>>): Record<string, number> {
  return Object.fromEntries(CLIENT_ERRORS.filter((kind) => counters[kind] > 0).map((kind) => [kind, counters[kind]]));
}

function sumOf(populations: readonly PopulationAccount[]): Omit<PopulationAccount, "latency"> {
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, populations.reduce((sum, one) => sum + one.counters[name], 0)])) as Record<ClientCounter, number>;
  const statuses: Record<string, number> = {};
  for (const one of populations) for (const [status, answers] of Object.entries(one.statuses)) statuses[status] = (statuses[status] ?? 0) + answers;
  return {
    counters: Object.freeze(counters),
    statuses: Object.freeze(statuses),
    errors: Object.freeze(errorsOf(counters)),
    bytesOut: populations.reduce((sum, one) => sum + one.bytesOut, 0),
    bytesIn: populations.reduce((sum, one) => sum + one.bytesIn, 0),
    bodyBytesIn: populations.reduce((sum, one) => sum + one.bodyBytesIn, 0),
  };
}
