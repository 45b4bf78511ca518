/**
 * A process begins anew: its arena zeroed and its heap formatted, the next generation, every right that the manifest
 * grants it minted again, its endpoints open with a new epoch. Those whose grants lead to them get new tokens in the
 * place of the old ones, which are stale for good, and are told. What people want to know over restarts - handler runs,
 * cycles, the last fault - stays in its record.
 */

import { arenaFormat } from "../arena.ts";
import { CapabilitySlot, ObjectType, SlotUse } from "../capability.ts";
import { deleteSlot } from "../capability/revoke.ts";
import { EndpointRecord } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { Loaded, NONE, ProcessRecord, ProcessState } from "../process.ts";
import { makeReady } from "../scheduler.ts";
import { KernelTrace } from "../trace-kinds.ts";
import { forgetAge } from "./aging.ts";
import { mintGrant, mintGrants, needsOf } from "./grants.ts";
import { closedReceives, countNotices, tellReopened } from "./notices.ts";

/** 0, resourceBusy if the process has not ended, or resourceExhausted: it runs, but not every right found room. */
export function restartProcess(kernel: Kernel, process: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (!hasEnded(kernel, process)) return Errno.resourceBusy;
  ProcessRecord.generation.add(ram, record, 1);
  clearArena(kernel, process);
  clearRecord(kernel, process);
  for (const endpoint of kernel.plans[process].endpoints) {
    if (EndpointRecord.owner.get(ram, kernel.endpoints.at(endpoint)) === process) reopen(kernel, endpoint);
  }
  // Last, since own needs may lead to own endpoints.
  const status = mintGrants(kernel, process);
  trace(kernel, KernelTrace.restarted, process, ProcessRecord.generation.get(ram, record));
  makeReady(kernel, process);
  return status;
}

export function hasEnded(kernel: Kernel, process: number): boolean {
  const state = ProcessRecord.state.get(kernel.ram, kernel.processes.at(process));
  return state === ProcessState.zombie || state === ProcessState.dead;
}

function clearArena(kernel: Kernel, process: number): void {
  const { arenaBase, arenaBytes, heapOffset } = kernel.plans[process];
  kernel.ram.fill(arenaBase, arenaBytes, 0);
  arenaFormat(kernel.ram.window(arenaBase, arenaBytes), heapOffset, arenaBytes - heapOffset);
}

/** What the end of the process left in its record. Needs whose endpoints are closed now are told so. */
function clearRecord(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  ProcessRecord.starts.set(ram, record, 1);
  ProcessRecord.exits.set(ram, record, 0);
  ProcessRecord.loaded.set(ram, record, Loaded.nothing);
  ProcessRecord.caller.set(ram, record, NONE);
  ProcessRecord.callerSequence.set(ram, record, 0);
  ProcessRecord.bits.set(ram, record, 0);
  ProcessRecord.reopenedNeeds.set(ram, record, 0);
  ProcessRecord.endedNeeds.set(ram, record, endedNeeds(kernel, process));
  ProcessRecord.closedNeeds.set(ram, record, closedNeeds(kernel, process));
  ProcessRecord.closedReceives.set(ram, record, closedReceives(kernel, process));
  countNotices(kernel, process);
  forgetAge(kernel, record);
}

function closedNeeds(kernel: Kernel, process: number): number {
  const { ram } = kernel;
  let needs = 0;
  for (let endpoint = 0; endpoint < kernel.endpoints.count; endpoint++) {
    const own = EndpointRecord.owner.get(ram, kernel.endpoints.at(endpoint)) === process;
    if (!own && EndpointRecord.open.get(ram, kernel.endpoints.at(endpoint)) === 0) needs |= needsOf(kernel, process, ObjectType.endpoint, endpoint);
  }
  return needs;
}

function endedNeeds(kernel: Kernel, process: number): number {
  let needs = 0;
  for (let other = 0; other < kernel.processes.count; other++) {
    if (other !== process && hasEnded(kernel, other)) needs |= needsOf(kernel, process, ObjectType.process, other);
  }
  return needs;
}

function reopen(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  const record = kernel.endpoints.at(endpoint);
  endStale(kernel, endpoint);
  EndpointRecord.open.set(ram, record, 1);
  EndpointRecord.epoch.add(ram, record, 1);
  for (let process = 0; process < kernel.processes.count; process++) {
    const needs = needsOf(kernel, process, ObjectType.endpoint, endpoint);
    if (needs === 0 || hasEnded(kernel, process)) continue;
    for (let rest = needs; rest !== 0; rest &= rest - 1) mintGrant(kernel, process, 31 - Math.clz32(rest & -rest));
    tellReopened(kernel, process, needs);
  }
}

/** Every capability to the endpoint as it was, whoever holds it or had it sent, is stale for good. */
function endStale(kernel: Kernel, endpoint: number): void {
  const { ram, spaces } = kernel;
  for (let number = 1; number < spaces.slots.count; number++) {
    const slot = spaces.slots.at(number);
    const use = CapabilitySlot.use.get(ram, slot);
    if (use !== SlotUse.held && use !== SlotUse.inFlight) continue;
    if (CapabilitySlot.objectType.get(ram, slot) === ObjectType.endpoint && CapabilitySlot.object.get(ram, slot) === endpoint) deleteSlot(kernel, number);
  }
}
