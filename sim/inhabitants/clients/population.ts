/** Makes the records of the clients that plans describe. Whatever cannot be made is a RangeError: a plan is checked before it gets here. */

import type { Choose } from "../../../hal/chance.ts";
import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { parseAddressLiteral } from "../../../services/address-literal.ts";
import type { ClientPlan } from "../../scenario/plan.ts";
import { HostAddress } from "../addresses.ts";
import { alarmsCreate } from "../alarms.ts";
import { drawChance, DrawSite } from "../../chance/draw.ts";
import { latencyCreate } from "../latency.ts";
import { jarCreate } from "./jar.ts";
import { CHUNK_FRAME_BYTES, CLIENTS_MAX, PIECE_BYTES, PIPELINE_MAX, POPULATIONS_MAX, QUIRK_BYTES_MAX, STATUSES } from "./limits.ts";
import { headBytesMax } from "./request-head.ts";
import type { ClientAddress, PopulationAddress } from "./records.ts";
import { Client, ClientsState, PendingRequest, Population } from "./records.ts";
import type { ClientHosts, ClientSide } from "./side.ts";
import { clientAt, populationAt } from "./side.ts";

/** Longest text of an address. */
const LITERAL_BYTES_MAX = 64;

/** Everything that clients need, all of it at rest. Throws a RangeError for a plan that cannot be, or for want of memory. */
export function createClients(hosts: ClientHosts, plans: readonly ClientPlan[], seed: number, stopTick: number, choose: Choose): ClientSide {
  const { heap } = hosts;
  const clients = plans.reduce((sum, plan) => sum + plan.count, 0);
  if (plans.length > POPULATIONS_MAX || clients > CLIENTS_MAX) throw new RangeError(`a world has at most ${POPULATIONS_MAX} plans of clients and ${CLIENTS_MAX} clients`);
  const state = take(heap, ClientsState.size) as Address<"ClientsState">;
  const { memory } = heap;
  ClientsState.populations.set(memory, state, plans.length);
  ClientsState.populationsAt.set(memory, state, take(heap, Math.max(1, plans.length) * Population.size));
  ClientsState.clients.set(memory, state, clients);
  ClientsState.clientsAt.set(memory, state, take(heap, Math.max(1, clients) * Client.size));
  const alarms = must(alarmsCreate(heap, clients + plans.length)) as Address<"Agenda">;
  ClientsState.alarms.set(memory, state, alarms);
  ClientsState.latency.set(memory, state, must(latencyCreate(heap)));
  const pieceBytes = plans.reduce((most, plan) => Math.max(most, headBytesMax(plan) + QUIRK_BYTES_MAX), PIECE_BYTES + CHUNK_FRAME_BYTES);
  ClientsState.pieceAt.set(memory, state, take(heap, pieceBytes));
  ClientsState.pieceBytes.set(memory, state, pieceBytes);
  const side: ClientSide = Object.freeze({ hosts, memory, plans, seed, choose, stopTick, state, alarms });
  let first = 0;
  for (let number = 0; number < plans.length; number++) {
    createPopulation(side, number, first);
    first += plans[number].count;
  }
  return side;
}

function createPopulation(side: ClientSide, number: number, firstClient: number): void {
  const { memory, plans } = side;
  const { heap } = side.hosts;
  const plan = plans[number];
  if (plan.count < 1 || plan.requests.length === 0 || plan.pipelineMax > PIPELINE_MAX) throw new RangeError(`a plan of clients has clients, requests, and at most ${PIPELINE_MAX} requests under way on a connection`);
  const population = populationAt(side, number);
  readAddress(heap, plan.serverAddress, Population.server.at(population));
  readAddress(heap, plan.firstAddress, Population.first.at(population));
  if (familyOf(memory, Population.server.at(population)) !== familyOf(memory, Population.first.at(population))) throw new RangeError(`${plan.firstAddress} cannot reach ${plan.serverAddress}: they are of different families`);
  Population.serverPort.set(memory, population, plan.serverPort);
  Population.firstClient.set(memory, population, firstClient);
  Population.count.set(memory, population, plan.count);
  Population.latency.set(memory, population, must(latencyCreate(heap)));
  Population.statusesAt.set(memory, population, take(heap, STATUSES * 4));
  for (let i = 0; i < plan.count; i++) createClient(side, population, number, firstClient + i);
}

function createClient(side: ClientSide, population: PopulationAddress, populationNumber: number, number: number): void {
  const { memory, plans, seed } = side;
  const plan = plans[populationNumber];
  const client = clientAt(side, number);
  const pendingMax = Math.max(1, plan.pipelineMax);
  Client.population.set(memory, client, populationNumber);
  Client.number.set(memory, client, number);
  Client.pendingMax.set(memory, client, pendingMax);
  Client.pendingAt.set(memory, client, take(side.hosts.heap, pendingMax * PendingRequest.size));
  Client.slow.set(memory, client, plan.slowBytesPerTick > 0 && drawChance(plan.slowParts, seed, DrawSite.clientSlow, number, 0) ? 1 : 0);
  if (plan.keepsCookies) Client.jar.set(memory, client, must(jarCreate(side.hosts.heap)));
  queueIdle(memory, population, client);
}

/** The client is free: it is the last one to be taken. */
export function queueIdle(memory: Memory, population: PopulationAddress, client: ClientAddress): void {
  Client.idleNext.set(memory, client, 0);
  const last = Population.idleLast.get(memory, population) as ClientAddress;
  if (last === 0) Population.idleFirst.set(memory, population, client);
  else Client.idleNext.set(memory, last, client);
  Population.idleLast.set(memory, population, client);
}

/** The client that has been free for longest, taken; 0 if none is. */
export function takeIdle(memory: Memory, population: PopulationAddress): ClientAddress {
  const client = Population.idleFirst.get(memory, population) as ClientAddress;
  if (client === 0) return client;
  const next = Client.idleNext.get(memory, client);
  Population.idleFirst.set(memory, population, next);
  if (next === 0) Population.idleLast.set(memory, population, 0);
  return client;
}

function familyOf(memory: Memory, address: Address<"HostAddress">): number {
  return HostAddress.family.get(memory, address);
}

function readAddress(heap: Heap, text: string, address: Address<"HostAddress">): void {
  const { memory } = heap;
  const literal = take(heap, LITERAL_BYTES_MAX);
  const bytes = Math.min(text.length, LITERAL_BYTES_MAX);
  for (let i = 0; i < bytes; i++) memory.u8[literal + i] = Math.min(text.charCodeAt(i), 0xff);
  HostAddress.family.set(memory, address, parseAddressLiteral(memory, address, memory, literal, bytes));
  heap.free(literal);
  if (familyOf(memory, address) === 0) throw new RangeError(`"${text}" is no IP address`);
}

/** So many bytes of the heap, all zero. */
function take(heap: Heap, bytes: number): number {
  const at = must(heap.allocate(bytes));
  heap.memory.fill(at, bytes, 0);
  return at;
}

function must(address: number): number {
  if (address < 0) throw new RangeError("the world's memory has no room for its clients");
  return address;
}
