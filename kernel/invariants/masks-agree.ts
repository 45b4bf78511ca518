/** The kernel's masks, by which it schedules, say what the records say. */

import { EndpointRecord } from "../endpoint.ts";
import { Acknowledgement } from "../ipc/acknowledgement.ts";
import { KernelState, NONE, ProcessRecord, ProcessState, Wait } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const masksAgree = checker("masks-agree", "the masks of ready, receiving, sleeping, held, noticed and sending processes, of endpoints with messages and of acknowledged needs agree with the records", check);

const NOTICES = Object.freeze([ProcessRecord.closedReceives, ProcessRecord.closedNeeds, ProcessRecord.reopenedNeeds, ProcessRecord.endedNeeds]);

function check(tables: KernelTables, say: Say): void {
  const { ram, state, processes, endpoints } = tables;
  const receiving = (at: ReturnType<KernelTables["processes"]["at"]>): boolean => ProcessRecord.state.get(ram, at) === ProcessState.blocked && ProcessRecord.waitsFor.get(ram, at) === Wait.receive;
  const masks = [
    [KernelState.readyProcesses, maskOf(processes.count, (process) => ProcessRecord.state.get(ram, processes.at(process)) === ProcessState.ready)],
    [KernelState.receivingProcesses, maskOf(processes.count, (process) => receiving(processes.at(process)))],
    [KernelState.sleepingProcesses, maskOf(processes.count, (process) => ProcessRecord.state.get(ram, processes.at(process)) === ProcessState.sleeping)],
    [KernelState.heldProcesses, maskOf(processes.count, (process) => ProcessRecord.heldUntilTick.get(ram, processes.at(process)) !== 0)],
    [KernelState.noticedProcesses, maskOf(processes.count, (process) => NOTICES.some((notice) => notice.get(ram, processes.at(process)) !== 0))],
    [KernelState.queuedEndpoints, maskOf(endpoints.count, (endpoint) => EndpointRecord.count.get(ram, endpoints.at(endpoint)) > 0)],
    [KernelState.urgentEndpoints, maskOf(endpoints.count, (endpoint) => EndpointRecord.urgentHead.get(ram, endpoints.at(endpoint)) !== NONE)],
  ] as const;
  for (const [field, mask] of masks) {
    const said = field.get(ram, state);
    if (said !== mask) say(`kernel: ${field.name}`, `it is ${hex(said)}; the records say ${hex(mask)}`);
  }
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const said = EndpointRecord.senders.get(ram, endpoints.at(endpoint));
    const mask = maskOf(processes.count, (process) => waitsForRoom(tables, process, endpoint));
    if (said !== mask) say(`endpoint ${endpoint}: senders`, `it is ${hex(said)}; the records say ${hex(mask)}`);
  }
  for (let process = 0; process < processes.count; process++) {
    const said = ProcessRecord.acknowledgedNeeds.get(ram, processes.at(process));
    const mask = maskOf(32, (need) => isAcknowledged(tables, process, need));
    if (said !== mask) say(`process ${process}: acknowledgedNeeds`, `it is ${hex(said)}; the counts say ${hex(mask)}`);
  }
  const running = KernelState.running.get(ram, state);
  if (running !== NONE) say("kernel: running", `it is ${running}, and no handler runs`);
}

function maskOf(count: number, holds: (index: number) => boolean): number {
  let mask = 0;
  for (let index = 0; index < count; index++) if (holds(index)) mask |= 1 << index;
  return mask;
}

function waitsForRoom({ ram, processes }: KernelTables, process: number, endpoint: number): boolean {
  const at = processes.at(process);
  return ProcessRecord.state.get(ram, at) === ProcessState.blocked && ProcessRecord.waitsFor.get(ram, at) === Wait.room && ProcessRecord.waitEndpoint.get(ram, at) === endpoint;
}

/** True if the process has something to hear about messages that went by this need. */
function isAcknowledged({ ram, processes, acknowledgements }: KernelTables, process: number, need: number): boolean {
  const at = processes.at(process);
  const index = ProcessRecord.firstAcknowledgement.get(ram, at) + need;
  if (need >= ProcessRecord.needCount.get(ram, at) || !has(acknowledgements, index)) return false;
  return (Acknowledgement.taken.get(ram, acknowledgements.at(index)) | Acknowledgement.returned.get(ram, acknowledgements.at(index))) !== 0;
}

function hex(mask: number): string {
  return `0x${(mask >>> 0).toString(16)}`;
}
