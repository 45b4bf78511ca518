/**
 * From a token to its slot, in a number of steps that does not depend on how many there are. A number is valid only for
 * the process in whose slot exactly this number stands: whoever guesses can only hit what is his already.
 */

import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import { NONE } from "../process.ts";
import type { CapabilitySpaces, SlotOfCapability } from "./slot.ts";
import { CapabilitySlot, SlotUse, TABLES_MAX, slotAddress } from "./slot.ts";
import { tableAt } from "./space.ts";
import { SLOT_MASK } from "./token.ts";

/**
 * The slot of the token whose two words lie at RAM address `tokenAt`, if this process holds it, it names an object of
 * this type and carries all these rights; else invalidCapability (not held, stale, other type) or permissionDenied.
 */
export function lookUp(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number, objectType: number, rights: number): number {
  const slot = findHeld(ram, spaces, process, tokenAt);
  if (slot < 0) return slot;
  if (CapabilitySlot.objectType.get(ram, slot as SlotOfCapability) !== objectType) return Errno.invalidCapability;
  if ((CapabilitySlot.rights.get(ram, slot as SlotOfCapability) & rights) !== rights) return Errno.permissionDenied;
  return slot;
}

/** The same for an object of any type and whatever rights: the slot's address, or invalidCapability. */
export function findHeld(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number): number {
  const low = ram.i32[tokenAt >> 2];
  const high = ram.i32[(tokenAt >> 2) + 1];
  const index = low & SLOT_MASK;
  const direct = index >> spaces.tableBits === 0;
  const slot = (direct ? spaces.firstSlot + ((process << spaces.tableBits) + index) * CapabilitySlot.size : secondLevel(ram, spaces, process, index)) as SlotOfCapability;
  if (slot < 0 || CapabilitySlot.use.get(ram, slot) !== SlotUse.held) return Errno.invalidCapability;
  if (CapabilitySlot.token.low(ram, slot) !== low || CapabilitySlot.token.high(ram, slot) !== high) return Errno.invalidCapability;
  return slot;
}

/** The address of the process's slot `index`, which is not in its direct table; below 0 where it has no table. */
function secondLevel(ram: Memory, spaces: CapabilitySpaces, process: number, index: number): number {
  const position = index >> spaces.tableBits;
  const table = position < TABLES_MAX ? tableAt(ram, spaces, process, position) : NONE;
  if (table === NONE) return NONE;
  return slotAddress(spaces, 1 + (table << spaces.tableBits) + (index & ((1 << spaces.tableBits) - 1)));
}
