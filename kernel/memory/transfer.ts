/**
 * How regions change hands: each way is a message that carries a capability of the region (capability/in-flight.ts), so
 * what is said there of room, revoking and dropped messages holds here.
 *
 * - share: the receiver maps the same bytes, with rights that the sender has and names; the sender keeps its own.
 * - move: only the owner can, and only if nobody else maps the region. Its epoch changes: all the mover's tokens of it
 *   are stale; what arrives is valid, and who takes it is the owner. If it is not taken, nobody maps the region until
 *   the manifest lets a restarted process do so. (A restarted process maps what its manifest line says, also what it had
 *   moved on before.)
 * - copy-on-write: both map the same bytes, with the sender's rights, until one of them writes (copy-on-write.ts). Not
 *   for memory that devices reach, nor while somebody else may write it.
 *
 * Share and copy-on-write are the owner's, and of who has GRANT on his capability.
 */

import type { Address } from "../../hal/field.ts";
import type { SlotOfCapability } from "../capability/slot.ts";
import { CapabilitySlot, slotAddress, slotNumber } from "../capability/slot.ts";
import { lookUp } from "../capability/look-up.ts";
import { canHoldMore, derive } from "../capability/mint.ts";
import { deleteSlot } from "../capability/revoke.ts";
import { ObjectType, Right } from "../capability/right.ts";
import { nextHeld } from "../capability/space.ts";
import { copyToken } from "../capability/token.ts";
import { Cost } from "../costs.ts";
import { cross, refuse } from "../crossing.ts";
import { Errno } from "../errno.ts";
import { tokenAt } from "../granted.ts";
import { deliverWithin } from "../ipc/sending.ts";
import { decodeEndpoint } from "../ipc.ts";
import type { Kernel } from "../kernel.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { ProcessRecord } from "../process.ts";
import { RegionKind, RegionMapping, RegionRecord } from "../region.ts";
import { mappingAt } from "./mapping-table.ts";
import { IN_TRANSIT, isMappedBesides, spareBytesMax } from "./spare.ts";

const ACCESS = Right.read | Right.write;

/** Shares the region of `grant` by the message composed at `at`. 0, or errno of a message with a capability, or invalidArgument. */
export function shareRegion(kernel: Kernel, process: number, to: number, at: Address<"SmallMessage">, grant: number, rights: number): number {
  const slot = decodeMapping(kernel, process, grant, false);
  if (slot < 0) return refuse(kernel, process, slot, grant);
  const source = slot as SlotOfCapability;
  if ((rights & ~ACCESS) !== 0 || (rights & Right.read) === 0) return refuse(kernel, process, Errno.invalidArgument, rights);
  if ((CapabilitySlot.rights.get(kernel.ram, source) & rights) !== rights) return refuse(kernel, process, Errno.permissionDenied, grant);
  const status = sendMapping(kernel, process, to, at, source, rights, CapabilitySlot.epoch.get(kernel.ram, source));
  return status < 0 ? refuse(kernel, process, status, grant) : finish(kernel, process, Cost.regionShare);
}

/** Moves the region of `grant`, likewise; resourceBusy while anybody else maps it. */
export function moveRegion(kernel: Kernel, process: number, to: number, at: Address<"SmallMessage">, grant: number): number {
  const { ram } = kernel;
  const slot = decodeMapping(kernel, process, grant, true);
  if (slot < 0) return refuse(kernel, process, slot, grant);
  const source = slot as SlotOfCapability;
  const region = CapabilitySlot.object.get(ram, source);
  if (isMappedBesides(kernel, region, process)) return refuse(kernel, process, Errno.resourceBusy, region);
  const record = kernel.regions.at(region);
  const epoch = (RegionRecord.epoch.get(ram, record) + 1) | 0;
  RegionRecord.owner.set(ram, record, IN_TRANSIT);
  const status = sendMapping(kernel, process, to, at, source, CapabilitySlot.rights.get(ram, source) & ACCESS, epoch);
  if (status < 0) {
    RegionRecord.owner.set(ram, record, process);
    return refuse(kernel, process, status, grant);
  }
  RegionRecord.epoch.set(ram, record, epoch);
  dropStale(kernel, process, region, epoch);
  return finish(kernel, process, Cost.regionMove);
}

/** Shares the region of `grant` copy-on-write, likewise; invalidMemoryRegion for one that could not be copied. */
export function copyRegionOnWrite(kernel: Kernel, process: number, to: number, at: Address<"SmallMessage">, grant: number): number {
  const { ram } = kernel;
  const slot = decodeMapping(kernel, process, grant, false);
  if (slot < 0) return refuse(kernel, process, slot, grant);
  const source = slot as SlotOfCapability;
  const region = CapabilitySlot.object.get(ram, source);
  const record = kernel.regions.at(region);
  if (RegionRecord.devices.get(ram, record) !== 0 || RegionRecord.regionBytes.get(ram, record) > spareBytesMax(kernel)) return refuse(kernel, process, Errno.invalidMemoryRegion, region);
  const frozen = RegionRecord.copyOnWrite.get(ram, record);
  if (frozen === 0 && isWrittenBesides(kernel, region, process)) return refuse(kernel, process, Errno.resourceBusy, region);
  RegionRecord.copyOnWrite.set(ram, record, 1);
  const status = sendMapping(kernel, process, to, at, source, CapabilitySlot.rights.get(ram, source) & ACCESS, CapabilitySlot.epoch.get(ram, source));
  if (status >= 0) return finish(kernel, process, Cost.regionCopyOnWrite);
  RegionRecord.copyOnWrite.set(ram, record, frozen);
  return refuse(kernel, process, status, grant);
}

/** The slot of a capability of a plain region that the process may hand on; invalidCapability, permissionDenied. */
function decodeMapping(kernel: Kernel, process: number, grant: number, asOwner: boolean): number {
  const { ram } = kernel;
  const found = lookUp(ram, kernel.spaces, process, tokenAt(kernel, process, grant), ObjectType.memory, Right.read);
  if (found < 0) return found;
  const slot = found as SlotOfCapability;
  const record = kernel.regions.at(CapabilitySlot.object.get(ram, slot));
  const fresh = RegionRecord.epoch.get(ram, record) === CapabilitySlot.epoch.get(ram, slot);
  if (!fresh || RegionRecord.kind.get(ram, record) !== RegionKind.plain) return Errno.invalidCapability;
  if (RegionRecord.owner.get(ram, record) === process) return slot;
  return asOwner || (CapabilitySlot.rights.get(ram, slot) & Right.grant) === 0 ? Errno.permissionDenied : slot;
}

function isWrittenBesides(kernel: Kernel, region: number, process: number): boolean {
  for (let other = 0; other < kernel.processes.count; other++) {
    if (other !== process && RegionMapping.writing.get(kernel.ram, mappingAt(kernel, region, other)) !== 0) return true;
  }
  return false;
}

/**
 * Sends the message composed at `at` with a capability of the region that has exactly these rights and this epoch. It is
 * made for the message alone, as a child of `source`, and leaves the sender's space at once: what was sent hangs below
 * `source` itself. 0 or errno; a refusal changes nothing.
 */
function sendMapping(kernel: Kernel, process: number, to: number, at: Address<"SmallMessage">, source: SlotOfCapability, rights: number, epoch: number): number {
  const { ram, spaces } = kernel;
  const endpoint = decodeEndpoint(kernel, process, tokenAt(kernel, process, to));
  if (endpoint < 0) return endpoint;
  if (!canHoldMore(kernel, process)) return Errno.resourceExhausted;
  const made = derive(kernel, source, slotNumber(spaces, source), process, rights);
  // Sending asks for GRANT, and takes it off: what arrives has `rights`.
  CapabilitySlot.rights.set(ram, slotAddress(spaces, made), rights | Right.grant);
  CapabilitySlot.epoch.set(ram, slotAddress(spaces, made), epoch);
  const message = (ProcessRecord.arenaBase.get(ram, kernel.processes.at(process)) + at) as Address<"SmallMessage">;
  copyToken(ram, spaces, made, message + SmallMessage.capability.offset);
  SmallMessage.flags.set(ram, message, SmallMessage.flags.get(ram, message) | MessageFlag.hasCapability);
  const status = deliverWithin(kernel, process, endpoint, message, 0, to);
  deleteSlot(kernel, made);
  return status;
}

/** The mover's capabilities of the region are of an older epoch: they leave its space. */
function dropStale(kernel: Kernel, process: number, region: number, epoch: number): void {
  const { ram, spaces } = kernel;
  let after = 0;
  for (let slot = nextHeld(ram, spaces, process, after); slot !== 0; slot = nextHeld(ram, spaces, process, after)) {
    const at = slotAddress(spaces, slot);
    const stale = CapabilitySlot.objectType.get(ram, at) === ObjectType.memory && CapabilitySlot.object.get(ram, at) === region && CapabilitySlot.epoch.get(ram, at) !== epoch;
    if (stale) deleteSlot(kernel, slot);
    // A second-level table goes home with its last slot: then begin anew rather than ask where that one lay.
    after = stale ? 0 : slot;
  }
}

function finish(kernel: Kernel, process: number, cycles: number): number {
  cross(kernel, process, cycles);
  return Errno.ok;
}
