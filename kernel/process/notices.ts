/**
 * What the kernel tells processes about each other: an endpoint that a need leads to closed, or is open again; a process
 * that a need names ended. A notice is a bit by number of the need, so it takes no room and is never lost; of an endpoint
 * that closes, opens and closes again before anybody looks, the last is told.
 */

import { ObjectType } from "../capability.ts";
import { EndpointRecord } from "../endpoint.ts";
import type { Kernel } from "../kernel.ts";
import type { ProcessAddress } from "../process.ts";
import { KernelState, ProcessRecord, ProcessState } from "../process.ts";
import { wakeReceiver } from "../scheduler.ts";
import { CLOSED_RECEIVES, Delivery } from "../service.ts";
import { needsOf } from "./grants.ts";

/** Everybody whose need leads to the endpoint hears that it closed, and so does who received from it beside its owner. */
export function tellClosed(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  tellReceivers(kernel, endpoint);
  for (let process = 0; process < kernel.processes.count; process++) {
    const needs = needsOf(kernel, process, ObjectType.endpoint, endpoint);
    if (needs === 0) continue;
    const record = kernel.processes.at(process);
    ProcessRecord.closedNeeds.set(ram, record, ProcessRecord.closedNeeds.get(ram, record) | needs);
    ProcessRecord.reopenedNeeds.set(ram, record, ProcessRecord.reopenedNeeds.get(ram, record) & ~needs);
    wakeNoticed(kernel, process);
  }
}

function tellReceivers(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  const queue = kernel.endpoints.at(endpoint);
  for (let process = 0; process < kernel.processes.count; process++) {
    const position = kernel.plans[process].endpoints.indexOf(endpoint);
    if (position < 0 || process === EndpointRecord.owner.get(ram, queue)) continue;
    const record = kernel.processes.at(process);
    ProcessRecord.closedReceives.set(ram, record, ProcessRecord.closedReceives.get(ram, record) | (1 << position));
    wakeNoticed(kernel, process);
  }
}

/** Those of its endpoints (by position) that are another's and closed. */
export function closedReceives(kernel: Kernel, process: number): number {
  const { ram } = kernel;
  const isClosed = (endpoint: number): boolean => {
    const queue = kernel.endpoints.at(endpoint);
    return EndpointRecord.owner.get(ram, queue) !== process && EndpointRecord.open.get(ram, queue) === 0;
  };
  return kernel.plans[process].endpoints.reduce((mask, endpoint, position) => (isClosed(endpoint) ? mask | (1 << position) : mask), 0);
}

/** `process` hears that the endpoint of these needs is open again. */
export function tellReopened(kernel: Kernel, process: number, needs: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.reopenedNeeds.set(ram, record, ProcessRecord.reopenedNeeds.get(ram, record) | needs);
  wakeNoticed(kernel, process);
}

/** Everybody who holds `ended` as a need hears of its end. */
export function tellEnded(kernel: Kernel, ended: number): void {
  const { ram } = kernel;
  for (let process = 0; process < kernel.processes.count; process++) {
    const needs = needsOf(kernel, process, ObjectType.process, ended);
    if (needs === 0) continue;
    const record = kernel.processes.at(process);
    ProcessRecord.endedNeeds.set(ram, record, ProcessRecord.endedNeeds.get(ram, record) | needs);
    wakeNoticed(kernel, process);
  }
}

function wakeNoticed(kernel: Kernel, process: number): void {
  countNotices(kernel, process);
  wakeReceiver(kernel, process);
}

/** Has KernelState.noticedProcesses say whether the process has a notice to take. */
export function countNotices(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  const notices = ProcessRecord.closedReceives.get(ram, record) | ProcessRecord.closedNeeds.get(ram, record) | ProcessRecord.reopenedNeeds.get(ram, record) | ProcessRecord.endedNeeds.get(ram, record);
  const others = KernelState.noticedProcesses.get(ram, state) & ~(1 << process);
  KernelState.noticedProcesses.set(ram, state, notices === 0 ? others : others | (1 << process));
}

export function hasNotice(kernel: Kernel, process: number): boolean {
  return (KernelState.noticedProcesses.get(kernel.ram, kernel.state) & (1 << process)) !== 0;
}

/** Gives the running process the next notice; there is one. The number of the need. */
export function takeNotice(kernel: Kernel, process: number): number {
  const detail = takeNext(kernel, process);
  countNotices(kernel, process);
  return detail;
}

function takeNext(kernel: Kernel, process: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const left = ProcessRecord.closedReceives.get(ram, record);
  if (left !== 0) {
    ProcessRecord.closedReceives.set(ram, record, left & (left - 1));
    return deliverAs(kernel, record, Delivery.closed, CLOSED_RECEIVES + 31 - Math.clz32(left & -left));
  }
  const closed = ProcessRecord.closedNeeds.get(ram, record);
  if (closed !== 0) return takeLowest(kernel, record, ProcessRecord.closedNeeds, closed, Delivery.closed);
  const reopened = ProcessRecord.reopenedNeeds.get(ram, record);
  if (reopened !== 0) return takeLowest(kernel, record, ProcessRecord.reopenedNeeds, reopened, Delivery.reopened);
  const need = takeLowest(kernel, record, ProcessRecord.endedNeeds, ProcessRecord.endedNeeds.get(ram, record), Delivery.ended);
  const ended = kernel.processes.at(kernel.plans[process].grants[need].object);
  ProcessRecord.deliveredDetail.set(ram, record, ProcessRecord.endedCode.get(ram, ended));
  // Its status has been collected.
  if (ProcessRecord.state.get(ram, ended) === ProcessState.zombie) ProcessRecord.state.set(ram, ended, ProcessState.dead);
  return need;
}

/** Sets what the handler is given. */
export function deliverAs(kernel: Kernel, record: ProcessAddress, delivery: number, bits: number): number {
  ProcessRecord.delivery.set(kernel.ram, record, delivery);
  ProcessRecord.deliveredBits.set(kernel.ram, record, bits);
  return bits;
}

function takeLowest(kernel: Kernel, record: ProcessAddress, field: typeof ProcessRecord.closedNeeds, needs: number, delivery: number): number {
  field.set(kernel.ram, record, needs & (needs - 1));
  return deliverAs(kernel, record, delivery, 31 - Math.clz32(needs & -needs));
}
