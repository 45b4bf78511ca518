/**
 * What is played when trouble is over and all had time to recover: a client asks once more. Where net looks on it is one that
 * nobody has seen before, and its answer is a decision; around a machine that ends connections itself it is one of those who
 * live there, and an answer below 500 is one.
 */

import { assert } from "../../hal/assert.ts";
import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import type { NetParameters } from "../../services/net/api.ts";
import { NetState } from "../../services/net/state.ts";
import { isAlive, ownMemory, processNumber } from "../checkers/places.ts";
import { Flag, frameOf } from "../fuzz/frames.ts";
import { clientsAccount } from "../inhabitants/clients/account.ts";
import { encore } from "../inhabitants/clients/arrivals.ts";
import { clientsOf } from "../scenario/surroundings.ts";
import type { World } from "../world.ts";

const ENCORES = 2;
const SOURCE = "10.255.0.9";
const PORT = 60_000;
const SEQUENCE = 5_000;
const OFFER_STEPS_MAX = 100_000;
const ADDRESS_BYTES = 6;

/** Whether anybody can ask: by a wire in front of a net that looks on, or as one of those around the machine. */
export function takesEncore(world: World): boolean {
  const { machine, nic, inhabitants } = world;
  const parameters = machine.manifest.processes["net"]?.parameters as NetParameters | undefined;
  return nic !== "" && (inhabitants === null ? parameters?.mode === "observe" : clientsOf(world) !== null);
}

/** A client asks at once, and if it is not served, another one at that tick; each has so many ticks. Whether one is served. */
export function servesEncore(world: World, laterTick: number, ticks: number, step: () => void): boolean {
  for (let asked = 0; asked < ENCORES; asked++) {
    if (asked > 0) while (world.machine.tick() < laterTick) step();
    const before = servedSoFar(world);
    const tickMax = world.machine.tick() + ticks;
    const offered = world.inhabitants === null ? playEncore(world, asked, step) : beginSessions(world);
    while (!world.quiet() && world.machine.tick() < tickMax) step();
    if (offered && servedSoFar(world) > before) return true;
  }
  return false;
}

/** The client of that number connects and asks. False if the wire never has room. */
function playEncore(world: World, number: number, step: () => void): boolean {
  const wish = { source: SOURCE, sport: PORT + number, dport: portOf(world) };
  const frames = [{ ...wish, sequence: SEQUENCE, flags: Flag.syn }, { ...wish, sequence: SEQUENCE + 1, flags: Flag.ack, data: "GET / HTTP/1.1\r\nHost: encore.example\r\n\r\n" }];
  for (const frame of frames) {
    const bytes = frameOf(frame);
    if (world.mac >= 0) for (let i = 0; i < ADDRESS_BYTES; i++) bytes[i] = Math.floor(world.mac / 2 ** (8 * (ADDRESS_BYTES - 1 - i))) & 255;
    // Not by the cable: whoever is cut off for good is not this client.
    for (let steps = 0; world.machine.offer(world.nic, bytes) < 0; steps++) {
      if (steps === OFFER_STEPS_MAX) return false;
      step();
    }
  }
  return true;
}

/** One of each population. */
function beginSessions(world: World): boolean {
  const { side } = clientsOf(world)!;
  world.inhabitants?.meddle(() => side.plans.forEach((_, number) => encore(side, number)));
  return true;
}

const SERVER_ERROR = 500;

const SERVED = Object.freeze([NetState.routed, NetState.noRouteMatch, NetState.rateLimitExceeded, NetState.backendGroupNotFound, NetState.noHealthyBackend, NetState.limiterFull]);

/** Requests that were decided by the balancer so far, whatever it decided, -1 while there is no net; or answers that clients got. */
function servedSoFar(world: World): number {
  const clients = clientsOf(world);
  if (clients !== null) return Object.entries(clientsAccount(clients).statuses).reduce((sum, [status, answers]) => sum + (Number(status) < SERVER_ERROR ? answers : 0), 0);
  const { machine } = world;
  const own = ownMemory(machine, "net");
  if (own === null || !isAlive(machine, processNumber(machine, "net"))) return -1;
  return SERVED.reduce((sum, field) => sum + countOf(field, own.memory, own.state), 0);
}

function countOf(field: (typeof SERVED)[number], memory: Memory, state: number): number {
  return field.get(memory, state as Address<"NetState">);
}

function portOf({ machine }: World): number {
  const { ports } = machine.manifest.processes["net"].parameters as NetParameters;
  assert(ports.length > 0, "net serves a port");
  return ports[0];
}
