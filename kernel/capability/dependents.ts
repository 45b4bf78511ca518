/**
 * What hangs on a capability outside its slot: the count of a region's mappings, an interrupt that its holder bound, the
 * message in the holder's registers that brought it. Told when a capability begins to be held and before it ceases to
 * be, by whatever way: nothing else needs to know the ways.
 */

import { forgetTokens } from "../ipc/token-cache.ts";
import type { Kernel } from "../kernel.ts";
import { InterruptBinding } from "../kernel.ts";
import { countMapping, countWriting } from "../memory/mapping.ts";
import { SmallMessage } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";
import { ObjectType, Right } from "./right.ts";
import { CapabilitySlot, CapabilitySpace, slotAddress } from "./slot.ts";

/** `slot` is held from now on. */
export function beginHolding(kernel: Kernel, slot: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  if (CapabilitySlot.objectType.get(ram, at) !== ObjectType.memory) return;
  countMapping(kernel, CapabilitySlot.object.get(ram, at), CapabilitySlot.holder.get(ram, at), CapabilitySlot.rights.get(ram, at), 1);
}

/** `slot`, still whole, is about to be emptied. */
export function endHolding(kernel: Kernel, slot: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  const object = CapabilitySlot.object.get(ram, at);
  const holder = CapabilitySlot.holder.get(ram, at);
  switch (CapabilitySlot.objectType.get(ram, at)) {
    case ObjectType.memory:
      countMapping(kernel, object, holder, CapabilitySlot.rights.get(ram, at), -1);
      break;
    case ObjectType.interrupt:
      unbind(kernel, holder, object);
      break;
    case ObjectType.endpoint:
      forgetTokens(kernel, holder);
      break;
  }
  const space = spaces.spaces.at(holder);
  if (CapabilitySpace.arrived.get(ram, space) !== slot) return;
  // The message that brought it has not been handled to its end: it shows none from now on.
  CapabilitySpace.arrived.set(ram, space, 0);
  SmallMessage.capability.setWords(ram, ProcessRecord.registers.at(kernel.processes.at(holder)), 0, 0);
}

/** `slot`, held, is about to lose these rights. */
export function loseRights(kernel: Kernel, slot: number, lost: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  if (CapabilitySlot.objectType.get(ram, at) === ObjectType.endpoint) forgetTokens(kernel, CapabilitySlot.holder.get(ram, at));
  const writes = (CapabilitySlot.rights.get(ram, at) & lost & Right.write) !== 0;
  if (writes && CapabilitySlot.objectType.get(ram, at) === ObjectType.memory) countWriting(kernel, CapabilitySlot.object.get(ram, at), CapabilitySlot.holder.get(ram, at), -1);
}

/** The line raises no notification of this process any more. Who holds a second right to the line may bind it again. */
function unbind(kernel: Kernel, process: number, line: number): void {
  const { ram } = kernel;
  const binding = kernel.bindings.at(line);
  if (InterruptBinding.process.get(ram, binding) !== process) return;
  InterruptBinding.process.set(ram, binding, NONE);
  kernel.board.interrupts.mask(line);
}
