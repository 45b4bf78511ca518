/**
 * Acknowledgements: what became of messages that were sent with NEEDS_ACK. For each need of each process the kernel
 * counts those that a receiver's handler was given (taken) and those that were dropped (returned: the endpoint was closed
 * or the receiver ended first), until the sender is told. A message that went by a token outside the sender's needs has
 * nobody to tell: it is not counted.
 */

import { i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { EndpointRecord, NO_NEED, QueueSlot, slotAt } from "../endpoint.ts";
import type { Kernel } from "../kernel.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import type { ProcessAddress } from "../process.ts";
import { KernelState, NONE, ProcessRecord } from "../process.ts";
import { wakeReceiver } from "../scheduler.ts";

/** What a process has not been told yet of one of its needs. */
export const Acknowledgement = layout("Acknowledgement", 8, { taken: i32, returned: i32 });

/** The number of the sender's need that lies at `grant` of its memory, or NO_NEED. */
export function needOf(kernel: Kernel, sender: number, grant: number): number {
  const need = grant >> 3;
  return need < ProcessRecord.needCount.get(kernel.ram, kernel.processes.at(sender)) ? need : NO_NEED;
}

/** A message of `sender` that went by `need` was taken, or returned. */
export function acknowledge(kernel: Kernel, sender: number, need: number, taken: boolean): void {
  if (need === NO_NEED) return;
  const { ram } = kernel;
  const record = kernel.processes.at(sender);
  const at = kernel.acknowledgements.at(ProcessRecord.firstAcknowledgement.get(ram, record) + need);
  (taken ? Acknowledgement.taken : Acknowledgement.returned).add(ram, at, 1);
  ProcessRecord.acknowledgedNeeds.set(ram, record, ProcessRecord.acknowledgedNeeds.get(ram, record) | (1 << need));
  wakeReceiver(kernel, sender);
}

/** Loads the registers with the next acknowledgement; there is one, and the registers are free. The need. */
export function loadAcknowledgement(kernel: Kernel, record: ProcessAddress): number {
  const { ram } = kernel;
  const needs = ProcessRecord.acknowledgedNeeds.get(ram, record);
  const need = 31 - Math.clz32(needs & -needs);
  ProcessRecord.acknowledgedNeeds.set(ram, record, needs & (needs - 1));
  const at = kernel.acknowledgements.at(ProcessRecord.firstAcknowledgement.get(ram, record) + need);
  const registers = ProcessRecord.registers.at(record);
  SmallMessage.capability.setWords(ram, registers, 0, 0);
  SmallMessage.opcode.set(ram, registers, 0);
  SmallMessage.flags.set(ram, registers, 0);
  SmallMessage.data0.set(ram, registers, need);
  SmallMessage.data1.set(ram, registers, Acknowledgement.taken.get(ram, at));
  SmallMessage.data2.set(ram, registers, Acknowledgement.returned.get(ram, at));
  SmallMessage.data3.set(ram, registers, 0);
  Acknowledgement.taken.set(ram, at, 0);
  Acknowledgement.returned.set(ram, at, 0);
  KernelState.acknowledged.add(ram, kernel.state, 1);
  return need;
}

/** `process` has ended: nobody is owed anything for what it sent, and nothing is told to who comes in its place. */
export function forgetAcknowledgements(kernel: Kernel, process: number): void {
  const { ram, processes, endpoints } = kernel;
  const record = processes.at(process);
  const first = ProcessRecord.firstAcknowledgement.get(ram, record);
  for (let need = 0; need < ProcessRecord.needCount.get(ram, record); need++) {
    Acknowledgement.taken.set(ram, kernel.acknowledgements.at(first + need), 0);
    Acknowledgement.returned.set(ram, kernel.acknowledgements.at(first + need), 0);
  }
  ProcessRecord.acknowledgedNeeds.set(ram, record, 0);
  for (let other = 0; other < processes.count; other++) {
    if (ProcessRecord.loadedSender.get(ram, processes.at(other)) === process) ProcessRecord.loadedNeed.set(ram, processes.at(other), NO_NEED);
  }
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const queue = endpoints.at(endpoint);
    for (const head of [EndpointRecord.urgentHead, EndpointRecord.head]) {
      for (let index = head.get(ram, queue); index !== NONE; index = QueueSlot.next.get(ram, slotAt(ram, queue, index))) {
        const slot = slotAt(ram, queue, index);
        if (QueueSlot.sender.get(ram, slot) === process) QueueSlot.need.set(ram, slot, NO_NEED);
      }
    }
  }
}

/** True if a message with these flags is to be acknowledged. */
export function needsAcknowledgement(flags: number): boolean {
  return (flags & MessageFlag.needsAck) !== 0;
}
