/** Who waits for whom: where each call that is under way is, and who could answer it. */

import { EndpointRecord, QueueSlot } from "../endpoint.ts";
import { Loaded, NONE, ProcessRecord, ProcessState, Wait } from "../process.ts";
import { eachQueued } from "./queue-lists.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

/** Where a call is: queued at an endpoint, or in a process's registers. */
export interface CallPlace {
  readonly caller: number;
  readonly sequence: number;
  /** NONE if it is in registers. */
  readonly endpoint: number;
  /** NONE if it is queued. */
  readonly holder: number;
  /** As problems name it. */
  readonly place: string;
}

/** All calls that are queued, or that a process was given and has not answered. */
export function callPlaces(tables: KernelTables): CallPlace[] {
  const { ram, processes } = tables;
  const found: CallPlace[] = [];
  eachQueued(tables, (slot, endpoint, index) => {
    const sequence = QueueSlot.callSequence.get(ram, slot);
    if (sequence !== 0) found.push({ caller: QueueSlot.sender.get(ram, slot), sequence, endpoint, holder: NONE, place: `endpoint ${endpoint}: slot ${index}: callSequence` });
  });
  for (let process = 0; process < processes.count; process++) {
    const at = processes.at(process);
    const caller = ProcessRecord.caller.get(ram, at);
    if (caller !== NONE && ProcessRecord.loaded.get(ram, at) === Loaded.message) found.push({ caller, sequence: ProcessRecord.callerSequence.get(ram, at), endpoint: NONE, holder: process, place: `process ${process}: callerSequence` });
  }
  return found;
}

/** One of Wait: what the process is blocked for; Wait.nothing if it is not. */
export function waitOf({ ram, processes }: KernelTables, process: number): number {
  const at = processes.at(process);
  return ProcessRecord.state.get(ram, at) === ProcessState.blocked ? ProcessRecord.waitsFor.get(ram, at) : Wait.nothing;
}

/** True if the process waits for an answer. */
export function awaitsAnswer(tables: KernelTables, process: number): boolean {
  return waitOf(tables, process) === Wait.reply;
}

export function isAlive(tables: KernelTables, process: number): boolean {
  return has(tables.processes, process) && ProcessRecord.state.get(tables.ram, tables.processes.at(process)) < ProcessState.zombie;
}

/** Processes that could answer the call: the one that has it, or all that may receive where it is queued. */
export function answerersOf(tables: KernelTables, call: CallPlace): number[] {
  return call.holder !== NONE ? [call.holder] : receiversOf(tables, call.endpoint);
}

/** Living processes that may receive from the endpoint while it is open. */
export function receiversOf(tables: KernelTables, endpoint: number): number[] {
  const { ram, endpoints, processes } = tables;
  if (!has(endpoints, endpoint)) return [];
  const at = endpoints.at(endpoint);
  if (EndpointRecord.open.get(ram, at) === 0) return [];
  const receivers = EndpointRecord.receivers.get(ram, at);
  return Array.from({ length: processes.count }, (_, process) => process).filter((process) => (receivers & (1 << process)) !== 0 && isAlive(tables, process));
}
