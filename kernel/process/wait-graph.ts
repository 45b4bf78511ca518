/**
 * Who waits for whom. A process that called waits until one of those who may receive from the endpoint has taken the
 * call: such a one is stuck itself while it waits for an answer, unless its own turn comes. A call that would leave its
 * caller without anybody who could ever answer closes a cycle of waiting, and is refused before it leaves. So there is
 * never a cycle, and to look at the one new edge is enough.
 */

import { EndpointRecord } from "../endpoint.ts";
import type { Kernel } from "../kernel.ts";
import { KernelState, NONE, ProcessRecord, ProcessState, Wait } from "../process.ts";

/** True if `caller`, once it waits at `endpoint`, would wait for nobody but those who wait for it. */
export function wouldDeadlock(kernel: Kernel, caller: number, endpoint: number): boolean {
  const { ram } = kernel;
  let free = 0;
  const receivers = EndpointRecord.receivers.get(ram, kernel.endpoints.at(endpoint));
  if ((receivers & KernelState.receivingProcesses.get(ram, kernel.state)) !== 0) return false;
  for (let process = 0; process < kernel.processes.count; process++) {
    if (process === caller || hasEnded(kernel, process) || waitsAt(kernel, process) !== NONE) continue;
    free |= 1 << process;
    // By far the most calls go to somebody who waits for nothing but a message.
    if ((receivers & (1 << process)) !== 0) return false;
  }
  // Whoever waits at an endpoint with a receiver that is free, or becomes free, becomes free.
  for (let before = ~free; before !== free; ) {
    before = free;
    for (let process = 0; process < kernel.processes.count; process++) {
      if (process === caller || (free & (1 << process)) !== 0) continue;
      const at = waitsAt(kernel, process);
      if (at !== NONE && (EndpointRecord.receivers.get(ram, kernel.endpoints.at(at)) & free) !== 0) free |= 1 << process;
    }
  }
  return (receivers & free) === 0;
}

function hasEnded(kernel: Kernel, process: number): boolean {
  const state = ProcessRecord.state.get(kernel.ram, kernel.processes.at(process));
  return state === ProcessState.zombie || state === ProcessState.dead;
}

/** The endpoint whose receivers alone can end the process's waiting; NONE if it waits for nobody in particular. */
export function waitsAt(kernel: Kernel, process: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.state.get(ram, record) !== ProcessState.blocked) return NONE;
  const waitsFor = ProcessRecord.waitsFor.get(ram, record);
  return waitsFor === Wait.reply || waitsFor === Wait.room ? ProcessRecord.waitEndpoint.get(ram, record) : NONE;
}
