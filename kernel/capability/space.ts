/**
 * The slots of a process, on two levels: its direct table, and as many second-level tables as its quota needs, taken
 * from a pool of the machine when the ones before are full and given back when they are empty. Slots are taken and
 * returned in a number of steps that does not depend on how many are in use.
 */

import type { Memory } from "../../hal/memory.ts";
import { NONE } from "../process.ts";
import type { CapabilitySpaces } from "./slot.ts";
import { CapabilitySlot, CapabilitySpace, CapabilityState, CapabilityTable, SlotUse, TABLES_MAX, slotAddress } from "./slot.ts";

/** Writes the tables of a new machine. `quotas`: most capabilities of each process. */
export function formatSpaces(ram: Memory, spaces: CapabilitySpaces, quotas: readonly number[]): void {
  const { state, tables } = spaces;
  CapabilityState.nextLow.set(ram, state, 1);
  CapabilityState.freeTable.set(ram, state, tables.count > quotas.length ? quotas.length : NONE);
  for (let index = 0; index < tables.count; index++) {
    const table = tables.at(index);
    const direct = index < quotas.length;
    CapabilityTable.owner.set(ram, table, direct ? index : NONE);
    CapabilityTable.nextTable.set(ram, table, direct || index + 1 === tables.count ? NONE : index + 1);
    const first = 1 + (index << spaces.tableBits);
    CapabilityTable.freeSlot.set(ram, table, first);
    chainFree(ram, spaces, first, first + (1 << spaces.tableBits));
  }
  const inFlight = spaces.slots.count - spaces.firstInFlight;
  CapabilityState.freeInFlight.set(ram, state, inFlight > 0 ? spaces.firstInFlight : 0);
  chainFree(ram, spaces, spaces.firstInFlight, spaces.slots.count);
  quotas.forEach((quota, process) => {
    CapabilitySpace.quota.set(ram, spaces.spaces.at(process), quota);
    setTable(ram, spaces, process, 0, process);
  });
}

function chainFree(ram: Memory, spaces: CapabilitySpaces, from: number, end: number): void {
  for (let slot = from; slot < end; slot++) {
    CapabilitySlot.holder.set(ram, slotAddress(spaces, slot), NONE);
    CapabilitySlot.nextSibling.set(ram, slotAddress(spaces, slot), slot + 1 < end ? slot + 1 : 0);
  }
}

function setTable(ram: Memory, spaces: CapabilitySpaces, process: number, position: number, table: number): void {
  ram.u8[CapabilitySpace.tables.at(spaces.spaces.at(process)) + position] = table + 1;
}

/** The number of the process's table at `position`, or NONE. */
export function tableAt(ram: Memory, spaces: CapabilitySpaces, process: number, position: number): number {
  return ram.u8[CapabilitySpace.tables.at(spaces.spaces.at(process)) + position] - 1;
}

/** True if the process may hold one more and there is a slot for it. */
export function hasRoom(ram: Memory, spaces: CapabilitySpaces, process: number): boolean {
  const space = spaces.spaces.at(process);
  if (CapabilitySpace.used.get(ram, space) >= CapabilitySpace.quota.get(ram, space)) return false;
  return roomyTable(ram, spaces, process) !== NONE || CapabilityState.freeTable.get(ram, spaces.state) !== NONE;
}

/** The first of the process's tables with a free slot, or NONE. */
function roomyTable(ram: Memory, spaces: CapabilitySpaces, process: number): number {
  for (let position = 0; position < TABLES_MAX; position++) {
    const table = tableAt(ram, spaces, process, position);
    if (table !== NONE && CapabilityTable.freeSlot.get(ram, spaces.tables.at(table)) !== 0) return table;
  }
  return NONE;
}

/** Takes a slot for the process; hasRoom() has been asked. Its number. */
export function takeSlot(ram: Memory, spaces: CapabilitySpaces, process: number): number {
  const roomy = roomyTable(ram, spaces, process);
  const table = spaces.tables.at(roomy !== NONE ? roomy : addTable(ram, spaces, process));
  const slot = CapabilityTable.freeSlot.get(ram, table);
  const at = slotAddress(spaces, slot);
  CapabilityTable.freeSlot.set(ram, table, CapabilitySlot.nextSibling.get(ram, at));
  CapabilityTable.used.add(ram, table, 1);
  CapabilitySlot.nextSibling.set(ram, at, 0);
  const space = spaces.spaces.at(process);
  const used = CapabilitySpace.used.get(ram, space) + 1;
  CapabilitySpace.used.set(ram, space, used);
  if (used > CapabilitySpace.usedPeak.get(ram, space)) CapabilitySpace.usedPeak.set(ram, space, used);
  return slot;
}

/** A table of the pool becomes the process's. The quota leaves a position free: it is at most that of TABLES_MAX tables. */
function addTable(ram: Memory, spaces: CapabilitySpaces, process: number): number {
  const number = CapabilityState.freeTable.get(ram, spaces.state);
  const table = spaces.tables.at(number);
  CapabilityState.freeTable.set(ram, spaces.state, CapabilityTable.nextTable.get(ram, table));
  let position = 1;
  while (tableAt(ram, spaces, process, position) !== NONE) position += 1;
  CapabilityTable.owner.set(ram, table, process);
  CapabilityTable.position.set(ram, table, position);
  CapabilityTable.nextTable.set(ram, table, NONE);
  setTable(ram, spaces, process, position, number);
  return number;
}

/** Gives a slot back; it is in nobody's tree any more. */
export function returnSlot(ram: Memory, spaces: CapabilitySpaces, slot: number): void {
  const number = (slot - 1) >> spaces.tableBits;
  const table = spaces.tables.at(number);
  const at = slotAddress(spaces, slot);
  const process = CapabilityTable.owner.get(ram, table);
  emptySlot(ram, spaces, slot);
  CapabilitySlot.nextSibling.set(ram, at, CapabilityTable.freeSlot.get(ram, table));
  CapabilityTable.freeSlot.set(ram, table, slot);
  const used = CapabilityTable.used.get(ram, table) - 1;
  CapabilityTable.used.set(ram, table, used);
  CapabilitySpace.used.add(ram, spaces.spaces.at(process), -1);
  if (used > 0 || CapabilityTable.position.get(ram, table) === 0) return;
  setTable(ram, spaces, process, CapabilityTable.position.get(ram, table), NONE);
  CapabilityTable.owner.set(ram, table, NONE);
  CapabilityTable.position.set(ram, table, 0);
  CapabilityTable.nextTable.set(ram, table, CapabilityState.freeTable.get(ram, spaces.state));
  CapabilityState.freeTable.set(ram, spaces.state, number);
}

/** Leaves nothing in the slot but how often it was filled. */
export function emptySlot(ram: Memory, spaces: CapabilitySpaces, slot: number): void {
  const at = slotAddress(spaces, slot);
  CapabilitySlot.token.setWords(ram, at, 0, 0);
  CapabilitySlot.object.set(ram, at, 0);
  CapabilitySlot.epoch.set(ram, at, 0);
  CapabilitySlot.objectType.set(ram, at, 0);
  CapabilitySlot.rights.set(ram, at, 0);
  CapabilitySlot.use.set(ram, at, SlotUse.free);
  CapabilitySlot.holder.set(ram, at, NONE);
}

/** The process's next held slot after number `after` (0: the first), in the order of its tables; 0 if there is none. */
export function nextHeld(ram: Memory, spaces: CapabilitySpaces, process: number, after: number): number {
  const size = 1 << spaces.tableBits;
  let position = after === 0 ? 0 : CapabilityTable.position.get(ram, spaces.tables.at((after - 1) >> spaces.tableBits));
  let offset = after === 0 ? 0 : ((after - 1) & (size - 1)) + 1;
  for (; position < TABLES_MAX; position++, offset = 0) {
    const table = tableAt(ram, spaces, process, position);
    if (table === NONE) continue;
    for (; offset < size; offset++) {
      const slot = 1 + (table << spaces.tableBits) + offset;
      if (CapabilitySlot.use.get(ram, slotAddress(spaces, slot)) === SlotUse.held) return slot;
    }
  }
  return 0;
}
