/**
 * The one place that decides who runs. Strict priority, bettered by waiting (process/aging.ts); within a priority first
 * come, first served, and a process that has run goes to the end. Operations elsewhere only say who became ready.
 *
 * There is no preemption between instructions: a turn is one handler run, and whoever has more to do goes behind the
 * others of its priority after each. So VeridianOS's time slice of 10 ticks never ends early here; runs that took longer
 * than a slice are counted in the process's record (longTurns), since there the scheduler would have stepped in. A loop
 * without a crossing takes no machine time at all and cannot be ended from inside: whoever runs untrusted services puts
 * the machine into a worker and a watchdog on real time around it.
 */

import type { Kernel } from "./kernel.ts";
import { KernelState, NONE, ProcessRecord, ProcessState, Wait, WaitTimer } from "./process.ts";
import { disarmWait } from "./timer-wheel.ts";

/** `process` has something to handle. */
export function makeReady(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.state.set(ram, record, ProcessState.ready);
  ProcessRecord.waitsFor.set(ram, record, Wait.nothing);
  if (ProcessRecord.waitTimer.get(ram, record) === WaitTimer.armed) endLimit(kernel, process);
  ProcessRecord.sequence.set(ram, record, takeSequence(kernel));
  KernelState.readyProcesses.set(ram, state, KernelState.readyProcesses.get(ram, state) | (1 << process));
  KernelState.receivingProcesses.set(ram, state, KernelState.receivingProcesses.get(ram, state) & ~(1 << process));
}

/** The process's wait is over, or its limit has come: its wait timer, on the wheel until now, is not any more. */
export function endLimit(kernel: Kernel, process: number): void {
  ProcessRecord.waitTimer.set(kernel.ram, kernel.processes.at(process), WaitTimer.none);
  disarmWait(kernel.ram, kernel.wheel, process);
}

/** `process` waits: for whatever comes (Wait.receive), for one answer (Wait.reply), for room (Wait.room). */
export function block(kernel: Kernel, process: number, wait: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  const bit = 1 << process;
  ProcessRecord.state.set(ram, record, ProcessState.blocked);
  ProcessRecord.waitsFor.set(ram, record, wait);
  ProcessRecord.sequence.set(ram, record, takeSequence(kernel));
  KernelState.readyProcesses.set(ram, state, KernelState.readyProcesses.get(ram, state) & ~bit);
  const receiving = KernelState.receivingProcesses.get(ram, state);
  KernelState.receivingProcesses.set(ram, state, wait === Wait.receive ? receiving | bit : receiving & ~bit);
}

/** The same for a process that was ready in vain: it keeps its place among those that wait. */
export function blockAgain(kernel: Kernel, process: number, wait: number): void {
  const sequence = ProcessRecord.sequence.get(kernel.ram, kernel.processes.at(process));
  block(kernel, process, wait);
  ProcessRecord.sequence.set(kernel.ram, kernel.processes.at(process), sequence);
}

/** Raises notification bits; a process that waits for anything is ready now, one that waits for an answer is not. */
export function notify(kernel: Kernel, process: number, bits: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.bits.set(ram, record, ProcessRecord.bits.get(ram, record) | bits);
  wakeReceiver(kernel, process);
}

/** Makes the process ready if it is blocked in receive. */
export function wakeReceiver(kernel: Kernel, process: number): void {
  if ((KernelState.receivingProcesses.get(kernel.ram, kernel.state) & (1 << process)) !== 0) makeReady(kernel, process);
}

/** Of these processes, which are ready, the one that runs next; NONE if there is none. Sequence numbers are compared by their difference: they wrap. */
export function pickNext(kernel: Pick<Kernel, "ram" | "processes">, among: number): number {
  const { ram } = kernel;
  let ready = among;
  if ((ready & (ready - 1)) === 0) return ready === 0 ? NONE : 31 - Math.clz32(ready);
  let best = NONE;
  let bestPriority = 0;
  let bestSequence = 0;
  while (ready !== 0) {
    const process = 31 - Math.clz32(ready & -ready);
    ready &= ready - 1;
    const record = kernel.processes.at(process);
    const priority = ProcessRecord.rank.get(ram, record);
    const sequence = ProcessRecord.sequence.get(ram, record);
    if (best === NONE || priority < bestPriority || (priority === bestPriority && ((sequence - bestSequence) | 0) < 0)) {
      best = process;
      bestPriority = priority;
      bestSequence = sequence;
    }
  }
  return best;
}

/** Of the processes in `candidates` (a mask, not empty) the one that has waited longest. */
export function longestWaiting(kernel: Kernel, candidates: number): number {
  const { ram } = kernel;
  let best = NONE;
  let bestSequence = 0;
  let rest = candidates;
  while (rest !== 0) {
    const process = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    const sequence = ProcessRecord.sequence.get(ram, kernel.processes.at(process));
    if (best === NONE || ((sequence - bestSequence) | 0) < 0) {
      best = process;
      bestSequence = sequence;
    }
  }
  return best;
}

/** The next place in line. */
export function takeSequence(kernel: Kernel): number {
  const sequence = KernelState.nextSequence.get(kernel.ram, kernel.state);
  KernelState.nextSequence.set(kernel.ram, kernel.state, (sequence + 1) | 0);
  return sequence;
}
