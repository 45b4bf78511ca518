/** Probes of health that are under way: a table of fixed size in net's arena. */

import type { Address } from "../../../hal/field.ts";
import { bytes, i32, nested, u16, u32, u64, u8 } from "../../../hal/field.ts";
import { layout } from "../../../hal/layout.ts";
import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import { ResponseHead } from "../http/response-head.ts";
import { OwnerKind } from "./records.ts";

export const ProbePhase = Object.freeze({
  free: 0,
  /** The answer's head has not come. */
  asking: 1,
  /** It is known what came of it; the connection ends, or the balancer has not taken it yet. */
  known: 2,
});

export const ProxyProbe = layout("ProxyProbe", {
  /** OwnerKind.probe: the owner word of its connection is the record's address. */
  kind: u8,
  /** One of ProbePhase. */
  phase: u8,
  /** One of ProbeResult; valid when known. */
  result: u8,
  /** 1: the balancer has been told. */
  told: u8,
  /** Address of its TcpConnection; 0 when that is over. */
  connection: i32("identity"),
  /** Whose answer it is, and which of its probes (services/lb/probe-api.ts). */
  handle: i32("identity"),
  serial: i32("identity"),
  /** Bytes of the head that were looked at. */
  scannedBytes: i32,
  /** Bytes behind the head that were thrown away. */
  thrownBytes: i32,
  deadlineTick: u64("time"),
  response: nested(ResponseHead),
  address: bytes(16),
  port: u16,
  family: u16,
  reserved: i32,
});

const count = u32("statistic");

/** What is counted of probes. */
export const probeCounterTypes = Object.freeze({
  /** Those that the balancer asked for, and what came of them. */
  probesAsked: count,
  probesPassed: count,
  probesFailed: count,
  probesNotMade: count,
  /** Of those that failed: those whose backend took no connection, and those without an answer in time. */
  probesUnreached: count,
  probesLate: count,
});

export const ProxyProbes = layout("ProxyProbes", {
  ...probeCounterTypes,
  probesAt: i32,
  probesMax: i32,
  inUse: i32,
  reserved: i32,
});

export type ProbeAddress = Address<"ProxyProbe">;
export type ProbesAddress = Address<"ProxyProbes">;
export const NO_PROBE = 0 as ProbeAddress;

/** Makes the table. Its address, or -5. */
export function probesCreate(heap: Heap, probesMax: number): number {
  const { memory } = heap;
  const bytesAll = ProxyProbes.size + probesMax * ProxyProbe.size;
  const at = heap.allocate(bytesAll);
  if (at < 0) return at;
  memory.fill(at, bytesAll, 0);
  ProxyProbes.probesAt.set(memory, at as ProbesAddress, at + ProxyProbes.size);
  ProxyProbes.probesMax.set(memory, at as ProbesAddress, probesMax);
  return at;
}

export function probeAt(memory: Memory, probes: ProbesAddress, index: number): ProbeAddress {
  return (ProxyProbes.probesAt.get(memory, probes) + index * ProxyProbe.size) as ProbeAddress;
}

/** The one for this handle whose result is not known yet; NO_PROBE if there is none. */
export function probeFind(memory: Memory, probes: ProbesAddress, handle: number): ProbeAddress {
  for (let index = ProxyProbes.probesMax.get(memory, probes) - 1; index >= 0; index--) {
    const probe = probeAt(memory, probes, index);
    if (ProxyProbe.phase.get(memory, probe) === ProbePhase.asking && ProxyProbe.handle.get(memory, probe) === handle) return probe;
  }
  return NO_PROBE;
}

/** A zeroed record that asks; NO_PROBE when all are taken. */
export function probeTake(memory: Memory, probes: ProbesAddress): ProbeAddress {
  const count = ProxyProbes.probesMax.get(memory, probes);
  for (let index = 0; index < count; index++) {
    const probe = probeAt(memory, probes, index);
    if (ProxyProbe.phase.get(memory, probe) !== ProbePhase.free) continue;
    memory.fill(probe, ProxyProbe.size, 0);
    ProxyProbe.kind.set(memory, probe, OwnerKind.probe);
    ProxyProbe.phase.set(memory, probe, ProbePhase.asking);
    ProxyProbes.inUse.add(memory, probes, 1);
    return probe;
  }
  return NO_PROBE;
}

export function probeGive(memory: Memory, probes: ProbesAddress, probe: ProbeAddress): void {
  ProxyProbe.phase.set(memory, probe, ProbePhase.free);
  ProxyProbes.inUse.add(memory, probes, -1);
}
