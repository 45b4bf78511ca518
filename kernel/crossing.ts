/** What every system call does on its way: time passes, what is due on the board happens, an overrun budget ends the process. */

import { Cost } from "./costs.ts";
import { FaultCode, raise } from "./fault.ts";
import type { Kernel } from "./kernel.ts";
import { trace } from "./kernel.ts";
import type { ProcessAddress } from "./process.ts";
import { KernelState, ProcessRecord } from "./process.ts";
import { Delivery } from "./service.ts";
import { KernelTrace } from "./trace-kinds.ts";

/**
 * Choice sites of the kernel: 16 to 63 of hal/chance.ts. All but unorderedFirst are asked only when boot's `crashes` says so.
 * What is not said otherwise has two answers: 1 is that it happens.
 */
export const KernelChoice = Object.freeze({
  /** The process dies at this crossing: what it did before stays done. Entity: the process. */
  processDies: 16,
  /** A message with UNORDERED goes before those queued that are not urgent. Entity: the endpoint. */
  unorderedFirst: 17,
  /** A send or a call is refused as if the endpoint's queue was full. Entity: the endpoint; a channel is numbered after all endpoints. */
  queueFull: 20,
  /** Whoever receives a message that was just sent is held for so many ticks (answers up to HELD_TICKS_MAX). Entity: the endpoint. */
  receiverSlow: 21,
  /** A capability is revoked as soon as the message that carries it is queued. Entity: the endpoint. */
  capabilityRevoked: 22,
  /** Asked once a tick: the endpoint closes, since its owner is ended from outside, between two handlers. Entity: the endpoint. */
  endpointCloses: 23,
  /**
   * Which ready process runs: 0 is the scheduler's choice, k the k-th of the others by process number. Entity 0; as many
   * answers as processes are ready and not held, asked where there are two or more.
   */
  runs: 30,
  /** The handler does not come back from this crossing, until its budget is over. Entity: the process. */
  processHangs: 31,
  /** The crossing takes that many times SLOW_CYCLES longer (answers up to SLOW_MOST). Entity: the process. */
  processSlow: 32,
  /** Asked once a tick: the process is held for so many ticks (answers up to HELD_TICKS_MAX). Entity: the process. */
  processStarves: 33,
  /** The process, which was begun anew, dies at this crossing of its start handler. Entity: the process. */
  processDiesStarting: 34,
  /** A timer is refused as if all were armed. Entity: the process. */
  timersArmed: 40,
  /** An allocation in the process's own arena is refused as if there was no memory. Entity: the process. */
  memoryShort: 45,
  /** The pool of DMA buffers seems empty. Entity: the process. */
  buffersShort: 46,
});

export const SLOW_CYCLES = 10_000;
export const SLOW_MOST = 100;

export function cross(kernel: Kernel, process: number, cycles: number): void {
  const { board, ram } = kernel;
  board.advance(cycles);
  const record = kernel.processes.at(process);
  const over = board.now() - ProcessRecord.budgetEndCycle.get(ram, record);
  if (over > 0) raise(ram, record, FaultCode.cycleBudget, over);
  if (kernel.crashes) suffer(kernel, process, record);
}

/** What chance may do to a process at a crossing. */
function suffer(kernel: Kernel, process: number, record: ProcessAddress): void {
  const { board, ram } = kernel;
  if (board.choose(KernelChoice.processDies, process, 2) !== 0) raise(ram, record, FaultCode.crash, 0);
  if (beginsAnew(kernel, record) && board.choose(KernelChoice.processDiesStarting, process, 2) !== 0) raise(ram, record, FaultCode.crash, 0);
  const slow = board.choose(KernelChoice.processSlow, process, SLOW_MOST + 1);
  if (slow !== 0) board.advance(slow * SLOW_CYCLES);
  if (board.choose(KernelChoice.processHangs, process, 2) === 0) return;
  const left = ProcessRecord.budgetEndCycle.get(ram, record) - board.now();
  if (left >= 0) board.advance(left + 1);
  raise(ram, record, FaultCode.cycleBudget, 1);
}

/** Whether the running handler is the first one behind a restart. */
function beginsAnew({ ram }: Kernel, record: ProcessAddress): boolean {
  return ProcessRecord.delivery.get(ram, record) === Delivery.start && ProcessRecord.generation.get(ram, record) > 0;
}

/** Counts and traces a refusal, and hands its errno on. `about` is what it was about: an endpoint, a handle, 0. */
export function refuse(kernel: Kernel, process: number, errno: number, about: number): number {
  KernelState.refusals.add(kernel.ram, kernel.state, 1);
  trace(kernel, KernelTrace.refused, errno, about);
  cross(kernel, process, Cost.refused);
  return errno;
}
