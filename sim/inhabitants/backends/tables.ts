/** The backends' records: made once, in one piece; connections are taken and given back. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { parseAddressLiteral } from "../../../services/address-literal.ts";
import { HeaderEntry, RequestDescriptor } from "../../../services/lb/api.ts";
import { HEADER_LINES_MAX } from "../../../services/net/http/limits.ts";
import { FlowKey } from "../../../services/net/segment.ts";
import type { BackendPlan } from "../../scenario/plan.ts";
import { agendaOpen } from "../agenda.ts";
import { BACKENDS_MAX, PIECE_BYTES, SAMPLES_MAX, SAMPLE_TICKS } from "./limits.ts";
import type { BackendAddress, BackendConnectionAddress, BackendsAddress } from "./records.ts";
import { BackendConnection, BackendRecord, BackendsState, ConnectionPhase, LoadSample, NO_BACKEND_CONNECTION, NO_TICK } from "./records.ts";

/** Hundredths of service times as they are planned. */
export const PLANNED_HUNDREDTHS = 100;

/** Makes the records for these backends and for `connections` connections; throws a RangeError for want of room, or for plans that make no sense. */
export function backendsCreate(heap: Heap, plans: readonly BackendPlan[], connections: number): BackendsAddress {
  const { memory } = heap;
  if (plans.length > BACKENDS_MAX) throw new RangeError(`${plans.length} backends are more than ${BACKENDS_MAX}`);
  const backendsAt = BackendsState.size;
  const samplesAt = backendsAt + plans.length * BackendRecord.size;
  const connectionsAt = samplesAt + plans.length * SAMPLES_MAX * LoadSample.size;
  const dueAt = connectionsAt + connections * BackendConnection.size;
  const pieceAt = (dueAt + connections * 4 + 7) & ~7;
  const descriptorAt = (pieceAt + PIECE_BYTES + 7) & ~7;
  const bytes = descriptorAt + RequestDescriptor.size + HEADER_LINES_MAX * HeaderEntry.size;
  const at = heap.allocate(bytes);
  if (at < 0) throw new RangeError("the world's memory has no room for its backends");
  const state = at as BackendsAddress;
  memory.fill(at, bytes, 0);
  BackendsState.backendsAt.set(memory, state, at + backendsAt);
  BackendsState.backends.set(memory, state, plans.length);
  BackendsState.connectionsAt.set(memory, state, at + connectionsAt);
  BackendsState.connections.set(memory, state, connections);
  agendaOpen(memory, BackendsState.agenda.at(state), at + dueAt, connections);
  BackendsState.pieceAt.set(memory, state, at + pieceAt);
  BackendsState.descriptorAt.set(memory, state, at + descriptorAt);
  BackendsState.nextEventTick.set(memory, state, NO_TICK);
  plans.forEach((plan, number) => fillBackend(memory, state, plan, number, at + samplesAt));
  for (let number = connections - 1; number >= 0; number--) giveConnection(memory, state, connectionAt(memory, state, number));
  return state;
}

export function backendAt(memory: Memory, state: BackendsAddress, number: number): BackendAddress {
  return (BackendsState.backendsAt.get(memory, state) + number * BackendRecord.size) as BackendAddress;
}

export function connectionAt(memory: Memory, state: BackendsAddress, number: number): BackendConnectionAddress {
  return (BackendsState.connectionsAt.get(memory, state) + number * BackendConnection.size) as BackendConnectionAddress;
}

export function backendOf(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress): BackendAddress {
  return backendAt(memory, state, BackendConnection.backend.get(memory, connection));
}

/** Number of the backend that the key's destination names; -1 if it is none. */
export function backendFind(memory: Memory, state: BackendsAddress, key: Address<"FlowKey">): number {
  const count = BackendsState.backends.get(memory, state);
  for (let number = 0; number < count; number++) if (isAddressed(memory, backendAt(memory, state, number), key)) return number;
  return -1;
}

/** A zeroed record; NO_BACKEND_CONNECTION when all are taken. */
export function takeConnection(memory: Memory, state: BackendsAddress): BackendConnectionAddress {
  const connection = BackendsState.freeFirst.get(memory, state) as BackendConnectionAddress;
  if (connection === NO_BACKEND_CONNECTION) return connection;
  BackendsState.freeFirst.set(memory, state, BackendConnection.next.get(memory, connection));
  memory.fill(connection, BackendConnection.size, 0);
  BackendConnection.phase.set(memory, connection, ConnectionPhase.reading);
  return connection;
}

export function giveConnection(memory: Memory, state: BackendsAddress, connection: BackendConnectionAddress): void {
  BackendConnection.phase.set(memory, connection, ConnectionPhase.free);
  BackendConnection.next.set(memory, connection, BackendsState.freeFirst.get(memory, state));
  BackendsState.freeFirst.set(memory, state, connection);
}

/** The connection goes to the end of those that wait for its backend. */
export function waitingPut(memory: Memory, backend: BackendAddress, connection: BackendConnectionAddress): void {
  const last = BackendRecord.waitingLast.get(memory, backend) as BackendConnectionAddress;
  BackendConnection.previous.set(memory, connection, last);
  BackendConnection.next.set(memory, connection, 0);
  if (last === NO_BACKEND_CONNECTION) BackendRecord.waitingFirst.set(memory, backend, connection);
  else BackendConnection.next.set(memory, last, connection);
  BackendRecord.waitingLast.set(memory, backend, connection);
  const waiting = BackendRecord.waiting.get(memory, backend) + 1;
  BackendRecord.waiting.set(memory, backend, waiting);
  if (waiting > BackendRecord.waitingMost.get(memory, backend)) BackendRecord.waitingMost.set(memory, backend, waiting);
}

/** It waits no more. */
export function waitingTake(memory: Memory, backend: BackendAddress, connection: BackendConnectionAddress): void {
  const previous = BackendConnection.previous.get(memory, connection) as BackendConnectionAddress;
  const next = BackendConnection.next.get(memory, connection) as BackendConnectionAddress;
  if (previous === NO_BACKEND_CONNECTION) BackendRecord.waitingFirst.set(memory, backend, next);
  else BackendConnection.next.set(memory, previous, next);
  if (next === NO_BACKEND_CONNECTION) BackendRecord.waitingLast.set(memory, backend, previous);
  else BackendConnection.previous.set(memory, next, previous);
  BackendRecord.waiting.add(memory, backend, -1);
}

function fillBackend(memory: Memory, state: BackendsAddress, plan: BackendPlan, number: number, samplesAt: number): void {
  const backend = backendAt(memory, state, number);
  const textAt = BackendsState.pieceAt.get(memory, state);
  if (plan.address.length > PIECE_BYTES) throw new RangeError("a backend's address is too long");
  for (let i = 0; i < plan.address.length; i++) memory.u8[textAt + i] = plan.address.charCodeAt(i);
  const family = parseAddressLiteral(memory, BackendRecord.address.at(backend), memory, textAt, plan.address.length);
  if (family === 0) throw new RangeError(`"${plan.address}" is no address of a backend`);
  if (plan.concurrency < 1) throw new RangeError("a backend works on one request at once at least");
  BackendRecord.port.set(memory, backend, plan.port);
  BackendRecord.family.set(memory, backend, family);
  BackendRecord.slowHundredths.set(memory, backend, PLANNED_HUNDREDTHS);
  BackendRecord.samplesAt.set(memory, backend, samplesAt + number * SAMPLES_MAX * LoadSample.size);
  BackendRecord.samples.set(memory, backend, 1);
  BackendRecord.sampleTicks.set(memory, backend, SAMPLE_TICKS);
}

function isAddressed(memory: Memory, backend: BackendAddress, key: Address<"FlowKey">): boolean {
  if (BackendRecord.port.get(memory, backend) !== FlowKey.destinationPort.get(memory, key) || BackendRecord.family.get(memory, backend) !== FlowKey.family.get(memory, key)) return false;
  const one = BackendRecord.address.at(backend) >> 2;
  const other = (key + FlowKey.destination0.offset) >> 2;
  for (let word = 0; word < 4; word++) if (memory.i32[one + word] !== memory.i32[other + word]) return false;
  return true;
}
