/**
 * The kernel's tables as RAM's own directory names them: enough to check a machine that runs, or a dump of one, without
 * the manifest. Everything that a record says is unproven: indices are asked with has() before they are used.
 */

import { DumpError } from "../../hal/boot-record.ts";
import { ClockRecord } from "../../hal/clock.ts";
import type { Address } from "../../hal/field.ts";
import type { LayoutInfo, Table } from "../../hal/layout.ts";
import { table } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import { E1000File } from "../../hal/nic/e1000-file.ts";
import { VirtioQueue, VirtioRegisters } from "../../hal/nic/virtio/transport-state.ts";
import type { Part } from "../../hal/ram-plan.ts";
import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable } from "../capability/slot.ts";
import { BufferHolder, BufferRecord, PoolState } from "../dma-pool.ts";
import { EndpointRecord, QueueSlot } from "../endpoint.ts";
import { Acknowledgement } from "../ipc/acknowledgement.ts";
import { BatchRecord } from "../ipc/batch.ts";
import { ChannelRecord, Subscription } from "../ipc/channel.ts";
import { RateRecord } from "../ipc/rate.ts";
import { CacheEntry } from "../ipc/token-cache.ts";
import { InterruptBinding } from "../kernel.ts";
import { SmallMessage } from "../message.ts";
import { KernelState, ProcessRecord } from "../process.ts";
import { RegionMapping, RegionRecord } from "../region.ts";
import { TimerRecord, WheelSlot, WheelState } from "../timer-wheel.ts";

/** A NIC's registers, by the name of its device; a virtio device's queues besides. */
export type NicTable =
  | { readonly kind: "e1000"; readonly name: string; readonly registers: Address<"E1000File"> }
  | { readonly kind: "virtio-net"; readonly name: string; readonly registers: Address<"VirtioRegisters">; readonly queues: Table<"VirtioQueue"> };

export interface KernelTables {
  readonly ram: Memory;
  readonly parts: readonly Part[];
  readonly clock: Address<"ClockRecord">;
  readonly state: Address<"KernelState">;
  readonly processes: Table<"ProcessRecord">;
  readonly endpoints: Table<"EndpointRecord">;
  /** Slots of each endpoint's queue, by the endpoint's number. */
  readonly queues: readonly Table<"QueueSlot">[];
  readonly channels: Table<"ChannelRecord">;
  /** Positions of each channel's ring, by the channel's number. */
  readonly rings: readonly Table<"SmallMessage">[];
  /** What processes have not been told yet of their needs: one a need, from ProcessRecord.firstAcknowledgement on. */
  readonly acknowledgements: Table<"Acknowledgement">;
  /** One for each process that the manifest gives one. */
  readonly batches: Table<"BatchRecord">;
  /** Entries of the cache of proven tokens: as many a process, one process after the other. */
  readonly tokenCache: Table<"CacheEntry">;
  readonly capabilityState: Address<"CapabilityState">;
  /** Slot 0 stands for the manifest; then the slots of `capabilityTables`, 1 << tableBits each; then those of queued messages. */
  readonly slots: Table<"CapabilitySlot">;
  readonly spaces: Table<"CapabilitySpace">;
  readonly capabilityTables: Table<"CapabilityTable">;
  readonly tableBits: number;
  readonly regions: Table<"RegionRecord">;
  /** One row a region, in it one a process. */
  readonly mappings: Table<"RegionMapping">;
  readonly pool: Address<"PoolState">;
  readonly buffers: Table<"BufferRecord">;
  /** One row a buffer, in it one a process. */
  readonly holders: Table<"BufferHolder">;
  readonly wheel: Address<"WheelState">;
  readonly wheelSlots: Table<"WheelSlot">;
  /** Those that processes arm, then the wait of each process. */
  readonly timers: Table<"TimerRecord">;
  /** How many of them processes may arm. */
  readonly armable: number;
  readonly bindings: Table<"InterruptBinding">;
  readonly nics: readonly NicTable[];
}

/** Layouts of the kernel's tables, for whoever joins a dump's directory with layouts. */
export const KERNEL_LAYOUTS: readonly LayoutInfo[] = Object.freeze([
  Acknowledgement, BatchRecord, BufferHolder, BufferRecord, CacheEntry, CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, ChannelRecord,
  EndpointRecord, InterruptBinding, KernelState, PoolState, ProcessRecord, QueueSlot, RateRecord, RegionMapping, RegionRecord, SmallMessage, Subscription,
  TimerRecord, WheelSlot, WheelState,
]);

const REGISTERS = ".registers";

/** Finds tables by name; DumpError for what is missing or no such table. */
interface Finder {
  records<Name extends string>(name: string, info: LayoutInfo<Name>): Table<Name>;
  record<Name extends string>(name: string, info: LayoutInfo<Name>): Address<Name>;
  /** All parts whose names begin so, in the directory's order; there must be `count`. */
  all<Name extends string>(prefix: string, info: LayoutInfo<Name>, count: number): readonly Table<Name>[];
}

/** Throws DumpError when a part is missing, or is not what its name says. */
export function tablesOf(ram: Memory, parts: readonly Part[]): KernelTables {
  const find = finderOf(ram, parts);
  const endpoints = find.records("endpoints", EndpointRecord);
  const channels = find.records("channels", ChannelRecord);
  const processes = find.records("processes", ProcessRecord);
  const timers = find.records("timers", TimerRecord);
  const capabilities = capabilitiesOf(find);
  if (capabilities.spaces.count !== processes.count) throw new DumpError(`there are ${processes.count} processes and ${capabilities.spaces.count} capability spaces`);
  return Object.freeze({
    ram,
    parts,
    clock: find.record("clock", ClockRecord),
    state: find.record("kernel", KernelState),
    processes,
    endpoints,
    queues: find.all("queue.", QueueSlot, endpoints.count),
    channels,
    rings: find.all("channel.", SmallMessage, channels.count),
    acknowledgements: find.records("acknowledgements", Acknowledgement),
    batches: find.records("batches", BatchRecord),
    tokenCache: find.records("tokens.cache", CacheEntry),
    ...capabilities,
    regions: find.records("regions", RegionRecord),
    mappings: find.records("mappings", RegionMapping),
    pool: find.record("pool", PoolState),
    buffers: find.records("pool.buffers", BufferRecord),
    holders: find.records("pool.holders", BufferHolder),
    wheel: find.record("timers.state", WheelState),
    wheelSlots: find.records("timers.wheel", WheelSlot),
    timers,
    armable: Math.max(0, timers.count - processes.count),
    bindings: find.records("bindings", InterruptBinding),
    nics: nicsOf(find, parts),
  });
}

function finderOf(ram: Memory, parts: readonly Part[]): Finder {
  const records: Finder["records"] = (name, info) => tableOf(ram, parts, name, info);
  return {
    records,
    record: (name, info) => recordOf(records(name, info), name),
    all(prefix, info, count) {
      const found = parts.filter((part) => part.name.startsWith(prefix)).map((part) => records(part.name, info));
      if (found.length !== count) throw new DumpError(`there are ${found.length} parts called ${prefix}...; expected ${count}`);
      return Object.freeze(found);
    },
  };
}

function capabilitiesOf(find: Finder): Pick<KernelTables, "capabilityState" | "slots" | "spaces" | "capabilityTables" | "tableBits"> {
  const slots = find.records("capabilities", CapabilitySlot);
  const capabilityTables = find.records("capabilities.tables", CapabilityTable);
  return {
    capabilityState: find.record("capabilities.state", CapabilityState),
    slots,
    spaces: find.records("capabilities.spaces", CapabilitySpace),
    capabilityTables,
    tableBits: tableBitsOf(slots.count, capabilityTables.count),
  };
}

function nicsOf(find: Finder, parts: readonly Part[]): readonly NicTable[] {
  const nics = parts.flatMap((part): NicTable[] => {
    const name = part.name.slice(0, -REGISTERS.length);
    if (!part.name.endsWith(REGISTERS)) return [];
    if (part.layout === E1000File) return [Object.freeze({ kind: "e1000", name, registers: find.record(part.name, E1000File) })];
    if (part.layout !== VirtioRegisters) return [];
    return [Object.freeze({ kind: "virtio-net", name, registers: find.record(part.name, VirtioRegisters), queues: find.records(`${name}.queues`, VirtioQueue) })];
  });
  return Object.freeze(nics);
}

function tableOf<Name extends string>(ram: Memory, parts: readonly Part[], name: string, info: LayoutInfo<Name>): Table<Name> {
  const part = parts.find((candidate) => candidate.name === name);
  if (part === undefined) throw new DumpError(`there is no part called ${name}`);
  const sound = part.layout === info && part.base % 8 === 0 && part.bytes === part.count * info.size && part.base + part.bytes <= ram.bytes;
  if (!sound) throw new DumpError(`the part ${name} does not hold records of ${info.layoutName} as this version knows them`);
  return table(info, part.base, part.count);
}

function recordOf<Name extends string>(of: Table<Name>, name: string): Address<Name> {
  if (of.count !== 1) throw new DumpError(`the part ${name} holds ${of.count} records; expected one`);
  return of.at(0);
}

/** The tables have a power of two of slots each, and there are fewer slots for messages than for tables. */
function tableBitsOf(slots: number, tables: number): number {
  if (tables < 1 || slots <= tables) throw new DumpError(`there are ${slots} slots for capabilities in ${tables} tables`);
  return 31 - Math.clz32(((slots - 1) / tables) | 0);
}

/** True if the table has a record of that number. */
export function has(of: Table<string>, index: number): boolean {
  return index >= 0 && index < of.count;
}

/** A two-word field as a number, whatever it holds: above 2^53 no longer exact, never a panic. */
export function wide(field: { low(memory: Memory, at: never): number; high(memory: Memory, at: never): number }, memory: Memory, at: number): number {
  return (field.high(memory, at as never) >>> 0) * 0x1_0000_0000 + (field.low(memory, at as never) >>> 0);
}

/**
 * Walks a list of indices from `head` on, each once. What is wrong with it, as a clause; "" if nothing is. `visit` may
 * answer what is wrong with an entry.
 */
export function walkList(of: Table<string>, head: number, next: (index: number) => number, visit: (index: number, before: number) => string): string {
  let before = -1;
  const seen = new Set<number>();
  for (let index = head; index !== -1; index = next(index)) {
    if (!has(of, index)) return `it leads to ${index}, there are ${of.count}`;
    if (seen.has(index)) return `it comes back to ${index}`;
    seen.add(index);
    const wrong = visit(index, before);
    if (wrong !== "") return wrong;
    before = index;
  }
  return "";
}
