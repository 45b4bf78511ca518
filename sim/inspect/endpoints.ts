/** The endpoints with what waits in them, in the order in which it will be taken. */

import { EndpointRecord, QueueSlot } from "../../kernel/endpoint.ts";
import { QUEUE_LISTS, walkQueue } from "../../kernel/invariants/queue-lists.ts";
import type { Dump } from "./dump.ts";
import type { MessageView } from "./messages.ts";
import { messageAt } from "./messages.ts";
import { nameOf, namesOfMask } from "./names.ts";

export interface QueuedView extends MessageView {
  readonly slot: number;
  readonly sender: string;
  /** Order of sending, over all endpoints. */
  readonly sequence: number;
  /** Number of the sender's call; 0 of a plain message. */
  readonly call: number;
}

export interface EndpointView {
  readonly name: string;
  readonly owner: string;
  readonly open: boolean;
  /** Counts restarts of its owner: a token made for an earlier one is stale. */
  readonly epoch: number;
  readonly receivers: readonly string[];
  /** Processes that wait for room. */
  readonly sendersWaiting: readonly string[];
  readonly count: number;
  readonly capacity: number;
  readonly peak: number;
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
  readonly dropped: number;
  readonly messages: readonly QueuedView[];
  /** What is wrong with its lists, "" if nothing is. */
  readonly fault: string;
}

export function endpointsOf(dump: Dump): EndpointView[] {
  return Array.from({ length: dump.tables.endpoints.count }, (_, endpoint) => endpointOf(dump, endpoint));
}

function endpointOf(dump: Dump, endpoint: number): EndpointView {
  const { ram, tables, names } = dump;
  const at = tables.endpoints.at(endpoint);
  const messages: QueuedView[] = [];
  let fault = "";
  for (const list of [QUEUE_LISTS[0], QUEUE_LISTS[1]]) {
    const wrong = walkQueue(tables, endpoint, list, (slot, index) => {
      messages.push({
        ...messageAt(dump, QueueSlot.message.at(slot)),
        slot: index,
        sender: nameOf(names.processes, QueueSlot.sender.get(ram, slot), "process"),
        sequence: QueueSlot.sequence.get(ram, slot),
        call: QueueSlot.callSequence.get(ram, slot),
      });
      return "";
    });
    if (wrong !== "") fault = `${list.name}: ${wrong}`;
  }
  return {
    name: nameOf(names.endpoints, endpoint, "endpoint"),
    owner: nameOf(names.processes, EndpointRecord.owner.get(ram, at), "process"),
    open: EndpointRecord.open.get(ram, at) !== 0,
    epoch: EndpointRecord.epoch.get(ram, at),
    receivers: namesOfMask(names.processes, EndpointRecord.receivers.get(ram, at), "process"),
    sendersWaiting: namesOfMask(names.processes, EndpointRecord.senders.get(ram, at), "process"),
    count: EndpointRecord.count.get(ram, at),
    capacity: EndpointRecord.capacity.get(ram, at),
    peak: EndpointRecord.depthPeak.get(ram, at),
    sent: EndpointRecord.sent.get(ram, at),
    received: EndpointRecord.received.get(ram, at),
    refused: EndpointRecord.refused.get(ram, at),
    dropped: EndpointRecord.dropped.get(ram, at),
    messages,
    fault,
  };
}
