/**
 * Sleeping: a process that waits for a tick and for nothing else. Its handler asks, and it falls asleep when the handler
 * has returned. What comes meanwhile - messages, notifications, notices - is kept, in the order in which it would have
 * been delivered; at its tick, after the timers that are due then, the process is ready again.
 */

import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { KernelState, Loaded, NONE, ProcessRecord, ProcessState } from "../process.ts";
import { makeReady } from "../scheduler.ts";

/** Notes that the running handler wants its process to sleep. 0, invalidArgument, or resourceBusy when it is to wait for an answer. */
export function askSleep(kernel: Kernel, process: number, ticks: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (!(ticks >= 1 && (ticks | 0) === ticks)) return Errno.invalidArgument;
  if (ProcessRecord.callEndpoint.get(ram, record) !== NONE) return Errno.resourceBusy;
  ProcessRecord.sleepTicks.set(ram, record, ticks);
  return Errno.ok;
}

/** The handler that asked has returned. */
export function fallAsleep(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.deadlineTick.set(ram, record, kernel.board.tick() + ProcessRecord.sleepTicks.get(ram, record));
  ProcessRecord.sleepTicks.set(ram, record, 0);
  ProcessRecord.state.set(ram, record, ProcessState.sleeping);
  KernelState.sleepingProcesses.set(ram, state, KernelState.sleepingProcesses.get(ram, state) | (1 << process));
}

/** Wakes who has slept long enough, in the order of their numbers. */
export function wakeSleepers(kernel: Kernel, tick: number): void {
  const { ram, state } = kernel;
  let rest = KernelState.sleepingProcesses.get(ram, state);
  while (rest !== 0) {
    const process = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    const record = kernel.processes.at(process);
    if (ProcessRecord.deadlineTick.get(ram, record) > tick) continue;
    forgetSleep(kernel, process);
    ProcessRecord.loaded.set(ram, record, Loaded.timeout);
    makeReady(kernel, process);
  }
}

/** The process does not sleep any more, and does not want to: it woke, or ended. */
export function forgetSleep(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  KernelState.sleepingProcesses.set(ram, state, KernelState.sleepingProcesses.get(ram, state) & ~(1 << process));
  ProcessRecord.sleepTicks.set(ram, record, 0);
  ProcessRecord.deadlineTick.set(ram, record, 0);
}
