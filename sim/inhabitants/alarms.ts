/**
 * Alarms of things that are numbered from 0: each has at most one, at a cycle. Where cycles are the same they go off by
 * number, so that what happens first does not depend on what was set first (agenda.ts). Nothing here can fail.
 */

import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";
import type { AgendaAddress, EntryAddress } from "./agenda.ts";
import { Agenda, AgendaEntry, NO_ENTRY, agendaFirst, agendaOpen, agendaPutAs, agendaTake } from "./agenda.ts";

/** Alarms for `count` numbers, none set: an Agenda, its slots, and an entry for each number. Its address, or -5. */
export function alarmsCreate(heap: Heap, count: number): number {
  const slotsAt = Agenda.size + count * AgendaEntry.size;
  const bytes = slotsAt + count * 4;
  const at = heap.allocate(bytes);
  if (at < 0) return at;
  heap.memory.fill(at, bytes, 0);
  agendaOpen(heap.memory, at as AgendaAddress, at + slotsAt, count);
  return at;
}

/** The alarm of `number` goes off at that cycle, and not when it was set for before. */
export function alarmSet(memory: Memory, alarms: AgendaAddress, number: number, cycle: number): void {
  const alarm = alarmOf(alarms, number);
  agendaTake(memory, alarms, alarm);
  agendaPutAs(memory, alarms, alarm, cycle, number);
}

/** The alarm of `number` does not go off. */
export function alarmClear(memory: Memory, alarms: AgendaAddress, number: number): void {
  agendaTake(memory, alarms, alarmOf(alarms, number));
}

/** Cycle at which the next alarm goes off; -1 if none is set. */
export function alarmsNextCycle(memory: Memory, alarms: AgendaAddress): number {
  const next = agendaFirst(memory, alarms);
  return next === NO_ENTRY ? -1 : AgendaEntry.due.get(memory, next);
}

/** Number of the next alarm if it goes off by `cycle`: it is cleared. -1 if there is none. */
export function alarmsTake(memory: Memory, alarms: AgendaAddress, cycle: number): number {
  const next = agendaFirst(memory, alarms);
  if (next === NO_ENTRY || AgendaEntry.due.get(memory, next) > cycle) return -1;
  agendaTake(memory, alarms, next);
  return (next - alarmOf(alarms, 0)) / AgendaEntry.size;
}

function alarmOf(alarms: AgendaAddress, number: number): EntryAddress {
  return (alarms + Agenda.size + number * AgendaEntry.size) as EntryAddress;
}
