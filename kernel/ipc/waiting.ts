/**
 * Waiting for one thing: the answer to a call, or room in a queue. Both begin when the handler that asked for them has
 * returned, and end exactly once: by what was waited for, by the end of the endpoint, by the limit that the handler set,
 * or with the process itself.
 */

import type { EndpointAddress } from "../endpoint.ts";
import { EndpointRecord } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import type { ProcessAddress } from "../process.ts";
import { KernelState, NONE, Prepared, ProcessRecord, ProcessState, Wait, WaitTimer } from "../process.ts";
import { wouldDeadlock } from "../process/wait-graph.ts";
import { endLimit, takeSequence } from "../scheduler.ts";
import { armWait } from "../timer-wheel.ts";
import { answer, concludeReceive, concludeSend } from "./outcome.ts";
import { deliverWithin } from "./sending.ts";

/** The process's prepared message leaves, now that its handler has returned. */
export function leavePrepared(kernel: Kernel, process: number, record: ProcessAddress): void {
  if (ProcessRecord.prepared.get(kernel.ram, record) === Prepared.call) makeCall(kernel, process, record);
  else sendOrWait(kernel, process, record);
  if (ProcessRecord.waitTimer.get(kernel.ram, record) !== WaitTimer.none) startLimit(kernel, process);
}

/** Takes the prepared message's endpoint; `process` waits from here on. Its number. */
function beginWait(kernel: Kernel, process: number, record: ProcessAddress, wait: number): number {
  const { ram, state } = kernel;
  const endpoint = ProcessRecord.callEndpoint.get(ram, record);
  ProcessRecord.callEndpoint.set(ram, record, NONE);
  ProcessRecord.waitEndpoint.set(ram, record, endpoint);
  ProcessRecord.state.set(ram, record, ProcessState.blocked);
  ProcessRecord.waitsFor.set(ram, record, wait);
  KernelState.readyProcesses.set(ram, state, KernelState.readyProcesses.get(ram, state) & ~(1 << process));
  return endpoint;
}

function makeCall(kernel: Kernel, process: number, record: ProcessAddress): void {
  const sequence = nextCallSequence(kernel);
  ProcessRecord.callSequence.set(kernel.ram, record, sequence);
  const endpoint = beginWait(kernel, process, record, Wait.reply);
  const status = wouldDeadlock(kernel, process, endpoint) ? Errno.resourceBusy : depart(kernel, process, endpoint, sequence);
  if (status !== Errno.ok) answer(kernel, process, status, 0, 0, 0, 0);
}

function sendOrWait(kernel: Kernel, process: number, record: ProcessAddress): void {
  const { ram } = kernel;
  const endpoint = beginWait(kernel, process, record, Wait.room);
  const queue = kernel.endpoints.at(endpoint);
  if (EndpointRecord.open.get(ram, queue) === 0 || !isFull(kernel, queue)) concludeSend(kernel, process, depart(kernel, process, endpoint, 0));
  else if (wouldDeadlock(kernel, process, endpoint)) concludeSend(kernel, process, Errno.resourceBusy);
  else {
    ProcessRecord.sequence.set(ram, record, takeSequence(kernel));
    EndpointRecord.senders.set(ram, queue, EndpointRecord.senders.get(ram, queue) | (1 << process));
  }
}

/** True if a message to the endpoint would find neither a receiver that waits nor a place in the queue. */
export function isFull(kernel: Kernel, queue: EndpointAddress): boolean {
  const { ram, state } = kernel;
  if (EndpointRecord.count.get(ram, queue) < EndpointRecord.capacity.get(ram, queue)) return false;
  return (EndpointRecord.receivers.get(ram, queue) & KernelState.receivingProcesses.get(ram, state)) === 0;
}

/** Sends the prepared message. 0, or why not: what was true when it was prepared may not be any more. */
function depart(kernel: Kernel, process: number, endpoint: number, callSequence: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const message = ProcessRecord.call.at(record);
  if (EndpointRecord.open.get(ram, kernel.endpoints.at(endpoint)) === 0) return Errno.endpointNotFound;
  return deliverWithin(kernel, process, endpoint, message, callSequence, ProcessRecord.callGrant.get(ram, record));
}

function nextCallSequence(kernel: Kernel): number {
  const sequence = KernelState.nextCallSequence.get(kernel.ram, kernel.state);
  // 0 means "no call" in queue slots.
  const next = sequence === 0x7fff_ffff ? 1 : sequence + 1;
  KernelState.nextCallSequence.set(kernel.ram, kernel.state, next);
  return next;
}

/** Arms the limit that the handler set, if it set one and the process does wait. */
export function startLimit(kernel: Kernel, process: number): void {
  const { ram, board } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.waitTimer.get(ram, record) !== WaitTimer.asked || ProcessRecord.state.get(ram, record) !== ProcessState.blocked) return;
  ProcessRecord.waitTimer.set(ram, record, WaitTimer.armed);
  armWait(ram, kernel.wheel, process, Math.max(ProcessRecord.waitDeadlineTick.get(ram, record), board.tick() + 1));
}

/** The limit of the process's wait has come, and what it waited for has not. */
export function expireWait(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const wait = ProcessRecord.waitsFor.get(ram, kernel.processes.at(process));
  // Off the wheel already.
  ProcessRecord.waitTimer.set(ram, kernel.processes.at(process), WaitTimer.none);
  KernelState.timeouts.add(ram, kernel.state, 1);
  if (wait === Wait.reply) answer(kernel, process, Errno.timeout, 0, 0, 0, 0);
  else if (wait === Wait.room) {
    leaveQueue(kernel, process);
    concludeSend(kernel, process, Errno.timeout);
  } else if (kernel.seams.receiveExpired !== null) kernel.seams.receiveExpired(kernel, process);
  else concludeReceive(kernel, process, Errno.timeout);
}

/** `process` does not wait for room at its endpoint any more. */
export function leaveQueue(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const queue = kernel.endpoints.at(ProcessRecord.waitEndpoint.get(ram, kernel.processes.at(process)));
  EndpointRecord.senders.set(ram, queue, EndpointRecord.senders.get(ram, queue) & ~(1 << process));
}

/** `process` has ended: what it waited for, or meant to, concerns it no more. */
export function abandonWait(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.waitsFor.get(ram, record) === Wait.room) leaveQueue(kernel, process);
  if (ProcessRecord.waitTimer.get(ram, record) === WaitTimer.armed) endLimit(kernel, process);
  ProcessRecord.waitTimer.set(ram, record, WaitTimer.none);
  ProcessRecord.waitsFor.set(ram, record, Wait.nothing);
  ProcessRecord.waitEndpoint.set(ram, record, NONE);
  ProcessRecord.callEndpoint.set(ram, record, NONE);
  ProcessRecord.callSequence.set(ram, record, 0);
}

/** The endpoint has closed: who waits for room there is told. */
export function turnAway(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  const queue = kernel.endpoints.at(endpoint);
  let senders = EndpointRecord.senders.get(ram, queue);
  EndpointRecord.senders.set(ram, queue, 0);
  while (senders !== 0) {
    const sender = 31 - Math.clz32(senders & -senders);
    senders &= senders - 1;
    concludeSend(kernel, sender, Errno.endpointNotFound);
  }
}
