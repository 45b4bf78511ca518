/**
 * Tokens: 64 bits as VeridianOS lays them out (upstream `cap/token.rs`): id 48, generation 8 (from bit 48), type 4 (bit
 * 56), flags 4 (bit 60); 0 is the null token. Upstream's id is opaque; here its low 12 bits are the slot in the holder's
 * space, and the 36 bits above are a number that counts all tokens ever made.
 *
 * That number is why a token never comes back. The generation counts how often a slot was filled and begins anew after
 * 255; after 256 fillings a slot has its old generation again, but the number above it is another one, and the whole
 * token is compared. When all 2^36 - 1 numbers are used up, nothing is made any more: the kernel refuses with
 * resourceExhausted rather than begin anew.
 */

import type { Memory } from "../../hal/memory.ts";
import type { CapabilitySpaces } from "./slot.ts";
import { CapabilitySlot, CapabilityState, CapabilityTable, slotAddress } from "./slot.ts";
import { tokenFlags } from "./right.ts";

/** Bits of a token's id that say which slot of its holder's it is. */
export const SLOT_BITS = 12;
export const SLOT_MASK = (1 << SLOT_BITS) - 1;
/** Lowest of the type's four bits in a token's high word. */
export const TYPE_BIT = 24;
const LOW_BITS = 32 - SLOT_BITS;
/** `CapabilityState.nextHigh` when the last number is used. */
export const NUMBERS_END = 1 << 16;

/** True while there is a number for one more token. */
export function hasNumber(ram: Memory, spaces: CapabilitySpaces): boolean {
  return CapabilityState.nextHigh.get(ram, spaces.state) < NUMBERS_END;
}

/** Writes a token that never was before into a slot of a process's table, its type and rights already set; hasNumber() has been asked. */
export function writeToken(ram: Memory, spaces: CapabilitySpaces, slot: number): void {
  const { state } = spaces;
  const at = slotAddress(spaces, slot);
  const uniqueLow = CapabilityState.nextLow.get(ram, state);
  const uniqueHigh = CapabilityState.nextHigh.get(ram, state);
  const carries = uniqueLow + 1 === 1 << LOW_BITS;
  CapabilityState.nextLow.set(ram, state, carries ? 0 : uniqueLow + 1);
  if (carries) CapabilityState.nextHigh.set(ram, state, uniqueHigh + 1);
  const generation = (CapabilitySlot.generation.get(ram, at) + 1) & 0xff;
  CapabilitySlot.generation.set(ram, at, generation);
  const type = CapabilitySlot.objectType.get(ram, at);
  const flags = tokenFlags(CapabilitySlot.rights.get(ram, at));
  CapabilitySlot.token.setWords(ram, at, (uniqueLow << SLOT_BITS) | slotIndex(ram, spaces, slot), uniqueHigh | (generation << 16) | (type << TYPE_BIT) | (flags << 28));
}

/** Which of its holder's slots this is. */
function slotIndex(ram: Memory, spaces: CapabilitySpaces, slot: number): number {
  const table = spaces.tables.at((slot - 1) >> spaces.tableBits);
  return (CapabilityTable.position.get(ram, table) << spaces.tableBits) + ((slot - 1) & ((1 << spaces.tableBits) - 1));
}

/** Copies the slot's token to RAM address `tokenAt`. */
export function copyToken(ram: Memory, spaces: CapabilitySpaces, slot: number, tokenAt: number): void {
  const at = slotAddress(spaces, slot);
  ram.i32[tokenAt >> 2] = CapabilitySlot.token.low(ram, at);
  ram.i32[(tokenAt >> 2) + 1] = CapabilitySlot.token.high(ram, at);
}
