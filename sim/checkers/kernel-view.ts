/** What watchers of messages read of the kernel's tables, again and again: without proof, since the machine runs. */

import type { Address } from "../../hal/field.ts";
import { EndpointRecord, QueueSlot, slotAt } from "../../kernel/endpoint.ts";
import type { EndpointAddress } from "../../kernel/endpoint.ts";
import type { Memory } from "../../hal/memory.ts";
import type { Machine } from "../../kernel/machine.ts";
import { KernelState, NONE, ProcessRecord } from "../../kernel/process.ts";
import type { ProcessAddress } from "../../kernel/process.ts";
import { endpointNames } from "../../kernel/ipc/manifest-lines.ts";
import { partOf } from "./places.ts";

export class KernelView {
  readonly ram: Memory;
  readonly state: Address<"KernelState">;
  /** Names of endpoints, "process.endpoint", and of processes, by number. */
  readonly endpointNames: readonly string[];
  readonly processNames: readonly string[];
  readonly #processes: number;
  readonly #endpoints: number;

  constructor(machine: Machine) {
    this.ram = machine.ram;
    this.state = machine.kernelState;
    this.endpointNames = endpointNames(machine.manifest);
    this.processNames = machine.processNames;
    this.#processes = partOf(machine, "processes")?.base ?? 0;
    this.#endpoints = partOf(machine, "endpoints")?.base ?? 0;
    Object.freeze(this);
  }

  process(number: number): ProcessAddress {
    return (this.#processes + number * ProcessRecord.size) as ProcessAddress;
  }

  endpoint(number: number): EndpointAddress {
    return (this.#endpoints + number * EndpointRecord.size) as EndpointAddress;
  }

  /** Processes that may receive from the endpoint, one bit each. */
  receivers(endpoint: number): number {
    return EndpointRecord.receivers.get(this.ram, this.endpoint(endpoint));
  }

  /** Who sent the message that was queued last of all; NONE if it is gone again. */
  newestSender(endpoint: number): number {
    const { ram } = this;
    const sequence = (KernelState.nextSequence.get(ram, this.state) - 1) | 0;
    const record = this.endpoint(endpoint);
    for (const end of [EndpointRecord.urgentTail, EndpointRecord.tail, EndpointRecord.head]) {
      const index = end.get(ram, record);
      if (index === NONE) continue;
      const slot = slotAt(ram, record, index);
      if (QueueSlot.sequence.get(ram, slot) === sequence) return QueueSlot.sender.get(ram, slot);
    }
    return NONE;
  }
}
