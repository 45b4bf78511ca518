/** Each armed timer is once in the wheel, in the slot of its deadline, and its deadline is still to come. */

import { ClockRecord } from "../../hal/clock.ts";
import { TimerRecord, WheelSlot } from "../timer-wheel.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { walkList, wide } from "./tables.ts";

export const timersInSlots = checker("timers-in-slots", "each armed timer is once in the wheel, in the slot of its deadline, which is still to come", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, timers, wheelSlots, clock } = tables;
  const handled = wide(ClockRecord.ticks, ram, clock) - ClockRecord.unhandledTicks.get(ram, clock);
  const seen = new Set<number>();
  for (let slot = 0; slot < wheelSlots.count; slot++) {
    const at = wheelSlots.at(slot);
    let last = -1;
    const wrong = walkList(timers, WheelSlot.head.get(ram, at), (timer) => TimerRecord.next.get(ram, timers.at(timer)), (timer, before) => {
      const record = timers.at(timer);
      last = timer;
      if (seen.has(timer)) return `timer ${timer} is there twice`;
      seen.add(timer);
      if (wide(TimerRecord.serial, ram, record) === 0) return `timer ${timer} is free`;
      if (TimerRecord.previous.get(ram, record) !== before) say(`timer ${timer}: previous`, `it is ${TimerRecord.previous.get(ram, record)}; the one before is ${before}`);
      const deadline = wide(TimerRecord.deadlineTick, ram, record);
      if (deadline % wheelSlots.count !== slot) say(`timer ${timer}: deadlineTick`, `it is ${deadline}, and in slot ${slot} of ${wheelSlots.count}`);
      if (deadline <= handled) say(`timer ${timer}: deadlineTick`, `it is ${deadline}; tick ${handled} has been taken`);
      return "";
    });
    if (wrong !== "") say(`timer slot ${slot}: head`, wrong);
    else if (WheelSlot.tail.get(ram, at) !== last) say(`timer slot ${slot}: tail`, `it is ${WheelSlot.tail.get(ram, at)}; the last is ${last}`);
  }
  for (let timer = 0; timer < timers.count; timer++) {
    if (wide(TimerRecord.serial, ram, timers.at(timer)) !== 0 && !seen.has(timer)) say(`timer ${timer}: next`, "it is armed, and in no slot of the wheel");
  }
}
