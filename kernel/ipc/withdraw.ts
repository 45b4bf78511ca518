/**
 * Taking a call back out of a queue, when nobody will ever come who could take it from there: it is not carried out, and
 * counts as dropped.
 */

import { dropQueued } from "../capability.ts";
import type { EndpointAddress, SlotAddress } from "../endpoint.ts";
import { EndpointRecord, QueueSlot, slotAt } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { dropBuffer, movesBuffer } from "../memory/buffer-moves.ts";
import { KernelState, NONE, ProcessRecord, Wait } from "../process.ts";
import { waitsAt, wouldDeadlock } from "../process/wait-graph.ts";
import { answer, concludeSend } from "./outcome.ts";
import { admitSenders, sendBack } from "./taking.ts";
import { leaveQueue } from "./waiting.ts";

/** The call that `process` waits for the answer of, if it is still queued. */
export function withdrawCall(kernel: Kernel, process: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.waitsFor.get(ram, record) !== Wait.reply) return;
  const endpoint = ProcessRecord.waitEndpoint.get(ram, record);
  const queue = kernel.endpoints.at(endpoint);
  const call = ProcessRecord.callSequence.get(ram, record);
  const slot = unlinkCall(kernel, endpoint, EndpointRecord.head, EndpointRecord.tail, process, call) || unlinkCall(kernel, endpoint, EndpointRecord.urgentHead, EndpointRecord.urgentTail, process, call);
  if (slot === 0) return;
  EndpointRecord.dropped.add(ram, queue, 1);
  dropQueued(kernel, QueueSlot.message.at(slot));
  if (movesBuffer(kernel, QueueSlot.message.at(slot))) dropBuffer(kernel, QueueSlot.message.at(slot));
  if (EndpointRecord.senders.get(ram, queue) !== 0) admitSenders(kernel, endpoint);
  sendBack(kernel, EndpointRecord.receivers.get(ram, queue));
}

/**
 * `ended` received from endpoints of others: who waits there, and for nobody else but himself or those who wait for him,
 * is told resourceBusy, as if he asked now.
 */
export function releaseStuck(kernel: Kernel, ended: number): void {
  const { ram } = kernel;
  for (let process = 0; process < kernel.processes.count; process++) {
    const endpoint = waitsAt(kernel, process);
    if (endpoint === NONE || (EndpointRecord.receivers.get(ram, kernel.endpoints.at(endpoint)) & (1 << ended)) === 0) continue;
    if (!wouldDeadlock(kernel, process, endpoint)) continue;
    const calls = ProcessRecord.waitsFor.get(ram, kernel.processes.at(process)) === Wait.reply;
    if (!calls) leaveQueue(kernel, process);
    else withdrawCall(kernel, process);
    if (calls) answer(kernel, process, Errno.resourceBusy, 0, 0, 0, 0);
    else concludeSend(kernel, process, Errno.resourceBusy);
  }
}

/** Takes the slot of that call out of one of the endpoint's two lists. The slot, or 0 if it is not there. */
function unlinkCall(kernel: Kernel, endpoint: number, head: typeof EndpointRecord.head, tail: typeof EndpointRecord.tail, sender: number, call: number): SlotAddress | 0 {
  const { ram } = kernel;
  const queue = kernel.endpoints.at(endpoint);
  let before = NONE;
  for (let index = head.get(ram, queue); index !== NONE; index = QueueSlot.next.get(ram, slotAt(ram, queue, index))) {
    const slot = slotAt(ram, queue, index);
    if (QueueSlot.callSequence.get(ram, slot) === call && QueueSlot.sender.get(ram, slot) === sender) {
      const next = QueueSlot.next.get(ram, slot);
      if (before === NONE) head.set(ram, queue, next);
      else QueueSlot.next.set(ram, slotAt(ram, queue, before), next);
      if (next === NONE) tail.set(ram, queue, before);
      release(kernel, endpoint, queue, index);
      return slot;
    }
    before = index;
  }
  return 0;
}

function release(kernel: Kernel, endpoint: number, queue: EndpointAddress, index: number): void {
  const { ram, state } = kernel;
  const bit = 1 << endpoint;
  QueueSlot.next.set(ram, slotAt(ram, queue, index), EndpointRecord.freeHead.get(ram, queue));
  EndpointRecord.freeHead.set(ram, queue, index);
  EndpointRecord.count.add(ram, queue, -1);
  if (EndpointRecord.count.get(ram, queue) === 0) KernelState.queuedEndpoints.set(ram, state, KernelState.queuedEndpoints.get(ram, state) & ~bit);
  if (EndpointRecord.urgentHead.get(ram, queue) === NONE) KernelState.urgentEndpoints.set(ram, state, KernelState.urgentEndpoints.get(ram, state) & ~bit);
}
