/** Every timer is free or armed, for a process that lives, under a number that was never used before. */

import { ProcessRecord, WaitTimer } from "../process.ts";
import { TimerRecord, WheelState } from "../timer-wheel.ts";
import type { Say, Seen } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has, walkList, wide } from "./tables.ts";
import { isAlive } from "./waiting.ts";

/**
 * Behind the timers that processes arm lies one for each process's wait: it is on the wheel exactly while the process's
 * record says so.
 */
export const timersConserved = checker("timers-conserved", "armed and free timers are all there are; each armed one belongs to a living process and has a number of its own", check);

function check(tables: KernelTables, say: Say, seen: Seen | null): void {
  const { ram, timers, wheel } = tables;
  const nextSerial = wide(WheelState.nextSerial, ram, wheel);
  const serials = new Set<number>();
  let oneShots = 0;
  let armed = 0;
  for (let timer = 0; timer < timers.count; timer++) {
    const at = timers.at(timer);
    const serial = wide(TimerRecord.serial, ram, at);
    if (timer >= tables.armable) checkWait(tables, timer, serial !== 0, say);
    if (serial === 0) continue;
    if (timer < tables.armable) armed += 1;
    if (serial >= nextSerial) say(`timer ${timer}: serial`, `it is ${serial}; the next to be given out is ${nextSerial}`);
    if (serials.has(serial)) say(`timer ${timer}: serial`, `${serial} is another timer's too`);
    serials.add(serial);
    const period = TimerRecord.periodTicks.get(ram, at);
    if (period < 0) say(`timer ${timer}: periodTicks`, `it is ${period}`);
    if (period === 0) oneShots += 1;
    const process = TimerRecord.process.get(ram, at);
    if (!isAlive(tables, process)) say(`timer ${timer}: process`, `it is armed for process ${process}, which is not alive`);
  }
  checkCounts(tables, armed, oneShots, say);
  if (seen !== null && nextSerial < seen.timerSerial) say("timers: nextSerial", `it is ${nextSerial}, and was ${seen.timerSerial}: numbers would come again`);
}

/** The wait timer of a process. */
function checkWait({ ram, timers, armable, processes }: KernelTables, timer: number, onWheel: boolean, say: Say): void {
  const process = timer - armable;
  if (!has(processes, process)) return;
  const said = ProcessRecord.waitTimer.get(ram, processes.at(process)) === WaitTimer.armed;
  if (said !== onWheel) say(`process ${process}: waitTimer`, `it says that the limit of its wait is ${said ? "" : "not "}on the wheel, which it is ${onWheel ? "" : "not"}`.trimEnd());
  const owner = TimerRecord.process.get(ram, timers.at(timer));
  if (onWheel && owner !== process) say(`timer ${timer}: process`, `it is ${owner}; the timer is for the waits of process ${process}`);
}

function checkCounts(tables: KernelTables, armed: number, oneShots: number, say: Say): void {
  const { ram, timers, wheel, armable } = tables;
  const saidArmed = WheelState.armed.get(ram, wheel);
  if (saidArmed !== armed) say("timers: armed", `it is ${saidArmed}; ${armed} are armed`);
  const saidOneShots = WheelState.oneShots.get(ram, wheel);
  if (saidOneShots !== oneShots) say("timers: oneShots", `it is ${saidOneShots}; ${oneShots} are armed for one time`);
  let free = 0;
  const wrong = walkList(timers, WheelState.freeHead.get(ram, wheel), (timer) => TimerRecord.next.get(ram, timers.at(timer)), (timer) => {
    free += 1;
    return wide(TimerRecord.serial, ram, timers.at(timer)) === 0 ? "" : `timer ${timer} is armed, and free`;
  });
  if (wrong !== "") say("timers: freeHead", wrong);
  else if (free + armed !== armable) say("timers: freeHead", `${free} are free and ${armed} armed of ${armable}`);
}

