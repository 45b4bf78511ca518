/**
 * Messages of one sender stand in a queue in the order in which they were sent. Urgent ones overtake the others, so they
 * have an order of their own; UNORDERED ones have none.
 */

import { QueueSlot } from "../endpoint.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import { QUEUE_LISTS, walkQueue } from "./queue-lists.ts";
import type { KernelTables } from "./tables.ts";

export const messagesInOrder = checker("messages-in-order", "a sender's messages wait in the order in which they were sent; URGENT overtakes, UNORDERED may", check);

function check(tables: KernelTables, say: Say): void {
  const { ram } = tables;
  for (let endpoint = 0; endpoint < tables.endpoints.count; endpoint++) {
    for (const list of [QUEUE_LISTS[0], QUEUE_LISTS[1]]) {
      const last = new Map<number, number>();
      walkQueue(tables, endpoint, list, (slot, index) => {
        if ((SmallMessage.flags.get(ram, QueueSlot.message.at(slot)) & MessageFlag.unordered) !== 0) return "";
        const sender = QueueSlot.sender.get(ram, slot);
        const sequence = QueueSlot.sequence.get(ram, slot);
        const before = last.get(sender);
        if (before !== undefined && ((sequence - before) | 0) <= 0) say(`endpoint ${endpoint}: slot ${index}: sequence`, `process ${sender}'s message ${sequence} stands behind its message ${before}`);
        last.set(sender, sequence);
        return "";
      });
    }
  }
}
