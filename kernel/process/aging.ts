/**
 * Aging: who has been ready for long and has not run comes nearer the front, a level for every hundred ticks, at most
 * twenty. Only processes of the normal class age, from systemHigh to userLow, and none leaves its class: real time stays
 * before it. Counted when a tick is taken; a process that runs has its own priority again.
 */

import type { Kernel } from "../kernel.ts";
import type { ProcessAddress } from "../process.ts";
import { KernelState, Priority, ProcessRecord } from "../process.ts";

export const AGING_TICKS = 100;
export const AGING_LEVELS_MAX = 20;

/** A tick has passed while these processes were ready. */
export function ageReady(kernel: Kernel): void {
  const { ram } = kernel;
  let ready = KernelState.readyProcesses.get(ram, kernel.state);
  while (ready !== 0) {
    const process = 31 - Math.clz32(ready & -ready);
    ready &= ready - 1;
    const record = kernel.processes.at(process);
    const waited = ProcessRecord.waitedTicks.get(ram, record) + 1;
    ProcessRecord.waitedTicks.set(ram, record, waited);
    if (waited % AGING_TICKS === 0) ProcessRecord.rank.set(ram, record, rankAfter(ProcessRecord.priority.get(ram, record), waited));
  }
}

/** What a process of this priority is scheduled by after so many ticks of waiting. */
export function rankAfter(priority: number, waitedTicks: number): number {
  if (priority < Priority.systemHigh || priority >= Priority.idle) return priority;
  const levels = Math.min(AGING_LEVELS_MAX, Math.floor(waitedTicks / AGING_TICKS));
  return Math.max(Priority.systemHigh, priority - levels);
}

/** The process runs: it has not waited. */
export function forgetAge(kernel: Kernel, record: ProcessAddress): void {
  const { ram } = kernel;
  ProcessRecord.waitedTicks.set(ram, record, 0);
  ProcessRecord.rank.set(ram, record, ProcessRecord.priority.get(ram, record));
}
