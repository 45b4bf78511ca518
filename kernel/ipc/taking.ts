/**
 * Taking messages out of queues. Room that this makes belongs at once to the process that has waited for it longest; and
 * where several processes receive from one endpoint, those that were about to take what is gone now wait on, in their
 * places. So a queue with somebody waiting for room is full, and who is ready always finds something.
 */

import { takeQueued } from "../capability.ts";
import { EndpointRecord, NO_NEED, QueueSlot, copySmall, dequeue, front } from "../endpoint.ts";
import { load } from "../ipc.ts";
import type { Kernel } from "../kernel.ts";
import { arriveBuffer, movesBuffer } from "../memory/buffer-moves.ts";
import { KernelState, Loaded, NONE, ProcessRecord, Wait } from "../process.ts";
import { hasNotice } from "../process/notices.ts";
import { blockAgain, longestWaiting } from "../scheduler.ts";
import { concludeSend } from "./outcome.ts";
import { deliverWithin } from "./sending.ts";
import { startLimit } from "./waiting.ts";

/** True if there is anything to give to `process`. */
export function hasAnything(kernel: Kernel, process: number): boolean {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if ((ProcessRecord.receives.get(ram, record) & KernelState.queuedEndpoints.get(ram, kernel.state)) !== 0) return true;
  if (ProcessRecord.starts.get(ram, record) !== 0 || ProcessRecord.bits.get(ram, record) !== 0 || ProcessRecord.loaded.get(ram, record) !== Loaded.nothing) return true;
  return ProcessRecord.acknowledgedNeeds.get(ram, record) !== 0 || hasNotice(kernel, process);
}

/** Loads the registers from the process's queues: the oldest urgent message, else the oldest. One is there. */
export function loadFromQueue(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  const receives = ProcessRecord.receives.get(ram, record);
  const urgent = receives & KernelState.urgentEndpoints.get(ram, state);
  const endpoint = oldestFront(kernel, urgent !== 0 ? urgent : receives & KernelState.queuedEndpoints.get(ram, state));
  const queue = kernel.endpoints.at(endpoint);
  const slot = dequeue(ram, state, queue, 1 << endpoint);
  copySmall(ram, ProcessRecord.registers.at(record), QueueSlot.message.at(slot));
  EndpointRecord.received.add(ram, queue, 1);
  load(kernel, process, endpoint, QueueSlot.sender.get(ram, slot), QueueSlot.callSequence.get(ram, slot), QueueSlot.need.get(ram, slot));
  takeQueued(kernel, process);
  if (movesBuffer(kernel, ProcessRecord.registers.at(record))) arriveBuffer(kernel, process, ProcessRecord.registers.at(record));
  if (EndpointRecord.senders.get(ram, queue) !== 0) admitSenders(kernel, endpoint);
  const receivers = EndpointRecord.receivers.get(ram, queue);
  if ((receivers & (receivers - 1)) !== 0) sendBack(kernel, receivers & ~(1 << process));
}

function oldestFront(kernel: Kernel, candidates: number): number {
  const { ram } = kernel;
  let best = NONE;
  let bestSequence = 0;
  let rest = candidates;
  while (rest !== 0) {
    const endpoint = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    const sequence = QueueSlot.sequence.get(ram, front(ram, kernel.endpoints.at(endpoint)));
    if (best === NONE || ((sequence - bestSequence) | 0) < 0) {
      best = endpoint;
      bestSequence = sequence;
    }
  }
  return best;
}

/** The messages of those who wait for room go in, the longest-waiting first, while there is room. */
export function admitSenders(kernel: Kernel, endpoint: number): void {
  const { ram } = kernel;
  const queue = kernel.endpoints.at(endpoint);
  for (let senders = EndpointRecord.senders.get(ram, queue); senders !== 0; senders = EndpointRecord.senders.get(ram, queue)) {
    if (EndpointRecord.count.get(ram, queue) >= EndpointRecord.capacity.get(ram, queue)) return;
    const sender = longestWaiting(kernel, senders);
    const record = kernel.processes.at(sender);
    EndpointRecord.senders.set(ram, queue, senders & ~(1 << sender));
    concludeSend(kernel, sender, deliverWithin(kernel, sender, endpoint, ProcessRecord.call.at(record), 0, ProcessRecord.callGrant.get(ram, record)));
  }
}

/** Those of `processes` (a mask) that are ready and find nothing any more wait on, as long as they have waited already. */
export function sendBack(kernel: Kernel, processes: number): void {
  const { ram, state } = kernel;
  let rest = processes & KernelState.readyProcesses.get(ram, state);
  while (rest !== 0) {
    const process = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    if (hasAnything(kernel, process)) continue;
    blockAgain(kernel, process, Wait.receive);
    startLimit(kernel, process);
  }
}

/** `process` ended with a message in its registers that its handler was never given: it counts as returned. Its sender and need stay there. */
export function returnLoaded(kernel: Kernel, process: number): boolean {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.loaded.get(ram, record) !== Loaded.message) return false;
  const queue = kernel.endpoints.at(ProcessRecord.loadedEndpoint.get(ram, record));
  ProcessRecord.loaded.set(ram, record, Loaded.nothing);
  EndpointRecord.received.add(ram, queue, -1);
  EndpointRecord.dropped.add(ram, queue, 1);
  return ProcessRecord.loadedNeed.get(ram, record) !== NO_NEED;
}
