/** The system calls about capabilities: what context.ts offers, over the tables of the kernel. */

import type { SlotOfCapability } from "./capability.ts";
import { CapabilitySlot, CapabilitySpace, ObjectType, Right, TIMER_OBJECT, findHeld } from "./capability.ts";
import { ObjectKind, packIdentity } from "./capability/identity.ts";
import { canHoldMore, derive } from "./capability/mint.ts";
import { deleteSlot, restrictTree, revokeBelow } from "./capability/revoke.ts";
import { CapabilityState, slotNumber } from "./capability/slot.ts";
import { copyToken } from "./capability/token.ts";
import { Cost } from "./costs.ts";
import { cross, refuse } from "./crossing.ts";
import { Errno } from "./errno.ts";
import { tokenAt } from "./granted.ts";
import type { Kernel } from "./kernel.ts";
import { trace } from "./kernel.ts";
import { ProcessRecord } from "./process.ts";
import { RegionRecord } from "./region.ts";
import { Delivery } from "./service.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** The slot of the token at `token` of the process's memory if it carries `right`, else invalidCapability or permissionDenied. */
function governed(kernel: Kernel, process: number, token: number, right: number): number {
  const slot = findHeld(kernel.ram, kernel.spaces, process, tokenAt(kernel, process, token));
  if (slot < 0) return slot;
  return (CapabilitySlot.rights.get(kernel.ram, slot as SlotOfCapability) & right) !== right ? Errno.permissionDenied : slot;
}

function areRights(rights: number): boolean {
  return (rights & 0xff) === rights;
}

export function deriveCapability(kernel: Kernel, process: number, source: number, rights: number, target: number): number {
  const { ram, spaces } = kernel;
  const to = tokenAt(kernel, process, target);
  const slot = governed(kernel, process, source, Right.create);
  if (slot < 0) return refuse(kernel, process, slot, source);
  if (!areRights(rights)) return refuse(kernel, process, Errno.invalidArgument, rights);
  if ((CapabilitySlot.rights.get(ram, slot as SlotOfCapability) & rights) === 0) return refuse(kernel, process, Errno.permissionDenied, source);
  if (!canHoldMore(kernel, process)) return refuse(kernel, process, Errno.resourceExhausted, source);
  // ---- nothing below can fail ----
  const made = derive(kernel, slot as SlotOfCapability, slotNumber(spaces, slot as SlotOfCapability), process, rights);
  copyToken(ram, spaces, made, to);
  CapabilityState.derived.add(ram, spaces.state, 1);
  cross(kernel, process, 0);
  return Errno.ok;
}

export function revokeCapability(kernel: Kernel, process: number, token: number): number {
  const slot = governed(kernel, process, token, Right.revoke);
  if (slot < 0) return refuse(kernel, process, slot, token);
  const count = revokeBelow(kernel, slotNumber(kernel.spaces, slot as SlotOfCapability));
  trace(kernel, KernelTrace.revoked, process, count);
  cross(kernel, process, count * Cost.capabilityEach);
  return count;
}

export function restrictCapability(kernel: Kernel, process: number, token: number, rights: number): number {
  const slot = governed(kernel, process, token, Right.modify);
  if (slot < 0) return refuse(kernel, process, slot, token);
  if (!areRights(rights)) return refuse(kernel, process, Errno.invalidArgument, rights);
  const count = restrictTree(kernel, slotNumber(kernel.spaces, slot as SlotOfCapability), rights);
  cross(kernel, process, count * Cost.capabilityEach);
  return count;
}

export function deleteCapability(kernel: Kernel, process: number, token: number): number {
  const slot = governed(kernel, process, token, Right.delete);
  if (slot < 0) return refuse(kernel, process, slot, token);
  deleteSlot(kernel, slotNumber(kernel.spaces, slot as SlotOfCapability));
  cross(kernel, process, 0);
  return Errno.ok;
}

export function identifyCapability(kernel: Kernel, process: number, token: number): number {
  const { ram } = kernel;
  const found = governed(kernel, process, token, 0);
  if (found < 0) return refuse(kernel, process, found, token);
  const slot = found as SlotOfCapability;
  const type = CapabilitySlot.objectType.get(ram, slot);
  const object = CapabilitySlot.object.get(ram, slot);
  let kind: number = ObjectKind.plain;
  if (type === ObjectType.device && object === TIMER_OBJECT) kind = ObjectKind.timer;
  else if (type === ObjectType.memory) {
    const region = kernel.regions.at(object);
    if (RegionRecord.epoch.get(ram, region) !== CapabilitySlot.epoch.get(ram, slot)) return refuse(kernel, process, Errno.invalidCapability, token);
    kind = RegionRecord.kind.get(ram, region);
  }
  return packIdentity(type, CapabilitySlot.rights.get(ram, slot), kind);
}

export function takeCapability(kernel: Kernel, process: number, target: number): number {
  const { ram, spaces } = kernel;
  const to = tokenAt(kernel, process, target);
  const delivery = ProcessRecord.delivery.get(ram, kernel.processes.at(process));
  const space = spaces.spaces.at(process);
  const slot = CapabilitySpace.arrived.get(ram, space);
  // Before its own handler runs, a message may wait in the registers behind a notification.
  if ((delivery !== Delivery.message && delivery !== Delivery.reply) || slot === 0) return refuse(kernel, process, Errno.invalidMessage, 0);
  copyToken(ram, spaces, slot, to);
  CapabilitySpace.arrived.set(ram, space, 0);
  return Errno.ok;
}
