/**
 * The operations of semantics=strict, as the outside speaks them (services/lb/control.ts): one function each, over
 * whatever carries an operation to the balancer and its answer back.
 */

import { Errno } from "../kernel/errno.ts";
import { ALGORITHMS, CloseEnd, ControlOperation, MemberFlag } from "../services/lb/control.ts";
import { OUTCOMES } from "../services/lb/api.ts";
import { OperandReader, OperandWriter } from "./operands.ts";
import type { Answer } from "./operator.ts";

/** Hands one operation over and brings its answer. */
export type Ask = (operands: Uint8Array) => Answer;

/** Names one backend of a group. */
export interface MemberName {
  readonly group: string;
  readonly address: string;
  readonly port: number;
}

export interface RequestWords {
  readonly client: string;
  readonly method?: string;
  readonly path: string;
  readonly host?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** Where a request was sent. */
export interface Routed extends MemberName {
  readonly connection: number;
}

export type Opened =
  | { readonly status: number; readonly routed: Routed; readonly ticket: null }
  | { readonly status: number; readonly routed: null; readonly ticket: number | null };

/** A waiting request that was decided: `routed` is null if it was refused. */
export interface Admitted {
  readonly ticket: number;
  readonly outcome: string;
  readonly routed: Routed | null;
}

export interface Probe extends MemberName {
  readonly handle: number;
}

export interface MemberReport {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly handle: number;
  readonly healthy: boolean;
  readonly available: boolean;
  readonly ejected: boolean;
  readonly draining: boolean;
  readonly probing: boolean;
  readonly slowStarting: boolean;
  /** In hundredths. */
  readonly effectiveWeight: number;
  readonly connections: number;
  readonly connectionsPeak: number;
  readonly waiting: number;
  readonly timesEjected: number;
  readonly requests: number;
  readonly finished: number;
  readonly failed: number;
}

export interface GroupReport {
  readonly name: string;
  readonly algorithm: string;
  readonly panicking: boolean;
  readonly available: number;
  readonly ejected: number;
  readonly connections: number;
  readonly waiting: number;
  readonly retries: number;
  readonly routed: number;
  readonly refused: number;
  readonly overloaded: number;
  readonly retried: number;
  readonly retriesRefused: number;
  readonly members: readonly MemberReport[];
}

/** 0 and the member's handle, or an errno. */
export function memberAdd(ask: Ask, member: MemberName, weight: number, tick: number): { readonly status: number; readonly handle: number } {
  const operands = new OperandWriter().u8(ControlOperation.memberAdd).text(member.group).text(member.address).u16(member.port).u32(weight).u8(1).u32(0).u64(tick);
  const { status, payload } = ask(operands.bytes());
  return { status, handle: status === Errno.ok ? new OperandReader(payload).u32() : 0 };
}

export function memberRemove(ask: Ask, member: MemberName, tick: number): number {
  return ask(named(ControlOperation.memberRemove, member).u64(tick).bytes()).status;
}

export function memberHealth(ask: Ask, member: MemberName, healthy: boolean, tick: number): number {
  return ask(named(ControlOperation.memberHealth, member).u8(healthy ? 1 : 0).u64(tick).bytes()).status;
}

/** No new requests from now on; gone at the deadline. 0 for the deadline takes it back into service. */
export function memberDrain(ask: Ask, member: MemberName, deadlineTick: number, tick: number): number {
  return ask(named(ControlOperation.memberDrain, member).u64(deadlineTick).u64(tick).bytes()).status;
}

/** Opens a connection for a request. `ticket` is its number if it waits. */
export function open(ask: Ask, words: RequestWords, tick: number): Opened {
  const { client, method = "GET", path, host = "", headers = [] } = words;
  const operands = new OperandWriter().u8(ControlOperation.open).text(client).text(method).text(path).text(host).u16(headers.length);
  for (const [name, value] of headers) operands.text(name).text(value);
  const { status, payload } = ask(operands.u64(tick).bytes());
  if (status !== Errno.ok) return { status, routed: null, ticket: null };
  const reader = new OperandReader(payload);
  return reader.u8() === 0 ? { status, routed: readRouted(reader), ticket: null } : { status, routed: null, ticket: reader.u32() };
}

/** Ends a connection; with `retry`, `routed` says where it is tried next. */
export function close(ask: Ask, connection: number, end: keyof typeof CloseEnd, latencyCycles: number, tick: number): { readonly status: number; readonly routed: Routed | null } {
  const operands = new OperandWriter().u8(ControlOperation.close).u32(connection).u8(CloseEnd[end]).u64(latencyCycles).u64(tick);
  const { status, payload } = ask(operands.bytes());
  if (status !== Errno.ok) return { status, routed: null };
  const reader = new OperandReader(payload);
  return { status, routed: reader.u8() === 0 ? null : readRouted(reader) };
}

export function advance(ask: Ask, tick: number): number {
  return ask(new OperandWriter().u8(ControlOperation.advance).u64(tick).bytes()).status;
}

export function admitted(ask: Ask, most: number): readonly Admitted[] {
  const { status, payload } = ask(new OperandWriter().u8(ControlOperation.admitted).u16(most).bytes());
  if (status !== Errno.ok) return [];
  const reader = new OperandReader(payload);
  return Array.from({ length: reader.u16() }, () => {
    const ticket = reader.u32();
    const outcome = reader.u8();
    return { ticket, outcome: OUTCOMES[outcome].name, routed: outcome === 0 ? readRouted(reader) : null };
  });
}

/** Probes that are due by `tick`, each handed out once. */
export function probes(ask: Ask, most: number, tick: number): readonly Probe[] {
  const { status, payload } = ask(new OperandWriter().u8(ControlOperation.probes).u16(most).u64(tick).bytes());
  if (status !== Errno.ok) return [];
  const reader = new OperandReader(payload);
  return Array.from({ length: reader.u16() }, () => {
    const handle = reader.u32();
    const group = reader.text();
    const address = reader.text();
    return { handle, group, address, port: reader.u16() };
  });
}

export function probeResult(ask: Ask, handle: number, passed: boolean, tick: number): number {
  return ask(new OperandWriter().u8(ControlOperation.probeResult).u32(handle).u8(passed ? 1 : 0).u64(tick).bytes()).status;
}

/** What the balancer knows of a group; null if there is none of that name. */
export function report(ask: Ask, group: string, tick: number): GroupReport | null {
  const { status, payload } = ask(new OperandWriter().u8(ControlOperation.report).text(group).u64(tick).bytes());
  if (status !== Errno.ok) return null;
  const reader = new OperandReader(payload);
  return reader.u8() === 0 ? null : readReport(reader);
}

function named(operation: number, member: MemberName): OperandWriter {
  return new OperandWriter().u8(operation).text(member.group).text(member.address).u16(member.port);
}

function readRouted(reader: OperandReader): Routed {
  const connection = reader.u32();
  const group = reader.text();
  const address = reader.text();
  return { connection, group, address, port: reader.u16() };
}

function readReport(reader: OperandReader): GroupReport {
  const name = reader.text();
  const algorithm = ALGORITHMS[reader.u8()] ?? "";
  const panicking = reader.u8() !== 0;
  const [available, ejected, connections, waiting, retries] = Array.from({ length: 5 }, () => reader.u32());
  const [routed, refused, overloaded, retried, retriesRefused] = Array.from({ length: 5 }, () => reader.u64());
  const members = Array.from({ length: reader.u16() }, () => readMember(reader));
  return { name, algorithm, panicking, available, ejected, connections, waiting, retries, routed, refused, overloaded, retried, retriesRefused, members };
}

function readMember(reader: OperandReader): MemberReport {
  const address = reader.text();
  const port = reader.u16();
  const weight = reader.u32();
  const handle = reader.u32();
  const flags = reader.u8();
  const is = (flag: number): boolean => (flags & flag) !== 0;
  const [effectiveWeight, connections, connectionsPeak, waiting, timesEjected] = Array.from({ length: 5 }, () => reader.u32());
  const [requests, finished, failed] = Array.from({ length: 3 }, () => reader.u64());
  return {
    address,
    port,
    weight,
    handle,
    healthy: is(MemberFlag.healthy),
    available: is(MemberFlag.available),
    ejected: is(MemberFlag.ejected),
    draining: is(MemberFlag.draining),
    probing: is(MemberFlag.probing),
    slowStarting: is(MemberFlag.slowStarting),
    effectiveWeight,
    connections,
    connectionsPeak,
    waiting,
    timesEjected,
    requests,
    finished,
    failed,
  };
}
