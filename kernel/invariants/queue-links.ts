/** The lists of a queue are sound: each slot is in exactly one, the tail is the last, the count is their length. */

import { EndpointRecord, QueueSlot } from "../endpoint.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { QUEUE_LISTS, walkQueue } from "./queue-lists.ts";
import type { KernelTables } from "./tables.ts";

export const queueLinks = checker("queue-links", "each slot of a queue is in exactly one of its lists, and the count is the length of those with messages", check);

function check(tables: KernelTables, say: Say): void {
  for (let endpoint = 0; endpoint < tables.endpoints.count; endpoint++) checkQueue(tables, endpoint, say);
}

function checkQueue(tables: KernelTables, endpoint: number, say: Say): void {
  const { ram, endpoints, queues } = tables;
  const at = endpoints.at(endpoint);
  const seen = new Set<number>();
  let pending = 0;
  for (const list of QUEUE_LISTS) {
    let last = -1;
    const wrong = walkQueue(tables, endpoint, list, (slot, index) => {
      if (seen.has(index)) return `slot ${index} is in two lists, or twice in this one`;
      seen.add(index);
      last = index;
      if (list.tail === null) return "";
      pending += 1;
      const urgent = (SmallMessage.flags.get(ram, QueueSlot.message.at(slot)) & MessageFlag.urgent) !== 0;
      if (urgent !== (list.name === "urgentHead")) say(`endpoint ${endpoint}: slot ${index}: flags`, `${urgent ? "an urgent message is in the ordinary list" : "an ordinary message is in the urgent list"}`);
      return "";
    });
    if (wrong !== "") {
      say(`endpoint ${endpoint}: ${list.name}`, wrong);
      return;
    }
    if (list.tail !== null && list.tail.get(ram, at) !== last) say(`endpoint ${endpoint}: ${list.tail.name}`, `it is ${list.tail.get(ram, at)}; the last of the list is ${last}`);
  }
  const count = EndpointRecord.count.get(ram, at);
  if (count !== pending) say(`endpoint ${endpoint}: count`, `it is ${count}; ${pending} messages are in the lists`);
  if (seen.size !== queues[endpoint].count) say(`endpoint ${endpoint}: freeHead`, `${queues[endpoint].count - seen.size} slots are in no list`);
}
