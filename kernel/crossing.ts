/** What every system call does on its way: time passes, what is due on the board happens, an overrun budget ends the process. */

import { Cost } from "./costs.ts";
import { FaultCode, raise } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import { trace } from "./kernel.ts";
import { KernelState, ProcessRecord } from "./process.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** Choice sites of the kernel: 16 to 63 of hal/chance.ts. All but unorderedFirst are asked only when boot's `crashes` says so. */
export const KernelChoice = Object.freeze({
  /** The process dies at this crossing (1): what it did before stays done. Entity: the process. */
  processDies: 16,
  /** A message with UNORDERED goes before those queued that are not urgent (1). Entity: the endpoint. */
  unorderedFirst: 17,
  /**
   * Which ready process runs: 0 is the scheduler's choice, k the k-th of the others by process number. Entity 0; as many
   * answers as processes are ready, asked where there are two or more.
   */
  runs: 30,
});

export function cross(kernel: Kernel, process: number, cycles: number): void {
  const { board, ram } = kernel;
  board.advance(cycles);
  const record = kernel.processes.at(process);
  const over = board.now() - ProcessRecord.budgetEndCycle.get(ram, record);
  if (over > 0) raise(ram, record, FaultCode.cycleBudget, over);
  if (kernel.crashes && board.choose(KernelChoice.processDies, process, 2) !== 0) raise(ram, record, FaultCode.crash, 0);
}

/** Counts and traces a refusal, and hands its errno on. `about` is what it was about: an endpoint, a handle, 0. */
export function refuse(kernel: Kernel, process: number, errno: number, about: number): number {
  KernelState.refusals.add(kernel.ram, kernel.state, 1);
  trace(kernel, KernelTrace.refused, errno, about);
  cross(kernel, process, Cost.refused);
  return errno;
}
