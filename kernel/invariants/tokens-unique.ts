/** A token names one slot: its own, of its holder, filled as often as it says. No two are alike, and none is ahead of the count. */

import { CapabilitySlot, CapabilityState, SlotUse } from "../capability/slot.ts";
import { SLOT_BITS } from "../capability/token.ts";
import { tokenFlags } from "../capability/right.ts";
import { indexInSpace, tableOfSlot, tokenText } from "./capability-places.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

export const tokensUnique = checker("tokens-unique", "each token says its slot, type and generation, carries a number below the next, and is like no other", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, slots } = tables;
  const next = nextNumber(tables);
  const numbers = new Map<number, number>();
  for (let slot = 1; slot < slots.count; slot++) {
    const at = slots.at(slot);
    if (CapabilitySlot.use.get(ram, at) !== SlotUse.held || tableOfSlot(tables, slot) < 0) continue;
    const number = tokenNumber(CapabilitySlot.token.low(ram, at), CapabilitySlot.token.high(ram, at));
    if (number >= next) say(`capability ${slot}: token`, `its number is ${number}; the next to be given out is ${next}`);
    const other = numbers.get(number);
    if (other !== undefined) say(`capability ${slot}: token`, `its number ${number} is that of capability ${other} too`);
    numbers.set(number, slot);
    checkToken(tables, slot, say);
  }
}

function checkToken(tables: KernelTables, slot: number, say: Say): void {
  const { ram, slots } = tables;
  const at = slots.at(slot);
  const high = CapabilitySlot.token.high(ram, at);
  const flags = tokenFlags(CapabilitySlot.rights.get(ram, at));
  const said = [
    ["slot", CapabilitySlot.token.low(ram, at) & ((1 << SLOT_BITS) - 1), indexInSpace(tables, slot)],
    ["generation", (high >>> 16) & 0xff, CapabilitySlot.generation.get(ram, at)],
    ["type", (high >>> 24) & 0xf, CapabilitySlot.objectType.get(ram, at)],
    // A right that was taken away since stays in the flags: they are for people.
    ["flags", (high >>> 28) & flags, flags],
  ] as const;
  for (const [what, token, own] of said) {
    if (token !== own) say(`capability ${slot}: token`, `${tokenText(CapabilitySlot.token.low(ram, at), high)} says ${what} ${token}; the slot says ${own}`);
  }
}

/** The unique number in a token. */
export function tokenNumber(low: number, high: number): number {
  return (high & 0xffff) * 2 ** (32 - SLOT_BITS) + (low >>> SLOT_BITS);
}

/** The number that the next token gets. */
export function nextNumber({ ram, capabilityState }: KernelTables): number {
  return CapabilityState.nextHigh.get(ram, capabilityState) * 2 ** (32 - SLOT_BITS) + CapabilityState.nextLow.get(ram, capabilityState);
}
