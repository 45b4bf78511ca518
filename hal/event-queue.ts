/**
 * What the devices will do: a binary heap of events in RAM, the earliest first, in the order of (cycle, sequence). Its
 * size is fixed; an event too many is a panic, because devices bound what they have under way. Nothing is allocated.
 * A slot beyond the last event is all zero, so that two queues with the same events behind them hash alike.
 */

import { assert, panic } from "./assert.ts";
import type { Clock } from "./clock.ts";
import type { Address } from "./field.ts";
import { i32, u16, u64 } from "./field.ts";
import type { Table } from "./layout.ts";
import { layout } from "./layout.ts";
import type { Memory } from "./memory.ts";
import type { RamPlan } from "./ram-plan.ts";

export const EventRecord = layout("EventRecord", 24, {
  cycle: u64("time"),
  /** In the order of scheduling; wraps, and is compared by difference. */
  sequence: i32("identity"),
  argument: i32,
  device: u16,
  kind: u16,
  reserved: i32,
});

export const EventQueueRecord = layout("EventQueueRecord", 8, {
  count: i32,
  nextSequence: i32("identity"),
});

export interface EventQueueParts {
  readonly state: Address<"EventQueueRecord">;
  readonly heap: Table<"EventRecord">;
}

const WORDS = EventRecord.size >> 2;
const SIGN = -0x8000_0000;

export class EventQueue {
  readonly #ram: Memory;
  readonly #state: Address<"EventQueueRecord">;
  readonly #base: number;
  readonly #slots: number;

  static plan(plan: RamPlan, slots: number): EventQueueParts {
    return Object.freeze({ state: plan.record("events.state", EventQueueRecord), heap: plan.records("events", EventRecord, slots) });
  }

  constructor(ram: Memory, parts: EventQueueParts) {
    this.#ram = ram;
    this.#state = parts.state;
    this.#base = parts.heap.base;
    this.#slots = parts.heap.count;
    Object.freeze(this);
  }

  powerOn(): void {
    this.#ram.fill(this.#state, EventQueueRecord.size, 0);
    this.#ram.fill(this.#base, this.#slots * EventRecord.size, 0);
  }

  count(): number {
    return EventQueueRecord.count.get(this.#ram, this.#state);
  }

  /** Cycle of the earliest event; -1 if there is none. */
  headCycle(): number {
    return this.count() === 0 ? -1 : EventRecord.cycle.get(this.#ram, this.#at(0));
  }

  /** Of the earliest event; there must be one. */
  headDevice(): number {
    return EventRecord.device.get(this.#ram, this.#at(0));
  }

  headKind(): number {
    return EventRecord.kind.get(this.#ram, this.#at(0));
  }

  headArgument(): number {
    return EventRecord.argument.get(this.#ram, this.#at(0));
  }

  push(device: number, kind: number, argument: number, cycle: number): void {
    const ram = this.#ram;
    const count = this.count();
    if (count === this.#slots) panic(`the event queue is full: ${count} events are under way`);
    const sequence = EventQueueRecord.nextSequence.get(ram, this.#state);
    const at = this.#at(count);
    EventRecord.cycle.set(ram, at, cycle);
    EventRecord.sequence.set(ram, at, sequence);
    EventRecord.argument.set(ram, at, argument);
    EventRecord.device.set(ram, at, device);
    EventRecord.kind.set(ram, at, kind);
    EventQueueRecord.nextSequence.set(ram, this.#state, (sequence + 1) | 0);
    EventQueueRecord.count.set(ram, this.#state, count + 1);
    this.#siftUp(count);
  }

  /** Removes the earliest event; there must be one. */
  dropHead(): void {
    const last = this.count() - 1;
    assert(last >= 0, "an event is taken from an empty queue");
    EventQueueRecord.count.set(this.#ram, this.#state, last);
    if (last > 0) this.#move(0, last);
    this.#clear(last);
    if (last > 1) this.#siftDown(0, last);
  }

  /** Is an event of that kind of that device among them? */
  holds(device: number, kind: number): boolean {
    for (let i = 0; i < this.count(); i++) {
      const at = this.#at(i);
      if (EventRecord.device.get(this.#ram, at) === device && EventRecord.kind.get(this.#ram, at) === kind) return true;
    }
    return false;
  }

  /** Removes every event of a device. */
  cancel(device: number): void {
    const ram = this.#ram;
    const before = this.count();
    let kept = 0;
    for (let i = 0; i < before; i++) {
      if (EventRecord.device.get(ram, this.#at(i)) === device) continue;
      if (kept !== i) this.#move(kept, i);
      kept += 1;
    }
    for (let i = kept; i < before; i++) this.#clear(i);
    EventQueueRecord.count.set(ram, this.#state, kept);
    for (let i = (kept >> 1) - 1; i >= 0; i--) this.#siftDown(i, kept);
  }

  #at(index: number): Address<"EventRecord"> {
    return (this.#base + index * EventRecord.size) as Address<"EventRecord">;
  }

  #before(left: number, right: number): boolean {
    const ram = this.#ram;
    const a = this.#at(left);
    const b = this.#at(right);
    const high = EventRecord.cycle.high(ram, a) - EventRecord.cycle.high(ram, b);
    if (high !== 0) return high < 0;
    const lowA = EventRecord.cycle.low(ram, a) ^ SIGN;
    const lowB = EventRecord.cycle.low(ram, b) ^ SIGN;
    if (lowA !== lowB) return lowA < lowB;
    return ((EventRecord.sequence.get(ram, a) - EventRecord.sequence.get(ram, b)) | 0) < 0;
  }

  #siftUp(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #siftDown(from: number, count: number): void {
    let index = from;
    for (;;) {
      let first = 2 * index + 1;
      if (first >= count) return;
      if (first + 1 < count && this.#before(first + 1, first)) first += 1;
      if (!this.#before(first, index)) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #move(to: number, from: number): void {
    const words = this.#ram.i32;
    const target = this.#at(to) >> 2;
    const source = this.#at(from) >> 2;
    for (let i = 0; i < WORDS; i++) words[target + i] = words[source + i];
  }

  #swap(left: number, right: number): void {
    const words = this.#ram.i32;
    const a = this.#at(left) >> 2;
    const b = this.#at(right) >> 2;
    for (let i = 0; i < WORDS; i++) {
      const word = words[a + i];
      words[a + i] = words[b + i];
      words[b + i] = word;
    }
  }

  #clear(index: number): void {
    const words = this.#ram.i32;
    const target = this.#at(index) >> 2;
    for (let i = 0; i < WORDS; i++) words[target + i] = 0;
  }
}

/** Tells the clock what is due next, and answers it: the next tick, or the earliest event if that is before it. */
export function refreshDueCycle(clock: Clock, events: EventQueue): number {
  const tick = clock.nextTickCycle();
  const head = events.headCycle();
  const due = head >= 0 && head < tick ? head : tick;
  clock.setDueCycle(due);
  return due;
}
