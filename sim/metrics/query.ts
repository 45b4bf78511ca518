/** What the running load balancer counted and measured, asked through the mailbox (services/lb/metrics-api.ts). */

import { Errno } from "../../kernel/errno.ts";
import { ControlOperation } from "../../services/lb/control.ts";
import { MeasureName, MetricKind } from "../../services/lb/metrics-api.ts";
import { control } from "../balancer.ts";
import { OperandReader, OperandWriter } from "../operands.ts";
import type { World } from "../world.ts";

/** A number that the balancer keeps, by its name there. */
export interface Metric {
  readonly name: string;
  readonly counter: boolean;
  readonly value: number;
}

export interface RouteMetrics {
  /** Position of its rule, from 0. */
  readonly rule: number;
  /** Whether the whole path must be the prefix. */
  readonly exact: boolean;
  readonly prefix: string;
  readonly host: string;
  readonly requests: number;
  /** The groups among which it divides them; most routes have one. */
  readonly groups: readonly { readonly name: string; readonly requests: number }[];
}

export interface BackendMetrics {
  readonly address: string;
  readonly port: number;
  readonly available: boolean;
  readonly activeConnections: number;
  readonly requests: number;
  readonly failed: number;
  readonly timesEjected: number;
}

export interface GroupMetrics {
  readonly name: string;
  readonly routed: number;
  readonly refused: number;
  readonly overloaded: number;
  readonly retried: number;
  readonly retriesRefused: number;
  readonly waiting: number;
  readonly backends: readonly BackendMetrics[];
}

/** A histogram (services/lb/metrics/histogram.ts) by its buckets that are not empty, in order. */
export interface Measured {
  readonly count: number;
  readonly sumCycles: number;
  readonly leftOut: number;
  readonly buckets: readonly (readonly [bucket: number, values: number])[];
}

export interface BalancerMetrics {
  /** 0, or why the rest is not all there is. */
  readonly status: number;
  readonly metrics: readonly Metric[];
  readonly routes: readonly RouteMetrics[];
  readonly groups: readonly GroupMetrics[];
  /** Null where the balancer's arena is too small to measure. */
  readonly decision: Measured | null;
  readonly connection: Measured | null;
}

/** As many as a page may have: its count is a u16. */
const ENTRIES_MAX = 0xffff;

/** Everything. The groups are those of the names given, in that order. */
export function queryMetrics(world: World, groupNames: readonly string[]): BalancerMetrics {
  const asked = { status: Errno.ok as number };
  const metrics: Metric[] = [];
  pages(world, asked, (first, most) => new OperandWriter().u8(ControlOperation.metrics).u16(first).u16(most), (reader) => {
    reader.u16();
    return readEntries(reader, metrics, readMetric);
  });
  const routes: RouteMetrics[] = [];
  pages(world, asked, (first, most) => new OperandWriter().u8(ControlOperation.routeHits).u32(first).u16(most), (reader) => {
    reader.u32();
    return readEntries(reader, routes, readRoute);
  });
  const groups = groupNames.map((name) => queryGroup(world, asked, name));
  const decision = queryMeasure(world, asked, MeasureName.decision);
  const connection = queryMeasure(world, asked, MeasureName.connection);
  return { status: asked.status, metrics, routes, groups, decision, connection };
}

interface Asked {
  /** 0, or the first refusal: nothing is asked after it. */
  status: number;
}

/**
 * Asks for page after page until one has no entry; for half as many entries where they find no room on their way out.
 * `first` counts the entries that came; `read` answers how many a page had.
 */
function pages(world: World, asked: Asked, ask: (first: number, most: number) => OperandWriter, read: (reader: OperandReader) => number): void {
  let first = 0;
  let most = ENTRIES_MAX;
  while (asked.status === Errno.ok) {
    const { status, payload } = control(world, ask(first, most));
    if (status === Errno.messageTooLarge && most > 1) most >>= 1;
    else {
      asked.status = status;
      const entries = status === Errno.ok ? read(new OperandReader(payload)) : 0;
      if (entries === 0) return;
      first += entries;
    }
  }
}

function readEntries<T>(reader: OperandReader, into: T[], read: (reader: OperandReader) => T): number {
  const count = reader.u16();
  for (let i = 0; i < count; i++) into.push(read(reader));
  return count;
}

function readMetric(reader: OperandReader): Metric {
  const name = reader.text();
  const counter = reader.u8() === MetricKind.counter;
  return { name, counter, value: reader.u64() };
}

function readRoute(reader: OperandReader): RouteMetrics {
  const rule = reader.u16();
  const exact = reader.u8() !== 0;
  const prefix = reader.text();
  const host = reader.text();
  const requests = reader.u64();
  const groups = Array.from({ length: reader.u8() }, () => ({ name: reader.text(), requests: reader.u64() }));
  return { rule, exact, prefix, host, requests, groups };
}

function queryGroup(world: World, asked: Asked, name: string): GroupMetrics {
  const backends: BackendMetrics[] = [];
  let counts = { routed: 0, refused: 0, overloaded: 0, retried: 0, retriesRefused: 0, waiting: 0 };
  pages(world, asked, (first, most) => new OperandWriter().u8(ControlOperation.groupMetrics).text(name).u16(first).u16(most), (reader) => {
    if (reader.u8() === 0) return 0;
    counts = { routed: reader.u64(), refused: reader.u64(), overloaded: reader.u64(), retried: reader.u64(), retriesRefused: reader.u64(), waiting: reader.u32() };
    reader.u16();
    return readEntries(reader, backends, readBackend);
  });
  return { name, ...counts, backends };
}

function readBackend(reader: OperandReader): BackendMetrics {
  const address = reader.text();
  const port = reader.u16();
  const available = reader.u8() !== 0;
  const activeConnections = reader.u32();
  const requests = reader.u64();
  const failed = reader.u64();
  return { address, port, available, activeConnections, requests, failed, timesEjected: reader.u32() };
}

function queryMeasure(world: World, asked: Asked, name: number): Measured | null {
  const buckets: [number, number][] = [];
  let measured: Measured | null = null;
  const next = (): number => (buckets.at(-1)?.[0] ?? -1) + 1;
  pages(world, asked, (_first, most) => new OperandWriter().u8(ControlOperation.measure).u8(name).u16(next()).u16(most), (reader) => {
    if (reader.u8() === 0) return 0;
    measured = { count: reader.u64(), sumCycles: reader.u64(), leftOut: reader.u32(), buckets };
    return readEntries(reader, buckets, (entry) => [entry.u16(), entry.u32()]);
  });
  return measured;
}
