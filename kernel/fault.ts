/**
 * Faults: a process broke the kernel's protocol, and is stopped. Raising one writes what happened into the process's
 * record and throws; only the dispatcher catches it. The thrown object is one constant: a fault allocates nothing.
 */

import type { Memory } from "../hal/memory.ts";
import type { ProcessAddress } from "./process.ts";
import { ProcessRecord } from "./process.ts";

export const FaultCode = Object.freeze({
  none: 0,
  /** A token that this process does not hold, where no errno can be answered. Argument: address of the token. */
  forgedToken: 1,
  /** A span outside a region, a buffer or the process's memory. Argument: the offset asked for. */
  outside: 2,
  /** The handler ran longer than its budget. Argument: cycles over. */
  cycleBudget: 3,
  /** A handle of a buffer that went home, or of which the process holds no reference. Argument: the handle. */
  staleBuffer: 4,
  /** Writing where only reading is granted. Argument: the offset or handle. */
  readOnly: 5,
  /** A register outside the device's window. Argument: the offset. */
  noRegister: 6,
  /** A data word that is no whole number from 0 to 2^53-1, sent or read as a number. Argument: 0. */
  wideWord: 7,
  /** The service's own code threw something. Argument: 0. What it was, boot's `onException` is told. */
  exception: 8,
  /** A second answer to the same call. Argument: 0. */
  doubleReply: 9,
  /** Chance made the process die at this crossing. Argument: 0. */
  crash: 10,
});

export const FAULT_WORDS: readonly string[] = Object.freeze([
  "no fault",
  "used a token that it does not hold",
  "reached outside of what it was granted",
  "ran longer than its cycle budget",
  "used a DMA buffer that it does not hold",
  "wrote where it may only read",
  "reached for a register that the device does not have",
  "sent or read a data word that is no whole number below 2^53",
  "threw an exception",
  "answered the same call twice",
  "was made to crash",
]);

/** What a fault throws. */
export const FAULT: unique symbol = Symbol("process fault");

export function raise(ram: Memory, process: ProcessAddress, code: number, argument: number): never {
  ProcessRecord.faultCode.set(ram, process, code);
  ProcessRecord.faultArgument.set(ram, process, argument | 0);
  throw FAULT;
}
