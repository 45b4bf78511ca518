/**
 * The derivation tree: which capability was made from which. Slot 0 is the root, its children are what boot minted.
 * Nothing here recurses, and no walk takes more than two steps for each slot it concerns.
 */

import type { Memory } from "../../hal/memory.ts";
import type { CapabilitySpaces } from "./slot.ts";
import { CapabilitySlot, slotAddress } from "./slot.ts";

/** Makes `slot`, which is in no tree, the first child of `parent`. */
export function linkSlot(ram: Memory, spaces: CapabilitySpaces, parent: number, slot: number): void {
  const at = slotAddress(spaces, slot);
  const above = slotAddress(spaces, parent);
  const sibling = CapabilitySlot.firstChild.get(ram, above);
  CapabilitySlot.parent.set(ram, at, parent);
  CapabilitySlot.firstChild.set(ram, at, 0);
  CapabilitySlot.previousSibling.set(ram, at, 0);
  CapabilitySlot.nextSibling.set(ram, at, sibling);
  if (sibling !== 0) CapabilitySlot.previousSibling.set(ram, slotAddress(spaces, sibling), slot);
  CapabilitySlot.firstChild.set(ram, above, slot);
}

/** Takes `slot` out of the tree; its children take its place under its parent. */
export function unlinkSlot(ram: Memory, spaces: CapabilitySpaces, slot: number): void {
  const at = slotAddress(spaces, slot);
  const parent = CapabilitySlot.parent.get(ram, at);
  const previous = CapabilitySlot.previousSibling.get(ram, at);
  const next = CapabilitySlot.nextSibling.get(ram, at);
  const first = CapabilitySlot.firstChild.get(ram, at);
  const last = adopt(ram, spaces, parent, first);
  join(ram, spaces, parent, previous, first !== 0 ? first : next);
  if (first !== 0) join(ram, spaces, parent, last, next);
  CapabilitySlot.parent.set(ram, at, 0);
  CapabilitySlot.firstChild.set(ram, at, 0);
  CapabilitySlot.nextSibling.set(ram, at, 0);
  CapabilitySlot.previousSibling.set(ram, at, 0);
}

/** Tells the children from `first` on that `parent` is theirs; the last of them. */
function adopt(ram: Memory, spaces: CapabilitySpaces, parent: number, first: number): number {
  let last = 0;
  for (let child = first; child !== 0; child = CapabilitySlot.nextSibling.get(ram, slotAddress(spaces, child))) {
    CapabilitySlot.parent.set(ram, slotAddress(spaces, child), parent);
    last = child;
  }
  return last;
}

/** Lets `next` follow `previous` (0: be the first child of `parent`). */
function join(ram: Memory, spaces: CapabilitySpaces, parent: number, previous: number, next: number): void {
  if (previous === 0) CapabilitySlot.firstChild.set(ram, slotAddress(spaces, parent), next);
  else CapabilitySlot.nextSibling.set(ram, slotAddress(spaces, previous), next);
  if (next !== 0) CapabilitySlot.previousSibling.set(ram, slotAddress(spaces, next), previous);
}

/** The first slot below `slot` that has no children; `slot` itself if it has none. */
export function firstLeaf(ram: Memory, spaces: CapabilitySpaces, slot: number): number {
  let leaf = slot;
  for (let child = leaf; child !== 0; child = CapabilitySlot.firstChild.get(ram, slotAddress(spaces, child))) leaf = child;
  return leaf;
}

/** The slot after `slot` in a walk through everything below `top`, parents before their children; 0 at the end. */
export function nextBelow(ram: Memory, spaces: CapabilitySpaces, top: number, slot: number): number {
  const child = CapabilitySlot.firstChild.get(ram, slotAddress(spaces, slot));
  if (child !== 0) return child;
  let at = slot;
  while (at !== top) {
    const sibling = CapabilitySlot.nextSibling.get(ram, slotAddress(spaces, at));
    if (sibling !== 0) return sibling;
    at = CapabilitySlot.parent.get(ram, slotAddress(spaces, at));
  }
  return 0;
}
