/** The last things that happened, in words. */

import type { Address } from "../../hal/field.ts";
import { DropReason } from "../../hal/nic/account.ts";
import { HalTrace, NO_PROCESS, TraceRecord, TraceState } from "../../hal/trace.ts";
import { ObjectType } from "../../kernel/capability/right.ts";
import { errnoName } from "../../kernel/errno.ts";
import { FAULT_WORDS } from "../../kernel/fault.ts";
import { wide } from "../../kernel/invariants/tables.ts";
import { Delivery } from "../../kernel/service.ts";
import { KernelTrace } from "../../kernel/trace-kinds.ts";
import { NetTrace } from "../../services/net/api.ts";
import type { Dump } from "./dump.ts";
import { tickOf } from "./dump.ts";
import { nameOf } from "./names.ts";
import { opcodeName } from "./opcodes.ts";

export interface TraceView {
  /** How many were written before it; wraps at 2^32. */
  readonly sequence: number;
  readonly cycle: number;
  readonly tick: number;
  /** The process that ran; "" if none did. */
  readonly process: string;
  /** The kind's name, or its number. */
  readonly kind: string;
  readonly argument0: number;
  readonly argument1: number;
  readonly words: string;
}

export interface TraceLog {
  /** Records ever written. */
  readonly written: number;
  /** Those that are still there, the oldest first. */
  readonly records: readonly TraceView[];
}

export function traceOf(dump: Dump): TraceLog {
  const { ram, parts } = dump;
  const state = parts.find((part) => part.name === "trace.state" && part.layout === TraceState);
  const ring = parts.find((part) => part.name === "trace" && part.layout === TraceRecord);
  if (state === undefined || ring === undefined || ring.count === 0) return { written: 0, records: [] };
  const written = TraceState.written.get(ram, state.base as Address<"TraceState">) >>> 0;
  const records: TraceView[] = [];
  for (let sequence = Math.max(0, written - ring.count); sequence < written; sequence++) {
    const at = (ring.base + (sequence % ring.count) * TraceRecord.size) as Address<"TraceRecord">;
    // A record with another number is older, or damaged: it says nothing about this place.
    if (TraceRecord.sequence.get(ram, at) === sequence) records.push(viewAt(dump, at));
  }
  return { written, records };
}

/** What a kind is called; its number where it has no name. */
export function kindName(kind: number): string {
  return KINDS.get(kind)?.name ?? String(kind);
}

function viewAt(dump: Dump, at: Address<"TraceRecord">): TraceView {
  const { ram, names } = dump;
  const kind = TraceRecord.kind.get(ram, at);
  const cycle = wide(TraceRecord.cycle, ram, at);
  const process = TraceRecord.process.get(ram, at);
  const argument0 = TraceRecord.argument0.get(ram, at);
  const argument1 = TraceRecord.argument1.get(ram, at);
  return {
    sequence: TraceRecord.sequence.get(ram, at),
    cycle,
    tick: tickOf(cycle),
    process: process === NO_PROCESS ? "" : nameOf(names.processes, process, "process"),
    kind: kindName(kind),
    argument0,
    argument1,
    words: traceWords(dump, kind, argument0, argument1),
  };
}

/** A record's kind and arguments in words: "sends echo to echo.requests, into the queue". The dump says how things are called. */
export function traceWords(dump: Named, kind: number, argument0: number, argument1: number): string {
  return (KINDS.get(kind)?.words ?? otherWords(`kind ${kind}`))(dump, argument0, argument1);
}

/** What a record needs to be told in words: the names. */
export type Named = Pick<Dump, "names">;

type Words = (dump: Named, argument0: number, argument1: number) => string;

const otherWords = (name: string): Words => (_dump, first, second) => `${name} (${first}, ${second})`;
const processName = ({ names }: Named, process: number): string => nameOf(names.processes, process, "process");
const endpointName = ({ names }: Named, endpoint: number): string => nameOf(names.endpoints, endpoint, "endpoint");
const nameIn = (table: Readonly<Record<string, number>>, value: number): string => Object.entries(table).find(([, number]) => number === value)?.[0] ?? String(value);
const statusName = (status: number): string => (status < 0 ? errnoName(status) : String(status));

const HAL_WORDS: Readonly<Partial<Record<keyof typeof HalTrace, Words>>> = Object.freeze({
  tick: (_dump, tick) => `tick ${tick}`,
  frameReceived: (_dump, wire, queue) => `frame ${wire} of the wire is in memory, number ${queue} of its queue`,
  frameDropped: (_dump, wire, reason) => `frame ${wire} of the wire is dropped (${nameIn(DropReason, reason)})`,
  frameTransmitted: (_dump, _address, bytes) => `a frame of ${bytes} bytes leaves`,
  interruptRaised: ({ names }, line) => `line ${line} goes high (${line === 0 ? "ticks" : nameOf(names.devices, line - 1, "device")})`,
  frameSteered: (_dump, wire, queue) => `frame ${wire} of the wire goes to queue ${queue}`,
  iommuMiss: ({ names }, device, address) => `${nameOf(names.devices, device, "device")} reached for 0x${(address >>> 0).toString(16)}, which it is not granted`,
});

const KERNEL_WORDS: Readonly<Partial<Record<keyof typeof KernelTrace, Words>>> = Object.freeze({
  dispatch: (_dump, delivery, detail) => `runs for ${nameIn(Delivery, delivery)} (${detail})`,
  sendFast: (dump, endpoint, opcode) => `sends ${opcodeName(dump.names, endpoint, opcode)} to ${endpointName(dump, endpoint)}, into registers`,
  sendQueued: (dump, endpoint, opcode) => `sends ${opcodeName(dump.names, endpoint, opcode)} to ${endpointName(dump, endpoint)}, into the queue`,
  refused: (_dump, errno, about) => `is refused ${errnoName(errno)} (${about})`,
  reply: (dump, caller, status) => `the call of ${processName(dump, caller)} is answered ${statusName(status)}`,
  fault: (_dump, code, argument) => `is stopped: ${FAULT_WORDS[code] ?? `fault ${code}`} (${argument})`,
  exit: (dump, process) => `${processName(dump, process)} exits`,
  interrupt: (dump, line, process) => `line ${line} becomes a notification of ${processName(dump, process)}`,
  timer: (dump, process, bits) => `a timer of ${processName(dump, process)} fires (bits ${bits})`,
  closed: (dump, endpoint, count) => `${endpointName(dump, endpoint)} closes, ${count} messages were queued`,
  restarted: (dump, process, generation) => `${processName(dump, process)} begins anew, generation ${generation}`,
  delegated: (dump, receiver, type) => `${processName(dump, receiver)} is given a capability of type ${nameIn(ObjectType, type)}`,
  capabilityLost: (dump, receiver, type) => `${processName(dump, receiver)} has no room for a capability of type ${nameIn(ObjectType, type)}`,
  revoked: (_dump, _asker, count) => `${count} derived capabilities are taken away`,
  buffersHome: (dump, process, count) => `${count} buffers of ${processName(dump, process)} go home`,
  regionCopied: ({ names }, region, spare) => `${nameOf(names.regions, region, "region")} is copied to ${nameOf(names.regions, spare, "region")}, since it is written to`,
  sent: (dump, process, status) => `${processName(dump, process)}, which waited for room, is told ${statusName(status)}`,
  channelSent: ({ names }, channel, opcode) => `puts ${opcode} into channel ${nameOf(names.channels, channel, "channel")}`,
});

const NET_WORDS: Readonly<Record<keyof typeof NetTrace, Words>> = Object.freeze({
  requestDecided: (_dump, descriptor) => `a request has its outcome (descriptor at ${descriptor})`,
  flowDecided: (_dump, flow) => `a flow to a virtual IP has its backend, or none (flow at ${flow})`,
});

/** By number: what a kind is called, and its arguments in words. */
const KINDS: ReadonlyMap<number, { readonly name: string; readonly words: Words }> = new Map([
  ...Object.entries(HalTrace).map(([name, kind]) => [kind, { name, words: HAL_WORDS[name as keyof typeof HalTrace] ?? otherWords(name) }] as const),
  ...Object.entries(KernelTrace).map(([name, kind]) => [kind, { name, words: KERNEL_WORDS[name as keyof typeof KernelTrace] ?? otherWords(name) }] as const),
  ...Object.entries(NetTrace).map(([name, kind]) => [kind, { name, words: NET_WORDS[name as keyof typeof NetTrace] }] as const),
]);
