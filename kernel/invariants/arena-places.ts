/** Where arenas lie: one in each process's memory, and those that services keep in shared regions. */

import type { Memory } from "../../hal/memory.ts";
import { ArenaHeader, isArena } from "../arena/header.ts";
import { ProcessRecord } from "../process.ts";
import { RegionKind, RegionRecord } from "../region.ts";
import type { KernelTables } from "./tables.ts";

export interface ArenaPlace {
  /** As problems name it: "process 2", "region 1". */
  readonly name: string;
  /** The process's memory, or the region's. */
  readonly memory: Memory;
  /** Where in it the arena begins. */
  readonly base: number;
  /** False where a process's arena has no sealed header. A region without one is no arena and is not named. */
  readonly sound: boolean;
}

export function arenaPlaces(tables: KernelTables): ArenaPlace[] {
  const { ram, processes, regions } = tables;
  const places: ArenaPlace[] = [];
  for (let process = 0; process < processes.count; process++) {
    const at = processes.at(process);
    const memory = windowOf(ram, ProcessRecord.arenaBase.get(ram, at), ProcessRecord.arenaBytes.get(ram, at));
    const base = ProcessRecord.heapOffset.get(ram, at);
    places.push({ name: `process ${process}`, memory: memory ?? ram, base, sound: memory !== null && isSound(memory, base) });
  }
  for (let region = 0; region < regions.count; region++) {
    const at = regions.at(region);
    if (RegionRecord.kind.get(ram, at) !== RegionKind.plain) continue;
    const memory = windowOf(ram, RegionRecord.base.get(ram, at), RegionRecord.regionBytes.get(ram, at));
    if (memory !== null && isSound(memory, 0)) places.push({ name: `region ${region}`, memory, base: 0, sound: true });
  }
  return places;
}

function windowOf(ram: Memory, base: number, bytes: number): Memory | null {
  const lies = base >= 0 && bytes >= 0 && base % 8 === 0 && bytes % 4 === 0 && base + bytes <= ram.bytes;
  return lies ? ram.window(base, bytes) : null;
}

/** A sealed header whose own bounds hold: what the seal does not prove of damaged bytes. */
function isSound(memory: Memory, base: number): boolean {
  if (base % 8 !== 0 || !isArena(memory, base)) return false;
  const arena = base as Parameters<typeof ArenaHeader.sizeBytes.get>[1];
  const first = ArenaHeader.firstBlockOffset.get(memory, arena);
  const bits = ArenaHeader.liveBitsOffset.get(memory, arena);
  const size = ArenaHeader.sizeBytes.get(memory, arena);
  const shift = ArenaHeader.listShift.get(memory, arena);
  return size > 0 && bits >= ArenaHeader.size && first >= bits && first % 8 === 0 && size >= first && shift >= 1 && shift <= 5;
}
