/** The lists of an endpoint's queue: urgent, ordinary and free slots, as walks that end whatever RAM says. */

import type { Address } from "../../hal/field.ts";
import { EndpointRecord, QueueSlot } from "../endpoint.ts";
import type { KernelTables } from "./tables.ts";
import { walkList } from "./tables.ts";

export const QUEUE_LISTS = Object.freeze([
  Object.freeze({ name: "urgentHead", head: EndpointRecord.urgentHead, tail: EndpointRecord.urgentTail }),
  Object.freeze({ name: "head", head: EndpointRecord.head, tail: EndpointRecord.tail }),
  Object.freeze({ name: "freeHead", head: EndpointRecord.freeHead, tail: null }),
] as const);

export type QueueList = (typeof QUEUE_LISTS)[number];
export type SlotVisit = (slot: Address<"QueueSlot">, index: number, before: number) => string;

/** Walks one list of endpoint number `endpoint`: what is wrong with it, "" if nothing is. */
export function walkQueue(tables: KernelTables, endpoint: number, list: QueueList, visit: SlotVisit): string {
  const slots = tables.queues[endpoint];
  const head = list.head.get(tables.ram, tables.endpoints.at(endpoint));
  return walkList(slots, head, (index) => QueueSlot.next.get(tables.ram, slots.at(index)), (index, before) => visit(slots.at(index), index, before));
}

/** Each message that waits in a queue: its slot, the endpoint's number, the slot's index. */
export function eachQueued(tables: KernelTables, visit: (slot: Address<"QueueSlot">, endpoint: number, index: number) => void): void {
  for (let endpoint = 0; endpoint < tables.endpoints.count; endpoint++) {
    for (const list of [QUEUE_LISTS[0], QUEUE_LISTS[1]]) {
      walkQueue(tables, endpoint, list, (slot, index) => {
        visit(slot, endpoint, index);
        return "";
      });
    }
  }
}
