/** What came of what a process waited for: an answer, room in a queue, or that its time was up. It is the next thing that the process is given. */

import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { KernelState, Loaded, NONE, ProcessRecord, Wait } from "../process.ts";
import { makeReady } from "../scheduler.ts";
import { KernelTrace } from "../trace-kinds.ts";

/** True if `caller` still waits for the answer to this call of its. */
export function awaitsReply(kernel: Kernel, caller: number, sequence: number): boolean {
  const { ram } = kernel;
  const record = kernel.processes.at(caller);
  return ProcessRecord.waitsFor.get(ram, record) === Wait.reply && ProcessRecord.callSequence.get(ram, record) === sequence;
}

/** Puts an answer into a waiting caller's registers and makes it ready. */
export function answer(kernel: Kernel, caller: number, status: number, data0: number, data1: number, data2: number, data3: number): void {
  const { ram } = kernel;
  load(kernel, caller, Loaded.reply, status, data0, data1, data2, data3);
  ProcessRecord.callSequence.set(ram, kernel.processes.at(caller), 0);
  KernelState.replies.add(ram, kernel.state, 1);
  trace(kernel, KernelTrace.reply, caller, status);
}

/** A process that waited for room has sent (0), or is told why not. */
export function concludeSend(kernel: Kernel, sender: number, status: number): void {
  load(kernel, sender, Loaded.sent, status, 0, 0, 0, 0);
  trace(kernel, KernelTrace.sent, sender, status);
}

/** Nothing came while the process waited for whatever comes. */
export function concludeReceive(kernel: Kernel, process: number, status: number): void {
  load(kernel, process, Loaded.timeout, status, 0, 0, 0, 0);
}

function load(kernel: Kernel, process: number, loaded: number, status: number, data0: number, data1: number, data2: number, data3: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const registers = ProcessRecord.registers.at(record);
  SmallMessage.capability.setWords(ram, registers, 0, 0);
  SmallMessage.opcode.set(ram, registers, status);
  SmallMessage.flags.set(ram, registers, MessageFlag.isReply);
  SmallMessage.data0.set(ram, registers, data0);
  SmallMessage.data1.set(ram, registers, data1);
  SmallMessage.data2.set(ram, registers, data2);
  SmallMessage.data3.set(ram, registers, data3);
  ProcessRecord.loaded.set(ram, record, loaded);
  ProcessRecord.waitEndpoint.set(ram, record, NONE);
  makeReady(kernel, process);
}
