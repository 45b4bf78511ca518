/**
 * Copy-on-write: a region so shared is frozen as long as several map it, whoever they are and however they came to it.
 * The first write through spanForWriting() (or a large message) gives the writer a copy in a spare region of the
 * manifest's reserve: all his tokens of the region name the copy from then on, the others see what they saw. Who maps
 * it alone writes in place. When no spare is large enough and free, the write is refused with resourceExhausted and
 * nothing has changed: the writer may go on reading, and try again.
 *
 * A copy goes back to the reserve when nobody maps it any more.
 */

import { CapabilitySlot, slotAddress } from "../capability/slot.ts";
import { nextHeld } from "../capability/space.ts";
import { linkSlot, unlinkSlot } from "../capability/tree.ts";
import { Cost } from "../costs.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { NONE } from "../process.ts";
import { RegionKind, RegionRecord } from "../region.ts";
import { KernelTrace } from "../trace-kinds.ts";
import { countMapping } from "./mapping.ts";
import { findSpare, isMappedBesides, isOf } from "./spare.ts";

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
