/** Where memory has gone: arenas, regions and who maps them, the pool and who holds its buffers. */

import { arenaAccount } from "../../kernel/arena.ts";
import { Right } from "../../kernel/capability/right.ts";
import { CapabilitySlot, SlotUse } from "../../kernel/capability/slot.ts";
import { ObjectType } from "../../kernel/capability/right.ts";
import { BufferHolder, BufferRecord, PoolState } from "../../kernel/dma-pool.ts";
import type { ArenaPlace } from "../../kernel/invariants/arena-places.ts";
import { arenaPlaces } from "../../kernel/invariants/arena-places.ts";
import { bufferOf, eachPosted, ringsOf } from "../../kernel/invariants/nic-rings.ts";
import { has } from "../../kernel/invariants/tables.ts";
import { RegionKind, RegionRecord } from "../../kernel/region.ts";
import type { Dump } from "./dump.ts";
import { nameOf, namesOfMask } from "./names.ts";

export interface ArenaView {
  /** The process's name, or "region NAME". */
  readonly name: string;
  /** The books as arenaAccount() has them; null where there is no arena any more. */
  readonly books: ReturnType<typeof arenaAccount> | null;
}

export interface RegionView {
  readonly name: string;
  readonly kind: string;
  readonly base: number;
  readonly bytes: number;
  readonly owner: string;
  readonly copyOnWrite: boolean;
  readonly devices: readonly string[];
  /** Who maps it: "net rw", "lb r". */
  readonly mappedBy: readonly string[];
}

export interface BufferView {
  readonly buffer: number;
  readonly references: number;
  readonly owner: string;
  /** Who holds how many references. */
  readonly holders: readonly { readonly process: string; readonly references: number }[];
  /** References in queued messages. */
  readonly travelling: number;
  /** Descriptors that name it between head and tail: "nic0 rx 3". */
  readonly posted: readonly string[];
}

export interface MemoryView {
  readonly ramBytes: number;
  /** Bytes up to the end of the last part. */
  readonly plannedBytes: number;
  readonly arenas: readonly ArenaView[];
  readonly regions: readonly RegionView[];
  readonly pool: { readonly count: number; readonly bufferBytes: number; readonly inUse: number; readonly peak: number; readonly failures: number };
  /** Those in use. */
  readonly buffers: readonly BufferView[];
}

export function memoryOf(dump: Dump): MemoryView {
  const { ram, tables, parts } = dump;
  return {
    ramBytes: ram.bytes,
    plannedBytes: parts.reduce((end, part) => Math.max(end, part.base + part.bytes), 0),
    arenas: arenaPlaces(tables).map((place) => ({ name: arenaName(dump, place), books: place.sound ? arenaAccount(place.memory, place.base) : null })),
    regions: Array.from({ length: tables.regions.count }, (_, region) => regionOf(dump, region)),
    pool: {
      count: tables.buffers.count,
      bufferBytes: PoolState.bufferBytes.get(ram, tables.pool),
      inUse: PoolState.inUse.get(ram, tables.pool),
      peak: PoolState.inUsePeak.get(ram, tables.pool),
      failures: PoolState.failures.get(ram, tables.pool),
    },
    buffers: buffersOf(dump),
  };
}

function arenaName({ names }: Dump, { name }: ArenaPlace): string {
  const [kind, number] = name.split(" ");
  return kind === "process" ? nameOf(names.processes, Number(number), "process") : `region ${nameOf(names.regions, Number(number), "region")}`;
}

const KINDS = Object.keys(RegionKind);

function regionOf(dump: Dump, region: number): RegionView {
  const { ram, tables, names } = dump;
  const at = tables.regions.at(region);
  const owner = RegionRecord.owner.get(ram, at);
  return {
    name: nameOf(names.regions, region, "region"),
    kind: KINDS[RegionRecord.kind.get(ram, at)] ?? `kind ${RegionRecord.kind.get(ram, at)}`,
    base: RegionRecord.base.get(ram, at),
    bytes: RegionRecord.regionBytes.get(ram, at),
    owner: owner < 0 ? "" : nameOf(names.processes, owner, "process"),
    copyOnWrite: RegionRecord.copyOnWrite.get(ram, at) !== 0,
    devices: namesOfMask(names.devices, RegionRecord.devices.get(ram, at), "device"),
    mappedBy: mappedBy(dump, region),
  };
}

/** Processes that hold a capability of the region, with the most that these allow. */
function mappedBy({ ram, tables, names }: Dump, region: number): string[] {
  const rights = new Map<number, number>();
  for (let slot = 1; slot < tables.slots.count; slot++) {
    const at = tables.slots.at(slot);
    if (CapabilitySlot.use.get(ram, at) !== SlotUse.held || CapabilitySlot.objectType.get(ram, at) !== ObjectType.memory || CapabilitySlot.object.get(ram, at) !== region) continue;
    const holder = CapabilitySlot.holder.get(ram, at);
    rights.set(holder, (rights.get(holder) ?? 0) | CapabilitySlot.rights.get(ram, at));
  }
  return [...rights].sort(([a], [b]) => a - b).map(([process, bits]) => `${nameOf(names.processes, process, "process")} ${(bits & Right.write) !== 0 ? "rw" : "r"}`);
}

function buffersOf(dump: Dump): BufferView[] {
  const { ram, tables, names } = dump;
  const posted = postedOf(dump);
  const views: BufferView[] = [];
  for (let buffer = 0; buffer < tables.buffers.count; buffer++) {
    const at = tables.buffers.at(buffer);
    const references = BufferRecord.references.get(ram, at);
    if (references === 0 && !posted.has(buffer)) continue;
    const owner = BufferRecord.owner.get(ram, at);
    const holders = names.processes.flatMap((process, index) => {
      const place = buffer * tables.processes.count + index;
      const held = has(tables.holders, place) ? BufferHolder.references.get(ram, tables.holders.at(place)) : 0;
      return held === 0 ? [] : [{ process, references: held }];
    });
    views.push({ buffer, references, owner: owner < 0 ? "" : nameOf(names.processes, owner, "process"), holders, travelling: BufferRecord.travelling.get(ram, at), posted: posted.get(buffer) ?? [] });
  }
  return views;
}

function postedOf({ tables }: Dump): Map<number, string[]> {
  const posted = new Map<number, string[]>();
  for (const nic of tables.nics) {
    for (const ring of ringsOf(tables, nic)) {
      eachPosted(tables, ring, (index, address) => {
        const buffer = bufferOf(tables, address);
        if (buffer >= 0) posted.set(buffer, [...(posted.get(buffer) ?? []), `${nic.name} ${ring.name} ${index}`]);
      });
    }
  }
  return posted;
}
