/** The timers that are armed, the next to fire first. */

import { wide } from "../../kernel/invariants/tables.ts";
import { TimerRecord } from "../../kernel/timer-wheel.ts";
import type { Dump } from "./dump.ts";
import { cycleOf, tickOf } from "./dump.ts";
import { nameOf } from "./names.ts";

export interface TimerView {
  readonly timer: number;
  readonly serial: number;
  readonly process: string;
  readonly deadlineTick: number;
  /** From now. */
  readonly inTicks: number;
  /** 0 for one that fires once. */
  readonly periodTicks: number;
  /** One that the process armed, or the kernel's own, which ends the process's wait. */
  readonly kind: "timer" | "wait";
  /** The notification that it raises; 0 of a wait. */
  readonly bits: number;
}

export function timersOf(dump: Dump): TimerView[] {
  const { ram, tables, names } = dump;
  const now = tickOf(cycleOf(dump));
  const views: TimerView[] = [];
  for (let timer = 0; timer < tables.timers.count; timer++) {
    const at = tables.timers.at(timer);
    const serial = wide(TimerRecord.serial, ram, at);
    if (serial === 0) continue;
    const deadlineTick = wide(TimerRecord.deadlineTick, ram, at);
    views.push({
      timer,
      serial,
      process: nameOf(names.processes, TimerRecord.process.get(ram, at), "process"),
      deadlineTick,
      inTicks: deadlineTick - now,
      periodTicks: TimerRecord.periodTicks.get(ram, at),
      kind: timer < tables.timers.count - tables.processes.count ? "timer" : "wait",
      bits: TimerRecord.bits.get(ram, at),
    });
  }
  return views.sort((a, b) => a.deadlineTick - b.deadlineTick || a.serial - b.serial);
}
