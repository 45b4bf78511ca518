/**
 * The end of a process, by exit or by fault: nobody is left waiting for it. Its endpoints close (queued calls are
 * answered endpointNotFound), its own callers are answered, those who hold a right to send to it get a notice, and so
 * does who may restart it; a message in its registers counts as dropped, its batch is empty, its timers, subscriptions, interrupts and capabilities go, and a device that it drove is reset before anything else.
 */

import { CapabilitySlot, ObjectType, TIMER_OBJECT, clearSpace, dropQueued, nextHeld } from "./capability.ts";
import { EndpointRecord, QueueSlot, dequeue } from "./endpoint.ts";
import { Errno } from "./errno.ts";
import { FaultCode } from "./fault.ts";
import { acknowledge, forgetAcknowledgements } from "./ipc/acknowledgement.ts";
import { clearBatch } from "./ipc/batch.ts";
import { unsubscribeAll } from "./ipc/channel.ts";
import { answer, awaitsReply } from "./ipc/outcome.ts";
import { returnLoaded } from "./ipc/taking.ts";
import { abandonWait, turnAway } from "./ipc/waiting.ts";
import { releaseStuck } from "./ipc/withdraw.ts";
import type { Kernel } from "./kernel.ts";
import { InterruptBinding, trace } from "./kernel.ts";
import { dropBuffer, movesBuffer, takeBuffersHome } from "./memory/buffer-moves.ts";
import { KernelState, NONE, ProcessRecord, ProcessState } from "./process.ts";
import { tellClosed, tellEnded } from "./process/notices.ts";
import { forgetSleep } from "./process/sleep.ts";
import { cancelTimersOf } from "./timer-wheel.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** Ends `process`; `state` is ProcessState.dead after an exit, zombie after a fault. */
export function endProcess(kernel: Kernel, process: number, state: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  resetDevices(kernel, process);
  const bit = 1 << process;
  ProcessRecord.state.set(ram, record, state);
  abandonWait(kernel, process);
  KernelState.readyProcesses.set(ram, kernel.state, KernelState.readyProcesses.get(ram, kernel.state) & ~bit);
  KernelState.receivingProcesses.set(ram, kernel.state, KernelState.receivingProcesses.get(ram, kernel.state) & ~bit);
  if (kernel.seams.endWaits === null) answerCaller(kernel, process);
  ProcessRecord.bits.set(ram, record, 0);
  if (returnLoaded(kernel, process)) acknowledge(kernel, ProcessRecord.loadedSender.get(ram, record), ProcessRecord.loadedNeed.get(ram, record), false);
  ProcessRecord.endedCode.set(ram, record, state === ProcessState.zombie ? ProcessRecord.faultCode.get(ram, record) : FaultCode.none);
  forgetSleep(kernel, process);
  if (kernel.seams.endWaits !== null) kernel.seams.endWaits(kernel, process);
  else endWaits(kernel, process);
  cancelTimersOf(ram, kernel.wheel, process);
  unsubscribeAll(kernel, process);
  clearBatch(kernel, process);
  clearSpace(kernel, process);
  const buffers = takeBuffersHome(kernel, process);
  if (buffers > 0) trace(kernel, KernelTrace.buffersHome, process, buffers);
  forgetAcknowledgements(kernel, process);
  tellEnded(kernel, process);
}

/** The endpoints of `process` close, and nobody waits where only he could have helped. */
function endWaits(kernel: Kernel, process: number): void {
  for (let endpoint = 0; endpoint < kernel.endpoints.count; endpoint++) {
    if (EndpointRecord.owner.get(kernel.ram, kernel.endpoints.at(endpoint)) === process) closeEndpoint(kernel, endpoint);
  }
  releaseStuck(kernel, process);
}

/** The call whose handler did not answer, if there is one, is answered endpointNotFound. */
function answerCaller(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const caller = ProcessRecord.caller.get(ram, record);
  if (caller === NONE) return;
  ProcessRecord.caller.set(ram, record, NONE);
  if (awaitsReply(kernel, caller, ProcessRecord.callerSequence.get(ram, record))) answer(kernel, caller, Errno.endpointNotFound, 0, 0, 0, 0);
}

function resetDevices(kernel: Kernel, process: number): void {
  const { ram, board, spaces } = kernel;
  for (let number = nextHeld(ram, spaces, process, 0); number !== 0; number = nextHeld(ram, spaces, process, number)) {
    const slot = spaces.slots.at(number);
    if (CapabilitySlot.objectType.get(ram, slot) !== ObjectType.device) continue;
    const device = CapabilitySlot.object.get(ram, slot);
    if (device !== TIMER_OBJECT) board.devices[device].reset();
  }
  for (let line = 0; line < kernel.bindings.count; line++) {
    const binding = kernel.bindings.at(line);
    if (InterruptBinding.process.get(ram, binding) !== process) continue;
    InterruptBinding.process.set(ram, binding, NONE);
    board.interrupts.mask(line);
  }
}

/** Closes an endpoint: what is queued is dropped and counted, its calls answered, its senders told. */
export function closeEndpoint(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  const record = kernel.endpoints.at(endpoint);
  if (EndpointRecord.open.get(ram, record) === 0) return;
  EndpointRecord.open.set(ram, record, 0);
  trace(kernel, KernelTrace.closed, endpoint, EndpointRecord.count.get(ram, record));
  while (EndpointRecord.count.get(ram, record) > 0) {
    const slot = dequeue(ram, kernel.state, record, 1 << endpoint);
    EndpointRecord.dropped.add(ram, record, 1);
    dropQueued(kernel, QueueSlot.message.at(slot));
    if (movesBuffer(kernel, QueueSlot.message.at(slot))) dropBuffer(kernel, QueueSlot.message.at(slot));
    const call = QueueSlot.callSequence.get(ram, slot);
    const sender = QueueSlot.sender.get(ram, slot);
    if (call !== 0 && awaitsReply(kernel, sender, call)) answer(kernel, sender, Errno.endpointNotFound, 0, 0, 0, 0);
    acknowledge(kernel, sender, QueueSlot.need.get(ram, slot), false);
  }
  turnAway(kernel, endpoint);
  tellClosed(kernel, endpoint);
}
