/** What backends have done, in plain numbers. Looking changes nothing. */

import { Memory } from "../../../hal/memory.ts";
import { addressPortText, addressText } from "../../address-text.ts";
import type { Backends } from "./backends.ts";
import { SAMPLES_MAX } from "./limits.ts";
import { loadAdd, sampleAt } from "./load.ts";
import type { BackendAddress } from "./records.ts";
import { BackendRecord, BackendsState, LoadSample } from "./records.ts";
import { memoryOf, nowTick } from "./site.ts";
import { backendAt } from "./tables.ts";

/** A stretch of `ticks` ticks: requests that were worked on and that waited, in the mean, in hundredths. */
export interface LoadStretch {
  readonly working: number;
  readonly waiting: number;
  readonly requests: number;
  readonly faults: number;
}

export interface BackendAccount {
  /** "10.3.0.1:8001". */
  readonly name: string;
  readonly mode: "up" | "down" | "silent";
  readonly connections: {
    readonly opened: number;
    readonly closed: number;
    readonly open: number;
    readonly openMost: number;
    readonly refused: number;
    readonly unanswered: number;
    readonly resetByPeer: number;
    readonly resetByBackend: number;
    /** In the middle of a request or an answer. */
    readonly brokenOff: number;
  };
  /** Whose head was whole; probes of health are among them. */
  readonly requests: number;
  readonly probes: number;
  /** Answers by kind, as they were decided, and by how they ended. */
  readonly answers: {
    readonly ok: number;
    readonly failed: number;
    readonly error: number;
    readonly overloaded: number;
    readonly bad: number;
    readonly silent: number;
    readonly garbled: number;
    readonly answered: number;
    readonly reset: number;
    readonly half: number;
  };
  readonly bodiesWrong: number;
  readonly working: number;
  readonly workingMost: number;
  readonly waiting: number;
  readonly waitingMost: number;
  /** Ticks in which somebody worked, and the ticks of all requests that were worked on and that waited. */
  readonly busyTicks: number;
  readonly workTicks: number;
  readonly waitTicks: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly bodyBytesIn: number;
  readonly bodyBytesOut: number;
  /** Load over the whole time: stretches of `sampleTicks` ticks from tick 0 on, the last one not over. */
  readonly sampleTicks: number;
  readonly load: readonly LoadStretch[];
}

export interface BackendsAccount {
  readonly backends: readonly BackendAccount[];
  /** SYNs to nobody, and connections for which there was no record. */
  readonly unknown: number;
  readonly crowded: number;
}

const MODES = Object.freeze(["up", "down", "silent"] as const);
const HUNDREDTHS = 100;
/** Where the copies of a backend's record and of its samples lie. */
const RECORD = 0 as BackendAddress;

/** What they have done up to that tick, which is not before anything that happened. */
export function backendsAccount(backends: Backends, tick = nowTick(backends)): BackendsAccount {
  const memory = memoryOf(backends);
  const { state } = backends;
  return Object.freeze({
    backends: Object.freeze(backends.plans.map((_plan, number) => accountOf(copyOf(memory, backendAt(memory, state, number)), tick))),
    unknown: BackendsState.unknown.get(memory, state),
    crowded: BackendsState.crowded.get(memory, state),
  });
}

/** A memory of its own with the backend's record, and its samples behind it. */
function copyOf(memory: Memory, backend: BackendAddress): Memory {
  const samplesBytes = SAMPLES_MAX * LoadSample.size;
  const copy = new Memory(new ArrayBuffer(BackendRecord.size + samplesBytes));
  const samplesAt = BackendRecord.samplesAt.get(memory, backend);
  copy.u8.set(memory.u8.subarray(backend, backend + BackendRecord.size), RECORD);
  copy.u8.set(memory.u8.subarray(samplesAt, samplesAt + samplesBytes), BackendRecord.size);
  BackendRecord.samplesAt.set(copy, RECORD, BackendRecord.size);
  return copy;
}

const CONNECTIONS = Object.freeze(["opened", "closed", "open", "openMost", "refused", "unanswered", "resetByPeer", "resetByBackend", "brokenOff"] as const);
const ANSWERS = Object.freeze(["ok", "failed", "error", "overloaded", "bad", "silent", "garbled", "answered", "reset", "half"] as const);
const OTHERS = Object.freeze([
  "requests", "probes", "bodiesWrong", "working", "workingMost", "waiting", "waitingMost", "busyTicks", "workTicks", "waitTicks",
  "bytesIn", "bytesOut", "bodyBytesIn", "bodyBytesOut", "sampleTicks",
] as const);

function accountOf(copy: Memory, tick: number): BackendAccount {
  loadAdd(copy, RECORD, tick);
  const address = addressText(BackendRecord.family.get(copy, RECORD), copy.u8, BackendRecord.address.at(RECORD));
  return Object.freeze({
    name: addressPortText(address, BackendRecord.port.get(copy, RECORD)),
    mode: MODES[BackendRecord.mode.get(copy, RECORD)],
    connections: numbers(copy, CONNECTIONS),
    answers: numbers(copy, ANSWERS),
    ...numbers(copy, OTHERS),
    load: Object.freeze(Array.from({ length: BackendRecord.samples.get(copy, RECORD) }, (_, number) => stretch(copy, number, tick))),
  });
}

/** Fields of the record, by name. */
function numbers<Name extends (typeof CONNECTIONS)[number] | (typeof ANSWERS)[number] | (typeof OTHERS)[number]>(copy: Memory, names: readonly Name[]): Readonly<Record<Name, number>> {
  const view = BackendRecord.view(copy, RECORD);
  return Object.freeze(Object.fromEntries(names.map((name) => [name, view[name]]))) as Readonly<Record<Name, number>>;
}

function stretch(copy: Memory, number: number, tick: number): LoadStretch {
  const sample = sampleAt(copy, RECORD, number);
  const last = number === BackendRecord.samples.get(copy, RECORD) - 1;
  const ticks = last ? Math.max(1, tick - BackendRecord.sampleTick.get(copy, RECORD)) : BackendRecord.sampleTicks.get(copy, RECORD);
  return Object.freeze({
    working: Math.round((LoadSample.workTicks.get(copy, sample) * HUNDREDTHS) / ticks),
    waiting: Math.round((LoadSample.waitTicks.get(copy, sample) * HUNDREDTHS) / ticks),
    requests: LoadSample.requests.get(copy, sample),
    faults: LoadSample.faults.get(copy, sample),
  });
}
