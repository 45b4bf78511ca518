/** Making capabilities: out of nothing, at boot and at a restart only, or as the child of one that is held. */

import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { beginHolding } from "./dependents.ts";
import type { SlotOfCapability } from "./slot.ts";
import { CapabilitySlot, CapabilityState, SlotUse, slotAddress } from "./slot.ts";
import { hasRoom, takeSlot } from "./space.ts";
import { copyToken, hasNumber, writeToken } from "./token.ts";
import { linkSlot } from "./tree.ts";

/**
 * A new capability of `process` by the manifest's authority; its token at RAM address `tokenAt`. 0, or
 * resourceExhausted when the quota is used up, no table is left, or there is no number for another token.
 */
export function mint(kernel: Kernel, process: number, objectType: number, object: number, epoch: number, rights: number, tokenAt: number): number {
  const { ram, spaces } = kernel;
  if (!canHoldMore(kernel, process)) return Errno.resourceExhausted;
  // ---- nothing below can fail ----
  const slot = takeSlot(ram, spaces, process);
  fill(kernel, slot, process, objectType, object, epoch, rights, 0);
  copyToken(ram, spaces, slot, tokenAt);
  CapabilityState.minted.add(ram, spaces.state, 1);
  return Errno.ok;
}

/** True if `process` can be given one more capability. */
export function canHoldMore(kernel: Kernel, process: number): boolean {
  return hasRoom(kernel.ram, kernel.spaces, process) && hasNumber(kernel.ram, kernel.spaces);
}

/**
 * What `source` holds, with those of its rights that are in `rights`, held by `process` as a child of slot `parent`: the
 * number of its slot. canHoldMore() has been asked.
 */
export function derive(kernel: Kernel, source: SlotOfCapability, parent: number, process: number, rights: number): number {
  const { ram, spaces } = kernel;
  const slot = takeSlot(ram, spaces, process);
  const kept = CapabilitySlot.rights.get(ram, source) & rights;
  fill(kernel, slot, process, CapabilitySlot.objectType.get(ram, source), CapabilitySlot.object.get(ram, source), CapabilitySlot.epoch.get(ram, source), kept, parent);
  return slot;
}

function fill(kernel: Kernel, slot: number, process: number, objectType: number, object: number, epoch: number, rights: number, parent: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  CapabilitySlot.object.set(ram, at, object);
  CapabilitySlot.epoch.set(ram, at, epoch);
  CapabilitySlot.objectType.set(ram, at, objectType);
  CapabilitySlot.rights.set(ram, at, rights);
  CapabilitySlot.use.set(ram, at, SlotUse.held);
  CapabilitySlot.holder.set(ram, at, process);
  linkSlot(ram, spaces, parent, slot);
  if (kernel.seams.writeToken !== null) kernel.seams.writeToken(kernel, slot);
  else writeToken(ram, spaces, slot);
  beginHolding(kernel, slot);
}
