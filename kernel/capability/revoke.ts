/**
 * The ends of capabilities. Revoking takes everything that was derived from one, wherever it is: in other spaces, in
 * caches, in queued messages. Deleting takes only the one: its children live on under its parent, as in seL4, and so do
 * those of a process that ends, since what it handed on was the parent's to lend. All walks are loops, of at most two
 * steps for each slot concerned.
 */

import type { Kernel } from "../kernel.ts";
import { NONE } from "../process.ts";
import { endHolding, loseRights } from "./dependents.ts";
import { CapabilitySlot, CapabilityState, SlotUse, TABLES_MAX, slotAddress } from "./slot.ts";
import { returnSlot, tableAt } from "./space.ts";
import { firstLeaf, nextBelow, unlinkSlot } from "./tree.ts";

/** Takes away all that was derived from the capability in `slot`, which itself stays. How many there were. */
export function revokeBelow(kernel: Kernel, slot: number): number {
  const { ram, spaces } = kernel;
  let count = 0;
  let leaf = firstLeaf(ram, spaces, slot);
  while (leaf !== slot) {
    const parent = CapabilitySlot.parent.get(ram, slotAddress(spaces, leaf));
    take(kernel, leaf);
    count += 1;
    leaf = firstLeaf(ram, spaces, parent);
  }
  CapabilityState.revoked.add(ram, spaces.state, count);
  return count;
}

/** Ends the capability in `slot`; what was derived from it belongs to its parent now. */
export function deleteSlot(kernel: Kernel, slot: number): void {
  take(kernel, slot);
  CapabilityState.deleted.add(kernel.ram, kernel.spaces.state, 1);
}

function take(kernel: Kernel, slot: number): void {
  const { ram, spaces } = kernel;
  const at = slotAddress(spaces, slot);
  if (CapabilitySlot.use.get(ram, at) === SlotUse.inFlight) {
    // The message that carries it still names this slot: it is free again when the message is taken or dropped.
    unlinkSlot(ram, spaces, slot);
    CapabilitySlot.use.set(ram, at, SlotUse.revoked);
    return;
  }
  endHolding(kernel, slot);
  unlinkSlot(ram, spaces, slot);
  returnSlot(ram, spaces, slot);
}

/** The capability in `slot`, and all that was derived from it, keep only those of their rights that are in `rights`. How many lost one. */
export function restrictTree(kernel: Kernel, slot: number, rights: number): number {
  const { ram, spaces } = kernel;
  let changed = 0;
  let next = slot;
  do {
    const at = slotAddress(spaces, next);
    const had = CapabilitySlot.rights.get(ram, at);
    if ((had & ~rights) !== 0) {
      if (CapabilitySlot.use.get(ram, at) === SlotUse.held) loseRights(kernel, next, ~rights);
      CapabilitySlot.rights.set(ram, at, had & rights);
      changed += 1;
    }
    next = nextBelow(ram, spaces, slot, next);
  } while (next !== 0);
  return changed;
}

/** Ends all capabilities of a process that has ended. Those that it sent and nobody has taken yet have left it. */
export function clearSpace(kernel: Kernel, process: number): void {
  const { ram, spaces } = kernel;
  for (let position = 0; position < TABLES_MAX; position++) {
    const table = tableAt(ram, spaces, process, position);
    if (table === NONE) continue;
    const first = 1 + (table << spaces.tableBits);
    for (let slot = first; slot < first + (1 << spaces.tableBits); slot++) {
      if (CapabilitySlot.use.get(ram, slotAddress(spaces, slot)) === SlotUse.held) take(kernel, slot);
    }
  }
}
