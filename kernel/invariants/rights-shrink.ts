/** A capability that was made from another allows nothing that the other does not, and names the same object. */

import { CapabilitySlot, SlotUse } from "../capability/slot.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const rightsShrink = checker("rights-shrink", "a derived capability has no right that its parent lacks, and names the same object", check);

function check({ ram, slots }: KernelTables, say: Say): void {
  for (let slot = 1; slot < slots.count; slot++) {
    const at = slots.at(slot);
    const use = CapabilitySlot.use.get(ram, at);
    const parent = CapabilitySlot.parent.get(ram, at);
    if ((use !== SlotUse.held && use !== SlotUse.inFlight) || parent === 0 || !has(slots, parent)) continue;
    const above = slots.at(parent);
    const gained = CapabilitySlot.rights.get(ram, at) & ~CapabilitySlot.rights.get(ram, above);
    if (gained !== 0) say(`capability ${slot}: rights`, `it has 0x${gained.toString(16)} that its parent ${parent} lacks`);
    for (const field of [CapabilitySlot.objectType, CapabilitySlot.object, CapabilitySlot.epoch]) {
      if (field.get(ram, at) !== field.get(ram, above)) say(`capability ${slot}: ${field.name}`, `it is ${field.get(ram, at)}; that of its parent ${parent} is ${field.get(ram, above)}`);
    }
  }
}
