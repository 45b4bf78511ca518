/**
 * Holding: chance keeps a process from running for some ticks, as a machine does that has other things to do. It stays
 * what it is - ready, blocked, asleep - and what comes for it is kept; only its turn does not come. And the choice of who
 * runs, where that too is chance's.
 */

import { KernelChoice } from "../crossing.ts";
import { EndpointRecord } from "../endpoint.ts";
import type { Kernel } from "../kernel.ts";
import { KernelState, NONE, ProcessRecord } from "../process.ts";
import { pickNext } from "../scheduler.ts";

/** The longest that one answer of chance holds a process. */
export const HELD_TICKS_MAX = 64;

/** Those of `processes` (a mask) that are not held already do not run before `ticks` more ticks were taken. */
export function hold(kernel: Kernel, processes: number, ticks: number): void {
  const { ram, state, board } = kernel;
  const held = KernelState.heldProcesses.get(ram, state);
  const untilTick = board.tick() - board.unhandledTicks() + ticks;
  for (let rest = processes & ~held; rest !== 0; rest &= rest - 1) ProcessRecord.heldUntilTick.set(ram, kernel.processes.at(31 - Math.clz32(rest & -rest)), untilTick);
  KernelState.heldProcesses.set(ram, state, held | processes);
}

/** That tick was taken: who was held until then may run. */
export function releaseHeld(kernel: Kernel, tick: number): void {
  const { ram, state } = kernel;
  for (let rest = KernelState.heldProcesses.get(ram, state); rest !== 0; rest &= rest - 1) {
    const bit = rest & -rest;
    const record = kernel.processes.at(31 - Math.clz32(bit));
    if (ProcessRecord.heldUntilTick.get(ram, record) > tick) continue;
    ProcessRecord.heldUntilTick.set(ram, record, 0);
    KernelState.heldProcesses.set(ram, state, KernelState.heldProcesses.get(ram, state) & ~bit);
  }
}

/** The message was sent: whoever may receive it may be slow to do so. */
export function holdReceivers(kernel: Kernel, endpoint: number): void {
  const { ram, board } = kernel;
  const ticks = board.choose(KernelChoice.receiverSlow, endpoint, HELD_TICKS_MAX + 1);
  if (ticks !== 0) hold(kernel, EndpointRecord.receivers.get(ram, kernel.endpoints.at(endpoint)), ticks);
}

/** The process that runs next, or NONE: the scheduler's choice among those that are not held, or any other of them. */
export function pickAny(kernel: Kernel): number {
  const { ram, state, board } = kernel;
  const ready = KernelState.readyProcesses.get(ram, state) & ~KernelState.heldProcesses.get(ram, state);
  const picked = pickNext(kernel, ready);
  if ((ready & (ready - 1)) === 0) return picked;
  let others = ready & ~(1 << picked);
  let count = 0;
  for (let rest = others; rest !== 0; rest &= rest - 1) count += 1;
  const answer = board.choose(KernelChoice.runs, 0, count + 1);
  if (answer === 0) return picked;
  for (let skipped = 1; skipped < answer; skipped++) others &= others - 1;
  return others === 0 ? NONE : 31 - Math.clz32(others & -others);
}
