/**
 * From a token to its slot, in a number of steps that does not depend on how many there are. A number is valid only for
 * the process in whose slot exactly this number stands: whoever guesses can only hit what is his already.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { Errno } from "../errno.ts";
import type { CapabilitySpaces, SlotOfCapability } from "./slot.ts";
import { CapabilitySlot, CapabilitySpace, TABLES_MAX } from "./slot.ts";
import { SLOT_BITS, TYPE_BIT } from "./token.ts";

// Constants of this module are known to the compiler, those of another are loaded each time: a sixth of a look-up.
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const TYPE_SHIFT = TYPE_BIT;
const TYPE_MASK = 0xf;

/**
 * The slot of the token whose two words lie at RAM address `tokenAt`, if this process holds it, it names an object of
 * this type and carries all these rights; else invalidCapability (not held, stale, other type) or permissionDenied.
 */
export function lookUp(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number, objectType: number, rights: number): number {
  const low = ram.i32[tokenAt >> 2];
  const high = ram.i32[(tokenAt >> 2) + 1];
  const index = low & SLOT_MASK;
  if (index >= spaces.tableSlots) return lookUpSecondLevel(ram, spaces, process, tokenAt, objectType, rights);
  const slot = (spaces.firstSlot + (process * spaces.tableSlots + index) * CapabilitySlot.size) as SlotOfCapability;
  // A slot that is not held has the null token: whoever has another one, and finds it there, holds it.
  if (CapabilitySlot.token.low(ram, slot) !== low || CapabilitySlot.token.high(ram, slot) !== high) return Errno.invalidCapability;
  if ((low | high) === 0) return Errno.invalidCapability;
  // The token is the slot's own, so its type is the slot's.
  if (((high >> TYPE_SHIFT) & TYPE_MASK) !== objectType) return Errno.invalidCapability;
  if ((CapabilitySlot.rights.get(ram, slot) & rights) !== rights) return Errno.permissionDenied;
  return slot;
}

/** The same where the token's slot is not in the direct table. */
function lookUpSecondLevel(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number, objectType: number, rights: number): number {
  const slot = findHeld(ram, spaces, process, tokenAt) as SlotOfCapability;
  if (slot < 0 || CapabilitySlot.objectType.get(ram, slot) !== objectType) return Errno.invalidCapability;
  return (CapabilitySlot.rights.get(ram, slot) & rights) === rights ? slot : Errno.permissionDenied;
}

/** The same for an object of any type and whatever rights: the slot's address, or invalidCapability. */
export function findHeld(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number): number {
  const low = ram.i32[tokenAt >> 2];
  const high = ram.i32[(tokenAt >> 2) + 1];
  const slot = slotOf(ram, spaces, process, low & SLOT_MASK);
  const held = (low | high) !== 0 && CapabilitySlot.token.low(ram, slot) === low && CapabilitySlot.token.high(ram, slot) === high;
  return held ? slot : Errno.invalidCapability;
}

/** Where the process's slot `index` is; slot 0, where no token is, if the process has no such table. */
function slotOf(ram: Memory, spaces: CapabilitySpaces, process: number, index: number): SlotOfCapability {
  const position = index >> spaces.tableBits;
  const table = position < TABLES_MAX ? ram.u8[CapabilitySpace.tables.at((spaces.spaces.base + process * CapabilitySpace.size) as Address<"CapabilitySpace">) + position] : 0;
  return (table === 0 ? spaces.slots.base : spaces.firstSlot + (((table - 1) << spaces.tableBits) + (index & (spaces.tableSlots - 1))) * CapabilitySlot.size) as SlotOfCapability;
}
