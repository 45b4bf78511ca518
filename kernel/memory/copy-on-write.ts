/**
 * Copy-on-write: a region so shared is frozen as long as several map it, whoever they are and however they came to it.
 * The first write through spanForWriting() (or a large message) gives the writer a copy in a spare region of the
 * manifest's reserve: all his tokens of the region name the copy from then on, the others see what they saw. Who maps
 * it alone writes in place. When no spare is large enough and free, the write is refused with resourceExhausted and
 * nothing has changed: the writer may go on reading, and try again.
 *
 * A copy goes back to the reserve when nobody maps it any more.
 */

import type { SlotOfCapability } from "../capability/slot.ts";
import { CapabilitySlot, SlotUse, slotAddress } from "../capability/slot.ts";
import { nextHeld } from "../capability/space.ts";
import { ObjectType } from "../capability/right.ts";
import { linkSlot, unlinkSlot } from "../capability/tree.ts";
import { Cost } from "../costs.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { NONE } from "../process.ts";
import { RegionKind, RegionMapping, RegionRecord } from "../region.ts";
import { KernelTrace } from "../trace-kinds.ts";
import { countMapping } from "./mapping.ts";
import { mappingAt } from "./mapping-table.ts";

/** Owner of a region that nobody maps: who maps it next, by taking the message in which it lies or by a restart. */
export const IN_TRANSIT = -2;

/**
 * The number of the region that `process` may write where it asks for `region`: `region` itself, or the copy that is made
 * here; resourceExhausted when there is no room for one.
 */
export function writableRegion(kernel: Kernel, process: number, region: number): number {
  const { ram, regions } = kernel;
  const record = regions.at(region);
  if (RegionRecord.copyOnWrite.get(ram, record) === 0) return region;
  if (!isMappedBesides(kernel, region, process)) {
    RegionRecord.copyOnWrite.set(ram, record, 0);
    return region;
  }
  const bytes = RegionRecord.regionBytes.get(ram, record);
  const spare = findSpare(kernel, bytes);
  if (spare === NONE) return Errno.resourceExhausted;
  // ---- nothing below can fail ----
  const copy = regions.at(spare);
  ram.copy(RegionRecord.base.get(ram, copy), RegionRecord.base.get(ram, record), bytes);
  RegionRecord.regionBytes.set(ram, copy, bytes);
  RegionRecord.kind.set(ram, copy, RegionKind.plain);
  RegionRecord.permissions.set(ram, copy, RegionRecord.permissions.get(ram, record));
  RegionRecord.cachePolicy.set(ram, copy, RegionRecord.cachePolicy.get(ram, record));
  RegionRecord.owner.set(ram, copy, process);
  RegionRecord.copyOf.set(ram, copy, region);
  repoint(kernel, process, region, spare);
  kernel.board.advance(Cost.regionCopy + (bytes >> 3));
  trace(kernel, KernelTrace.regionCopied, region, spare);
  return spare;
}

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

function isOf(kernel: Kernel, slot: SlotOfCapability, region: number): boolean {
  return CapabilitySlot.objectType.get(kernel.ram, slot) === ObjectType.memory && CapabilitySlot.object.get(kernel.ram, slot) === region;
}

/** The first spare with room for so many bytes, or NONE. */
function findSpare(kernel: Kernel, bytes: number): number {
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

/**
 * Every capability of the region that `process` holds names `target` from now on, and hangs below nobody's: who shared
 * the region has no right over the copy. What was made from one of them stays where it is, and with whom it hung.
 */
function repoint(kernel: Kernel, process: number, region: number, target: number): void {
  const { ram, spaces } = kernel;
  const epoch = RegionRecord.epoch.get(ram, kernel.regions.at(target));
  for (let slot = nextHeld(ram, spaces, process, 0); slot !== 0; slot = nextHeld(ram, spaces, process, slot)) {
    const at = slotAddress(spaces, slot);
    if (!isOf(kernel, at, region)) continue;
    const rights = CapabilitySlot.rights.get(ram, at);
    countMapping(kernel, target, process, rights, 1);
    unlinkSlot(ram, spaces, slot);
    linkSlot(ram, spaces, 0, slot);
    CapabilitySlot.object.set(ram, at, target);
    CapabilitySlot.epoch.set(ram, at, epoch);
    countMapping(kernel, region, process, rights, -1);
  }
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
