/**
 * Mappings: how many capabilities each process holds of each region, and how many of them let it write. Books for whoever
 * looks; access is always judged by a token. What must follow when a process maps a region no more follows here.
 */

import type { Kernel } from "../kernel.ts";
import { Right } from "../capability/right.ts";
import { NONE } from "../process.ts";
import { RegionMapping, RegionRecord } from "../region.ts";
import { releaseHeld } from "./buffer-moves.ts";
import { IN_TRANSIT, heirOf, spareHome } from "./spare.ts";
import { mappingAt } from "./mapping-table.ts";

/** `process` holds one capability more (`by` 1) or less (-1) of the region, with these rights. */
export function countMapping(kernel: Kernel, region: number, process: number, rights: number, by: number): void {
  const { ram } = kernel;
  const mapping = mappingAt(kernel, region, process);
  const tokens = RegionMapping.tokens.get(ram, mapping) + by;
  RegionRecord.mappings.add(ram, kernel.regions.at(region), by);
  RegionMapping.tokens.set(ram, mapping, tokens);
  if ((rights & Right.write) !== 0) countWriting(kernel, region, process, by);
  // Whoever does not map the pool could not let go of what he holds of it.
  if (region !== kernel.poolRegion) settleOwner(kernel, region, process, rights, tokens);
  else if (tokens === 0) releaseHeld(kernel, process);
}

/** A region without an owner is the next writer's, and that of whoever takes it out of a message; one that its owner maps no more is an heir's. */
function settleOwner(kernel: Kernel, region: number, process: number, rights: number, tokens: number): void {
  const { ram } = kernel;
  const record = kernel.regions.at(region);
  const owner = RegionRecord.owner.get(ram, record);
  if (tokens === 0) {
    if (owner === process) RegionRecord.owner.set(ram, record, heirOf(kernel, region));
    spareHome(kernel, region);
  } else if (owner === IN_TRANSIT || (owner === NONE && (rights & Right.write) !== 0)) RegionRecord.owner.set(ram, record, process);
}

/** A capability of the process's gained (1) or lost (-1) the right to write. */
export function countWriting(kernel: Kernel, region: number, process: number, by: number): void {
  const mapping = mappingAt(kernel, region, process);
  RegionMapping.writing.set(kernel.ram, mapping, RegionMapping.writing.get(kernel.ram, mapping) + by);
}
