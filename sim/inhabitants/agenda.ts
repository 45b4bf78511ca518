/**
 * What comes when: entries in a binary heap by (due, order), so that of those that are due at once the smaller order goes
 * first. What `due` counts, cycles or ticks, is their owners' affair. An entry is part of its owner's record, knows its
 * place, and can be taken out from anywhere; zeroed it stands in no agenda. Nothing is allocated here.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";

export const AgendaEntry = layout("AgendaEntry", 16, {
  due: u64("time"),
  order: i32("identity"),
  /** Place in the heap plus 1; 0: in none. */
  place: i32("identity"),
});

export const Agenda = layout("Agenda", 24, {
  /** Table of the entries' addresses: the heap. */
  slotsAt: i32,
  slots: i32,
  count: i32,
  peak: i32("statistic"),
  /** Of the next entry that is put in the order in which they come; goes round. */
  orders: i32("identity"),
  reserved: i32,
});

export type AgendaAddress = Address<"Agenda">;
export type EntryAddress = Address<"AgendaEntry">;

export const NO_ENTRY = 0 as EntryAddress;

/** An agenda without entries, zeroed before, of at most `slots` entries; as many words lie at `slotsAt`. */
export function agendaOpen(memory: Memory, agenda: AgendaAddress, slotsAt: number, slots: number): void {
  Agenda.slotsAt.set(memory, agenda, slotsAt);
  Agenda.slots.set(memory, agenda, slots);
}

/** The entry, which stands in none, is due then, behind all that were put so before and are due at once with it. False when the agenda is full. */
export function agendaPut(memory: Memory, agenda: AgendaAddress, entry: EntryAddress, due: number): boolean {
  const order = Agenda.orders.get(memory, agenda);
  if (!agendaPutAs(memory, agenda, entry, due, order)) return false;
  Agenda.orders.set(memory, agenda, (order + 1) | 0);
  return true;
}

/** The same with an order of the caller's own. */
export function agendaPutAs(memory: Memory, agenda: AgendaAddress, entry: EntryAddress, due: number, order: number): boolean {
  const count = Agenda.count.get(memory, agenda);
  if (count === Agenda.slots.get(memory, agenda)) return false;
  AgendaEntry.due.set(memory, entry, due);
  AgendaEntry.order.set(memory, entry, order);
  Agenda.count.set(memory, agenda, count + 1);
  if (count + 1 > Agenda.peak.get(memory, agenda)) Agenda.peak.set(memory, agenda, count + 1);
  settle(memory, agenda, entry, count);
  return true;
}

/** The entry that is due next; NO_ENTRY if there is none. */
export function agendaFirst(memory: Memory, agenda: AgendaAddress): EntryAddress {
  return Agenda.count.get(memory, agenda) === 0 ? NO_ENTRY : entryAt(memory, agenda, 0);
}

/** The entry stands in the agenda no more, if it did. */
export function agendaTake(memory: Memory, agenda: AgendaAddress, entry: EntryAddress): void {
  const place = AgendaEntry.place.get(memory, entry) - 1;
  if (place < 0) return;
  AgendaEntry.place.set(memory, entry, 0);
  const last = Agenda.count.get(memory, agenda) - 1;
  Agenda.count.set(memory, agenda, last);
  if (place !== last) settle(memory, agenda, entryAt(memory, agenda, last), place);
}

/** Puts an entry where it belongs, `place` being free. */
function settle(memory: Memory, agenda: AgendaAddress, entry: EntryAddress, place: number): void {
  const count = Agenda.count.get(memory, agenda);
  let at = place;
  while (at > 0) {
    const parent = entryAt(memory, agenda, (at - 1) >> 1);
    if (!isEarlier(memory, entry, parent)) break;
    setEntry(memory, agenda, at, parent);
    at = (at - 1) >> 1;
  }
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isEarlier(memory, entryAt(memory, agenda, child + 1), entryAt(memory, agenda, child))) child += 1;
    const other = entryAt(memory, agenda, child);
    if (!isEarlier(memory, other, entry)) break;
    setEntry(memory, agenda, at, other);
    at = child;
  }
  setEntry(memory, agenda, at, entry);
}

function isEarlier(memory: Memory, one: EntryAddress, other: EntryAddress): boolean {
  const difference = AgendaEntry.due.get(memory, one) - AgendaEntry.due.get(memory, other);
  return difference < 0 || (difference === 0 && ((AgendaEntry.order.get(memory, one) - AgendaEntry.order.get(memory, other)) | 0) < 0);
}

function entryAt(memory: Memory, agenda: AgendaAddress, place: number): EntryAddress {
  return memory.i32[(Agenda.slotsAt.get(memory, agenda) >> 2) + place] as EntryAddress;
}

function setEntry(memory: Memory, agenda: AgendaAddress, place: number, entry: EntryAddress): void {
  memory.i32[(Agenda.slotsAt.get(memory, agenda) >> 2) + place] = entry;
  AgendaEntry.place.set(memory, entry, place + 1);
}
