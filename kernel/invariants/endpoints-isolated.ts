/** Each endpoint's queue lies in the memory of its own, and only those may receive there that say so themselves. */

import { EndpointRecord, QueueSlot } from "../endpoint.ts";
import { ProcessRecord } from "../process.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { eachQueued } from "./queue-lists.ts";
import type { KernelTables } from "./tables.ts";
import { has } from "./tables.ts";

export const endpointsIsolated = checker("endpoints-isolated", "an endpoint's slots are its own, and its receivers are those processes that may receive from it", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, endpoints, queues, processes } = tables;
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const at = endpoints.at(endpoint);
    const slots = EndpointRecord.slots.get(ram, at);
    if (slots !== queues[endpoint].base) say(`endpoint ${endpoint}: slots`, `its queue is at ${slots}; its own memory is at ${queues[endpoint].base}`);
    const owner = EndpointRecord.owner.get(ram, at);
    if (!has(processes, owner)) say(`endpoint ${endpoint}: owner`, `there is no process ${owner}`);
    const receivers = EndpointRecord.receivers.get(ram, at);
    let mask = 0;
    for (let process = 0; process < processes.count; process++) {
      if ((ProcessRecord.receives.get(ram, processes.at(process)) & (1 << endpoint)) !== 0) mask |= 1 << process;
    }
    if (receivers !== mask) say(`endpoint ${endpoint}: receivers`, `the mask is ${bits(receivers)}; the processes say ${bits(mask)}`);
  }
  eachQueued(tables, (slot, endpoint, index) => {
    const sender = QueueSlot.sender.get(ram, slot);
    if (!has(processes, sender)) say(`endpoint ${endpoint}: slot ${index}: sender`, `there is no process ${sender}`);
  });
}

function bits(mask: number): string {
  return `0x${(mask >>> 0).toString(16)}`;
}
