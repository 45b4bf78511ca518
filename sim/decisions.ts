/**
 * The decisions of a run, as `veridian run --decisions` writes them (contracts.md). The recorder watches two kinds of
 * trace records: a frame that is written back gives capture frame for received ordinal; a request that has its outcome
 * gives everything else, read from the request descriptor and the decision while they lie in RAM. Bytes are copied out:
 * nothing here is a view on the machine.
 */

import { assert } from "../hal/assert.ts";
import type { Address } from "../hal/field.ts";
import { HalTrace } from "../hal/trace.ts";
import type { DmaPool } from "../kernel/dma-pool.ts";
import { bufferAddress } from "../kernel/dma-pool.ts";
import type { Machine } from "../kernel/machine.ts";
import { KernelTrace } from "../kernel/trace-kinds.ts";
import { FIRST_ORDINALS } from "../services/driver-api.ts";
import { DecisionMessage, HeadPlace, OUTCOMES, RequestDescriptor } from "../services/lb/api.ts";
import { NetTrace } from "../services/net/api.ts";
import { addressPortText, addressText } from "./address-text.ts";
import type { Group } from "./balancer.ts";
import type { Observer } from "./observer.ts";
import type { World } from "./world.ts";

/** One line of the decisions file. */
export interface Decision {
  readonly frame: number;
  readonly tsUs: number;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  readonly ipVersion: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly host: string | null;
  readonly headBytes: number;
  readonly headSha1: string;
  readonly nthInFlow: number;
  readonly outcome: string;
  readonly status: number;
  readonly group: string | null;
  readonly backend: string | null;
}

/** A decision as the machine made it: numbers where the balancer has names, bytes where the file has a digest. */
interface Recorded {
  readonly decision: Omit<Decision, "headSha1" | "group" | "backend">;
  readonly streamOffset: number;
  readonly head: Uint8Array;
  readonly group: number;
  readonly backend: number;
}

/** How far a receive queue's frames are counted: those before the NIC's last reset, and the NIC's count of the last one. */
interface QueueCount {
  readonly before: number;
  readonly last: number;
}

/** A group or backend that was not chosen. */
const NOT_CHOSEN = 0xffff;

export class DecisionRecorder implements Observer {
  readonly #recorded: Recorded[] = [];
  /** Capture frame of each received ordinal of each queue: see ordinalKey(). */
  readonly #frames = new Map<number, number>();
  readonly #counts = new Map<number, QueueCount>();
  /** What the driver adds to the NIC's count to make the ordinals that it gives: see FIRST_ORDINALS. */
  #firstOrdinal = 0;
  /** The queue of the frame that is written back next. */
  #steered = 0;
  #driver = -1;
  #world: World | null = null;
  #places: Places | null = null;

  attach(world: World): void {
    this.#world = world;
    this.#places = placesOf(world.machine);
    this.#driver = driverOf(world);
  }

  readonly probe = (kind: number, _process: number, argument0: number, argument1: number): void => {
    if (kind === HalTrace.frameSteered) this.#steered = argument1;
    else if (kind === HalTrace.frameReceived) this.#received(argument0, argument1);
    else if (kind === KernelTrace.restarted && argument0 === this.#driver) this.#restarted(argument1);
    else if (kind === NetTrace.requestDecided) this.#record(argument0, argument1);
  };

  /** Requests decided so far. */
  get count(): number {
    return this.#recorded.length;
  }

  /** All decisions, sorted by frame and by offset in the stream. `sha1` gives 40 hex digits; `groups` the names. */
  decisions(sha1: (bytes: Uint8Array) => string, groups: readonly Group[]): Decision[] {
    const sorted = [...this.#recorded].sort((a, b) => a.decision.frame - b.decision.frame || a.streamOffset - b.streamOffset);
    return sorted.map((recorded) => finish(recorded, sha1, groups));
  }

  /** The NIC counts the frames of each queue since its reset, the driver those since it began: it may reset the NIC in between. */
  #received(wireOrdinal: number, received: number): void {
    const queue = this.#steered;
    this.#steered = 0;
    const count = this.#counts.get(queue) ?? { before: this.#firstOrdinal, last: 0 };
    const before = received <= count.last ? count.before + count.last : count.before;
    this.#counts.set(queue, { before, last: received });
    this.#frames.set(ordinalKey(queue, received + before), this.#world?.captureFrame(wireOrdinal) ?? 0);
  }

  #restarted(generation: number): void {
    this.#firstOrdinal = Math.imul(generation, FIRST_ORDINALS);
    this.#counts.clear();
  }

  #record(descriptorOffset: number, decisionOffset: number): void {
    const [world, places] = [this.#world, this.#places];
    assert(world !== null && places !== null, "a recorder is attached before the machine runs");
    const { ram } = world.machine;
    const request = (places.requests + descriptorOffset) as Address<"RequestDescriptor">;
    const decision = (places.netArena + decisionOffset) as Address<"DecisionMessage">;
    const head = headOf(world.machine, places, request);
    const frame = this.#frames.get(ordinalKey(RequestDescriptor.queue.get(ram, request), RequestDescriptor.ordinal.get(ram, request))) ?? 0;
    const family = RequestDescriptor.family.get(ram, request);
    const outcome = DecisionMessage.outcome.get(ram, decision);
    const methodBytes = RequestDescriptor.methodBytes.get(ram, request);
    const hostBytes = RequestDescriptor.hostBytes.get(ram, request);
    this.#recorded.push({
      decision: {
        frame,
        tsUs: frame === 0 ? 0 : (world.capture?.timeMicros(frame) ?? 0),
        src: addressText(family, ram.u8, RequestDescriptor.source.at(request)),
        sport: RequestDescriptor.sourcePort.get(ram, request),
        dst: addressText(family, ram.u8, RequestDescriptor.destination.at(request)),
        dport: RequestDescriptor.destinationPort.get(ram, request),
        ipVersion: family,
        method: latin1(head, 0, methodBytes),
        target: latin1(head, RequestDescriptor.targetOffset.get(ram, request), RequestDescriptor.targetBytes.get(ram, request)),
        version: `HTTP/1.${RequestDescriptor.versionMinor.get(ram, request)}`,
        host: RequestDescriptor.hostPresent.get(ram, request) === 0 ? null : latin1(head, RequestDescriptor.hostOffset.get(ram, request), hostBytes),
        headBytes: head.length,
        nthInFlow: RequestDescriptor.nthInFlow.get(ram, request),
        outcome: OUTCOMES[outcome]?.name ?? `outcome ${outcome}`,
        status: OUTCOMES[outcome]?.status ?? 0,
      },
      streamOffset: RequestDescriptor.streamOffset.get(ram, request),
      head,
      group: DecisionMessage.group.get(ram, decision),
      backend: DecisionMessage.backend.get(ram, decision),
    });
  }
}

/** One number for a queue and an ordinal, of which 32 bits count. */
function ordinalKey(queue: number, ordinal: number): number {
  return queue * 0x1_0000_0000 + (ordinal >>> 0);
}

/** Where in RAM the recorder reads. */
interface Places {
  readonly requests: number;
  readonly streams: number;
  readonly netArena: number;
  readonly pool: Pick<DmaPool, "state"> | null;
}

/** Number of the process that drives the world's NIC; -1 if none does. */
function driverOf({ machine, nic }: World): number {
  return Object.values(machine.manifest.processes).findIndex(({ service, grants }) => Object.entries(service.needs).some(([need, kind]) => kind === "device" && grants?.[need] === nic));
}

function placesOf(machine: Machine): Places {
  const part = (name: string) => machine.parts.find((candidate) => candidate.name === name);
  const state = part("pool");
  return {
    requests: part("region.requests")?.base ?? 0,
    streams: part("region.streams")?.base ?? 0,
    netArena: part("arena.net")?.base ?? 0,
    pool: state === undefined ? null : { state: state.base as Address<"PoolState"> },
  };
}

/** A copy of a request's head. */
function headOf(machine: Machine, places: Places, request: Address<"RequestDescriptor">): Uint8Array {
  const { ram } = machine;
  const offset = RequestDescriptor.headOffset.get(ram, request);
  const headBytes = RequestDescriptor.headBytes.get(ram, request);
  if (RequestDescriptor.headPlace.get(ram, request) === HeadPlace.streams) return ram.u8.slice(places.streams + offset, places.streams + offset + headBytes);
  assert(places.pool !== null, "a head in a DMA buffer needs a pool of buffers");
  const at = bufferAddress(ram, places.pool, RequestDescriptor.headHandle.get(ram, request)) + offset;
  return ram.u8.slice(at, at + headBytes);
}

function finish(recorded: Recorded, sha1: (bytes: Uint8Array) => string, groups: readonly Group[]): Decision {
  const { decision } = recorded;
  const group = recorded.group === NOT_CHOSEN ? undefined : groups[recorded.group];
  const backend = recorded.backend === NOT_CHOSEN ? undefined : group?.backends[recorded.backend];
  const { nthInFlow, outcome, status, ...before } = decision;
  return {
    ...before,
    headSha1: sha1(recorded.head),
    nthInFlow,
    outcome,
    status,
    group: group?.name ?? null,
    backend: backend === undefined ? null : addressPortText(backend.address, backend.port),
  };
}

/** Bytes as text, one code point a byte. */
function latin1(bytes: Uint8Array, at: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += String.fromCharCode(bytes[at + i]);
  return text;
}
