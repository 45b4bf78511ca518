/**
 * The derivation tree is one tree: from the manifest's slot 0 each capability that is held, or travels, is reached once,
 * and nothing else is; so revoking finds all there is.
 */

import { CapabilitySlot, SlotUse } from "../capability/slot.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const noOrphans = checker("no-orphans", "each capability is reached once from the root of the derivation tree, and nothing but capabilities is", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, slots } = tables;
  if (slots.count === 0) return;
  const reached = new Set<number>([0]);
  const open = [0];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) open.push(...childrenOf(tables, parent, reached, say));
  for (let slot = 1; slot < slots.count; slot++) {
    const use = CapabilitySlot.use.get(ram, slots.at(slot));
    const lives = use === SlotUse.held || use === SlotUse.inFlight;
    if (use > SlotUse.revoked) say(`capability ${slot}: use`, `it is ${use}, which means nothing`);
    if (lives && !reached.has(slot)) say(`capability ${slot}: parent`, "it is in use, and in nobody's list of children");
    if (!lives && reached.has(slot)) say(`capability ${slot}: use`, "it is not in use, and in a list of children");
  }
}

/** The children of a slot that were not reached before. */
function childrenOf(tables: KernelTables, parent: number, reached: Set<number>, say: Say): number[] {
  const { ram, slots } = tables;
  const found: number[] = [];
  let before = 0;
  for (let child = CapabilitySlot.firstChild.get(ram, slots.at(parent)); child !== 0; ) {
    const link = before === 0 ? `capability ${parent}: firstChild` : `capability ${before}: nextSibling`;
    if (!has(slots, child) || reached.has(child)) {
      say(link, has(slots, child) ? `it leads to ${child}, where the walk has been already` : `it leads to ${child}; there are ${slots.count}`);
      break;
    }
    reached.add(child);
    found.push(child);
    const at = slots.at(child);
    if (CapabilitySlot.parent.get(ram, at) !== parent) say(`capability ${child}: parent`, `it is ${CapabilitySlot.parent.get(ram, at)}; it is among the children of ${parent}`);
    if (CapabilitySlot.previousSibling.get(ram, at) !== before) say(`capability ${child}: previousSibling`, `it is ${CapabilitySlot.previousSibling.get(ram, at)}; the one before is ${before}`);
    before = child;
    child = CapabilitySlot.nextSibling.get(ram, at);
  }
  return found;
}
