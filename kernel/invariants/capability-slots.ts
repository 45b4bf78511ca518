/** Every slot for a capability is free or in use, in the table of its holder, and nobody holds more than his quota. */

import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, SlotUse, TABLES_MAX } from "../capability/slot.ts";
import { QueueSlot } from "../endpoint.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { eachQueued } from "./queue-lists.ts";
import { firstInFlight, tableOfSlot } from "./capability-places.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const capabilitySlots = checker("capability-slots", "free and used slots are all there are, each in a table of its holder's, and no quota is exceeded", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, capabilityTables, spaces } = tables;
  const perProcess = new Map<number, number>();
  for (let table = 0; table < capabilityTables.count; table++) {
    const owner = CapabilityTable.owner.get(ram, capabilityTables.at(table));
    const used = checkTable(tables, table, owner, say);
    perProcess.set(owner, (perProcess.get(owner) ?? 0) + used);
  }
  for (let process = 0; process < spaces.count; process++) {
    const at = spaces.at(process);
    const used = CapabilitySpace.used.get(ram, at);
    if (used !== (perProcess.get(process) ?? 0)) say(`space ${process}: used`, `it is ${used}; ${perProcess.get(process) ?? 0} are held`);
    if (used > CapabilitySpace.quota.get(ram, at)) say(`space ${process}: quota`, `it is ${CapabilitySpace.quota.get(ram, at)}; ${used} are held`);
    checkPositions(tables, process, say);
  }
  checkInFlight(tables, say);
}

/** How many of the table's slots are held. */
function checkTable(tables: KernelTables, table: number, owner: number, say: Say): number {
  const { ram, slots, capabilityTables, tableBits } = tables;
  const first = 1 + (table << tableBits);
  let used = 0;
  for (let slot = first; slot < first + (1 << tableBits); slot++) {
    const use = CapabilitySlot.use.get(ram, slots.at(slot));
    if (use === SlotUse.free) continue;
    used += 1;
    if (use === SlotUse.inFlight) say(`capability ${slot}: use`, "it travels, and is in a table");
    const holder = CapabilitySlot.holder.get(ram, slots.at(slot));
    if (holder !== owner) say(`capability ${slot}: holder`, `it is process ${holder}; the table is process ${owner}'s`);
  }
  const at = capabilityTables.at(table);
  const said = CapabilityTable.used.get(ram, at);
  if (said !== used) say(`capability table ${table}: used`, `it is ${said}; ${used} are held`);
  const free = freeLength(tables, CapabilityTable.freeSlot.get(ram, at), (slot) => tableOfSlot(tables, slot) === table);
  if (free !== (1 << tableBits) - used) say(`capability table ${table}: freeSlot`, free < 0 ? "its list leads astray" : `${free} are in the list, ${(1 << tableBits) - used} are free`);
  return used;
}

/** Length of a list of free slots; -1 if it leads to one that is not free, not of this place, or has no end. */
function freeLength({ ram, slots }: KernelTables, first: number, belongs: (slot: number) => boolean): number {
  let length = 0;
  for (let slot = first; slot !== 0; slot = CapabilitySlot.nextSibling.get(ram, slots.at(slot))) {
    if (!has(slots, slot) || !belongs(slot) || CapabilitySlot.use.get(ram, slots.at(slot)) !== SlotUse.free || length > slots.count) return -1;
    length += 1;
  }
  return length;
}

/** The space names its tables, and they name it. */
function checkPositions({ ram, spaces, capabilityTables }: KernelTables, process: number, say: Say): void {
  for (let position = 0; position < TABLES_MAX; position++) {
    const table = ram.u8[CapabilitySpace.tables.at(spaces.at(process)) + position] - 1;
    if (table < 0) continue;
    const at = has(capabilityTables, table) ? capabilityTables.at(table) : null;
    if (at === null || CapabilityTable.owner.get(ram, at) !== process || CapabilityTable.position.get(ram, at) !== position) say(`space ${process}: tables`, `at ${position} it names table ${table}, which is not its own there`);
  }
}

/** Slots that queued messages carry, each by one of them. */
function namedByMessages(tables: KernelTables, say: Say): Set<number> {
  const { ram, slots } = tables;
  const named = new Set<number>();
  eachQueued(tables, (queued, endpoint, index) => {
    const message = QueueSlot.message.at(queued);
    if ((SmallMessage.flags.get(ram, message) & MessageFlag.hasCapability) === 0) return;
    const slot = SmallMessage.capability.low(ram, message);
    const travels = slot >= firstInFlight(tables) && has(slots, slot) && CapabilitySlot.use.get(ram, slots.at(slot)) !== SlotUse.free;
    if (!travels || named.has(slot)) say(`endpoint ${endpoint}: slot ${index}: capability`, `it is ${slot}, which ${travels ? "another message carries too" : "is none that travels"}`);
    named.add(slot);
  });
  return named;
}

function checkInFlight(tables: KernelTables, say: Say): void {
  const { ram, slots, capabilityState } = tables;
  const named = namedByMessages(tables, say);
  let used = 0;
  for (let slot = firstInFlight(tables); slot < slots.count; slot++) {
    const use = CapabilitySlot.use.get(ram, slots.at(slot));
    if (use !== SlotUse.free) used += 1;
    if (use === SlotUse.held) say(`capability ${slot}: use`, "it is held, and has no place in a table");
    if (use !== SlotUse.free && !named.has(slot)) say(`capability ${slot}: use`, "it travels, and no queued message carries it");
  }
  const said = CapabilityState.inFlight.get(ram, capabilityState);
  if (said !== used) say("capabilities: inFlight", `it is ${said}; ${used} travel`);
  const free = freeLength(tables, CapabilityState.freeInFlight.get(ram, capabilityState), (slot) => slot >= firstInFlight(tables));
  if (free !== slots.count - firstInFlight(tables) - used) say("capabilities: freeInFlight", free < 0 ? "its list leads astray" : `${free} are in the list`);
}
