/**
 * What the tables say of a region: who maps it besides, who inherits it, and which regions are spare. A copy goes back to
 * the reserve when nobody maps it any more; one that was lost on its way to somebody is found when a spare is wanted.
 */

import type { SlotOfCapability } from "../capability/slot.ts";
import { CapabilitySlot, SlotUse, slotAddress } from "../capability/slot.ts";
import { ObjectType } from "../capability/right.ts";
import type { Kernel } from "../kernel.ts";
import { NONE } from "../process.ts";
import { RegionKind, RegionMapping, RegionRecord } from "../region.ts";
import { mappingAt } from "./mapping-table.ts";

/** Owner of a region that nobody maps: who maps it next, by taking the message in which it lies or by a restart. */
export const IN_TRANSIT = -2;

/** True if anybody but `process` maps the region, or a message is on its way that will let somebody. */
export function isMappedBesides(kernel: Kernel, region: number, process: number): boolean {
  for (let other = 0; other < kernel.processes.count; other++) {
    if (other !== process && RegionMapping.tokens.get(kernel.ram, mappingAt(kernel, region, other)) !== 0) return true;
  }
  return travels(kernel, region);
}

/** True if a capability of the region lies in a queued message. */
function travels(kernel: Kernel, region: number): boolean {
  const { ram, spaces } = kernel;
  for (let slot = spaces.firstInFlight; slot < spaces.slots.count; slot++) {
    const at = slotAddress(spaces, slot);
    if (CapabilitySlot.use.get(ram, at) === SlotUse.inFlight && isOf(kernel, at, region)) return true;
  }
  return false;
}

/** True if this slot names the region. */
export function isOf(kernel: Kernel, slot: SlotOfCapability, region: number): boolean {
  return CapabilitySlot.objectType.get(kernel.ram, slot) === ObjectType.memory && CapabilitySlot.object.get(kernel.ram, slot) === region;
}

/** The first spare with room for so many bytes, or NONE. */
export function findSpare(kernel: Kernel, bytes: number): number {
  const { ram, regions } = kernel;
  for (let index = 0; index < regions.count; index++) {
    spareHome(kernel, index);
    const record = regions.at(index);
    if (RegionRecord.kind.get(ram, record) === RegionKind.spare && RegionRecord.roomBytes.get(ram, record) >= bytes) return index;
  }
  return NONE;
}

/** The largest region that could ever be copied; 0 without a reserve. */
export function spareBytesMax(kernel: Kernel): number {
  const { ram, regions } = kernel;
  let most = 0;
  for (let index = 0; index < regions.count; index++) {
    const record = regions.at(index);
    const isSpare = RegionRecord.kind.get(ram, record) === RegionKind.spare || RegionRecord.copyOf.get(ram, record) !== NONE;
    if (isSpare) most = Math.max(most, RegionRecord.roomBytes.get(ram, record));
  }
  return most;
}

/** Who owns a region that its owner maps no more: the first who maps it, else whoever is the next to do so. */
export function heirOf(kernel: Kernel, region: number): number {
  for (let process = 0; process < kernel.processes.count; process++) {
    if (RegionMapping.tokens.get(kernel.ram, mappingAt(kernel, region, process)) !== 0) return process;
  }
  return IN_TRANSIT;
}

/** If the region is a copy that nobody maps any more, it is a spare again. */
export function spareHome(kernel: Kernel, region: number): void {
  const { ram } = kernel;
  const record = kernel.regions.at(region);
  if (RegionRecord.copyOf.get(ram, record) === NONE || RegionRecord.mappings.get(ram, record) !== 0 || travels(kernel, region)) return;
  RegionRecord.epoch.add(ram, record, 1);
  RegionRecord.kind.set(ram, record, RegionKind.spare);
  RegionRecord.regionBytes.set(ram, record, 0);
  RegionRecord.owner.set(ram, record, NONE);
  RegionRecord.copyOnWrite.set(ram, record, 0);
  RegionRecord.copyOf.set(ram, record, NONE);
}
