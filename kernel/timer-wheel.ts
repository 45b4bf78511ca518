/**
 * The timer wheel (upstream `timer/mod.rs`, whose wheel is a scanned table): slots of lists, a timer in the slot of its
 * deadline modulo the number of slots. All that are due fire on their tick, in the order in which they were armed;
 * arming and cancelling take constant time. An id carries a count that never repeats, so a stale id finds nothing.
 *
 * Behind the timers that processes arm lies one more for each process: the kernel's own, which ends that process's wait
 * when its time is up. It has no id, takes no process's place, and fires in the same order as the others.
 */

import type { Address } from "../hal/field.ts";
import { i32, u64 } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import { Errno } from "./errno.ts";
import { NONE } from "./process.ts";

export const TimerRecord = layout("TimerRecord", 48, {
  /** Count of arming, from 1; 0 in a free record. */
  serial: u64("identity"),
  deadlineTick: u64("time"),
  /** 0 for a one-shot timer. */
  periodTicks: i32,
  process: i32,
  bits: i32,
  next: i32,
  previous: i32,
  reserved: i32("scratch"),
  reserved1: u64("scratch"),
});

export const WheelSlot = layout("WheelSlot", 8, { head: i32, tail: i32 });

export const WheelState = layout("WheelState", 24, {
  nextSerial: u64("identity"),
  freeHead: i32,
  armed: i32,
  /** Waits included. */
  oneShots: i32,
  fired: i32("statistic"),
});

export interface TimerWheel {
  readonly state: Address<"WheelState">;
  readonly slots: Table<"WheelSlot">;
  /** Those that processes arm, then the wait of each process. */
  readonly timers: Table<"TimerRecord">;
  /** How many of them processes may arm. */
  readonly armable: number;
}

/** An id is serial * 1024 + index: below 2^53 for 2^43 armings. */
const INDEX_SPAN = 1024;

export function formatWheel(ram: Memory, wheel: TimerWheel): void {
  WheelState.nextSerial.set(ram, wheel.state, 1);
  WheelState.freeHead.set(ram, wheel.state, 0);
  for (let index = 0; index < wheel.armable; index++) {
    TimerRecord.next.set(ram, wheel.timers.at(index), index + 1 < wheel.armable ? index + 1 : NONE);
  }
  for (let index = 0; index < wheel.slots.count; index++) {
    WheelSlot.head.set(ram, wheel.slots.at(index), NONE);
    WheelSlot.tail.set(ram, wheel.slots.at(index), NONE);
  }
}

/** The timer's id (> 0), invalidArgument for a delay below 1 or a negative period, resourceExhausted when all are armed. */
export function armTimer(ram: Memory, wheel: TimerWheel, nowTick: number, process: number, delayTicks: number, periodTicks: number, bits: number): number {
  // `| 0` keeps whole numbers below 2^31 as they are, and nothing else.
  if (!(delayTicks >= 1 && (delayTicks | 0) === delayTicks && periodTicks >= 0 && (periodTicks | 0) === periodTicks)) return Errno.invalidArgument;
  const index = WheelState.freeHead.get(ram, wheel.state);
  if (index === NONE) return Errno.resourceExhausted;
  const timer = wheel.timers.at(index);
  WheelState.freeHead.set(ram, wheel.state, TimerRecord.next.get(ram, timer));
  WheelState.armed.add(ram, wheel.state, 1);
  return arm(ram, wheel, index, process, nowTick + delayTicks, periodTicks, bits) * INDEX_SPAN + index;
}

/** Puts the timer at `index`, which is not on the wheel, on it. Its serial. */
function arm(ram: Memory, wheel: TimerWheel, index: number, process: number, deadlineTick: number, periodTicks: number, bits: number): number {
  const timer = wheel.timers.at(index);
  const serial = WheelState.nextSerial.get(ram, wheel.state);
  WheelState.nextSerial.set(ram, wheel.state, serial + 1);
  TimerRecord.serial.set(ram, timer, serial);
  TimerRecord.deadlineTick.set(ram, timer, deadlineTick);
  TimerRecord.periodTicks.set(ram, timer, periodTicks);
  TimerRecord.process.set(ram, timer, process);
  TimerRecord.bits.set(ram, timer, bits);
  link(ram, wheel, index, timer);
  if (periodTicks === 0) WheelState.oneShots.add(ram, wheel.state, 1);
  return serial;
}

/** Lets the process's wait end at `deadlineTick`, which is still to come. Its wait timer is not on the wheel. */
export function armWait(ram: Memory, wheel: TimerWheel, process: number, deadlineTick: number): void {
  arm(ram, wheel, wheel.armable + process, process, deadlineTick, 0, 0);
}

/** The process waits no more: its wait timer, which is on the wheel, comes off. */
export function disarmWait(ram: Memory, wheel: TimerWheel, process: number): void {
  const index = wheel.armable + process;
  const timer = wheel.timers.at(index);
  unlink(ram, wheel, timer);
  release(ram, wheel, index, timer);
}

/** True if the timer at `index` is a process's wait, and no timer of its own. */
export function isWait(wheel: TimerWheel, index: number): boolean {
  return index >= wheel.armable;
}

/** 0, or notFound: no such timer is armed for this process. */
export function cancelTimer(ram: Memory, wheel: TimerWheel, process: number, id: number): number {
  const index = id % INDEX_SPAN;
  if (!(id > 0 && Number.isSafeInteger(id) && index < wheel.armable)) return Errno.notFound;
  const timer = wheel.timers.at(index);
  const serial = TimerRecord.serial.get(ram, timer);
  if (serial === 0 || serial !== Math.floor(id / INDEX_SPAN) || TimerRecord.process.get(ram, timer) !== process) return Errno.notFound;
  unlink(ram, wheel, timer);
  release(ram, wheel, index, timer);
  return Errno.ok;
}

/** Cancels every timer of a process that ended; its wait is not among them. */
export function cancelTimersOf(ram: Memory, wheel: TimerWheel, process: number): void {
  for (let index = 0; index < wheel.armable; index++) {
    const timer = wheel.timers.at(index);
    if (TimerRecord.serial.get(ram, timer) === 0 || TimerRecord.process.get(ram, timer) !== process) continue;
    unlink(ram, wheel, timer);
    release(ram, wheel, index, timer);
  }
}

/**
 * The next timer that is due at `tick`, taken off the wheel (a periodic one armed again, its overshoot accounted: the
 * next deadline counts from this one); NONE when no more are. Its record's `process` and `bits` stay readable until the
 * next call.
 */
export function takeDue(ram: Memory, wheel: TimerWheel, tick: number): number {
  let index = WheelSlot.head.get(ram, wheel.slots.at(tick % wheel.slots.count));
  while (index !== NONE) {
    const timer = wheel.timers.at(index);
    if (TimerRecord.deadlineTick.get(ram, timer) <= tick) {
      unlink(ram, wheel, timer);
      if (!isWait(wheel, index)) WheelState.fired.add(ram, wheel.state, 1);
      const period = TimerRecord.periodTicks.get(ram, timer);
      if (period === 0) release(ram, wheel, index, timer);
      else {
        TimerRecord.deadlineTick.set(ram, timer, TimerRecord.deadlineTick.get(ram, timer) + period);
        link(ram, wheel, index, timer);
      }
      return index;
    }
    index = TimerRecord.next.get(ram, timer);
  }
  return NONE;
}

function link(ram: Memory, wheel: TimerWheel, index: number, timer: Address<"TimerRecord">): void {
  const slot = wheel.slots.at(TimerRecord.deadlineTick.get(ram, timer) % wheel.slots.count);
  const tail = WheelSlot.tail.get(ram, slot);
  TimerRecord.previous.set(ram, timer, tail);
  TimerRecord.next.set(ram, timer, NONE);
  if (tail === NONE) WheelSlot.head.set(ram, slot, index);
  else TimerRecord.next.set(ram, wheel.timers.at(tail), index);
  WheelSlot.tail.set(ram, slot, index);
}

function unlink(ram: Memory, wheel: TimerWheel, timer: Address<"TimerRecord">): void {
  const slot = wheel.slots.at(TimerRecord.deadlineTick.get(ram, timer) % wheel.slots.count);
  const previous = TimerRecord.previous.get(ram, timer);
  const next = TimerRecord.next.get(ram, timer);
  if (previous === NONE) WheelSlot.head.set(ram, slot, next);
  else TimerRecord.next.set(ram, wheel.timers.at(previous), next);
  if (next === NONE) WheelSlot.tail.set(ram, slot, previous);
  else TimerRecord.previous.set(ram, wheel.timers.at(next), previous);
}

function release(ram: Memory, wheel: TimerWheel, index: number, timer: Address<"TimerRecord">): void {
  if (TimerRecord.periodTicks.get(ram, timer) === 0) WheelState.oneShots.add(ram, wheel.state, -1);
  TimerRecord.serial.set(ram, timer, 0);
  if (isWait(wheel, index)) return;
  WheelState.armed.add(ram, wheel.state, -1);
  TimerRecord.next.set(ram, timer, WheelState.freeHead.get(ram, wheel.state));
  WheelState.freeHead.set(ram, wheel.state, index);
}
