/**
 * Alarms of things that are numbered from 0: each has at most one, at a cycle. A binary heap by cycle, and by number where
 * cycles are the same, so that what happens first does not depend on what was set first. Nothing here can fail.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Heap } from "../../kernel/heap.ts";

export const Alarms = layout("Alarms", 16, {
  /** Records of the alarms, and the heap of their numbers: addresses. */
  alarmsAt: i32,
  numbersAt: i32,
  /** How many are set. */
  set: i32,
  reserved: i32,
});

export const Alarm = layout("Alarm", 16, {
  cycle: u64("time"),
  /** Place in the heap plus 1; 0: not set. */
  place: i32("identity"),
  reserved: i32,
});

type AlarmsAddress = Address<"Alarms">;

/** Alarms for `count` numbers, none set. Its address, or -5. */
export function alarmsCreate(heap: Heap, count: number): number {
  const bytes = Alarms.size + count * (Alarm.size + 4);
  const at = heap.allocate(bytes);
  if (at < 0) return at;
  heap.memory.fill(at, bytes, 0);
  Alarms.alarmsAt.set(heap.memory, at as AlarmsAddress, at + Alarms.size);
  Alarms.numbersAt.set(heap.memory, at as AlarmsAddress, at + Alarms.size + count * Alarm.size);
  return at;
}

/** The alarm of `number` goes off at that cycle, and not when it was set for before. */
export function alarmSet(memory: Memory, alarms: AlarmsAddress, number: number, cycle: number): void {
  const alarm = alarmOf(memory, alarms, number);
  let place = Alarm.place.get(memory, alarm) - 1;
  if (place < 0) {
    place = Alarms.set.get(memory, alarms);
    Alarms.set.set(memory, alarms, place + 1);
  }
  Alarm.cycle.set(memory, alarm, cycle);
  settle(memory, alarms, climb(memory, alarms, place, number), number, Alarms.set.get(memory, alarms));
}

/** The alarm of `number` does not go off. */
export function alarmClear(memory: Memory, alarms: AlarmsAddress, number: number): void {
  const alarm = alarmOf(memory, alarms, number);
  const place = Alarm.place.get(memory, alarm) - 1;
  if (place < 0) return;
  Alarm.place.set(memory, alarm, 0);
  const last = Alarms.set.get(memory, alarms) - 1;
  Alarms.set.set(memory, alarms, last);
  if (place === last) return;
  const moved = numberAt(memory, alarms, last);
  settle(memory, alarms, climb(memory, alarms, place, moved), moved, last);
}

/** Cycle at which the next alarm goes off; -1 if none is set. */
export function alarmsNextCycle(memory: Memory, alarms: AlarmsAddress): number {
  return Alarms.set.get(memory, alarms) === 0 ? -1 : Alarm.cycle.get(memory, alarmOf(memory, alarms, numberAt(memory, alarms, 0)));
}

/** Number of the next alarm if it goes off by `cycle`: it is cleared. -1 if there is none. */
export function alarmsTake(memory: Memory, alarms: AlarmsAddress, cycle: number): number {
  const next = alarmsNextCycle(memory, alarms);
  if (next < 0 || next > cycle) return -1;
  const number = numberAt(memory, alarms, 0);
  alarmClear(memory, alarms, number);
  return number;
}

/** Moves a number from `place` upwards as far as it belongs; where it then stands. */
function climb(memory: Memory, alarms: AlarmsAddress, place: number, number: number): number {
  let at = place;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = numberAt(memory, alarms, parent);
    if (!isEarlier(memory, alarms, number, other)) break;
    put(memory, alarms, at, other);
    at = parent;
  }
  put(memory, alarms, at, number);
  return at;
}

/** Moves a number from `place` downwards as far as it belongs, in a heap of `count`. */
function settle(memory: Memory, alarms: AlarmsAddress, place: number, number: number, count: number): void {
  let at = place;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isEarlier(memory, alarms, numberAt(memory, alarms, child + 1), numberAt(memory, alarms, child))) child += 1;
    const other = numberAt(memory, alarms, child);
    if (!isEarlier(memory, alarms, other, number)) break;
    put(memory, alarms, at, other);
    at = child;
  }
  put(memory, alarms, at, number);
}

function isEarlier(memory: Memory, alarms: AlarmsAddress, one: number, other: number): boolean {
  const difference = Alarm.cycle.get(memory, alarmOf(memory, alarms, one)) - Alarm.cycle.get(memory, alarmOf(memory, alarms, other));
  return difference < 0 || (difference === 0 && one < other);
}

function alarmOf(memory: Memory, alarms: AlarmsAddress, number: number): Address<"Alarm"> {
  return (Alarms.alarmsAt.get(memory, alarms) + number * Alarm.size) as Address<"Alarm">;
}

function numberAt(memory: Memory, alarms: AlarmsAddress, place: number): number {
  return memory.i32[(Alarms.numbersAt.get(memory, alarms) >> 2) + place];
}

function put(memory: Memory, alarms: AlarmsAddress, place: number, number: number): void {
  memory.i32[(Alarms.numbersAt.get(memory, alarms) >> 2) + place] = number;
  Alarm.place.set(memory, alarmOf(memory, alarms, number), place + 1);
}
