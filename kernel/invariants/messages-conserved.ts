/** What was sent to an endpoint was received, waits in its queue, or was dropped and counted; so was what was put into a batch. */

import { EndpointRecord } from "../endpoint.ts";
import { BatchRecord } from "../ipc/batch.ts";
import { ChannelRecord } from "../ipc/channel.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

export const messagesConserved = checker("messages-conserved", "sent = received + pending + dropped, at each endpoint and channel; added = sent + kept + dropped, in each batch", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, endpoints, channels } = tables;
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const at = endpoints.at(endpoint);
    const sent = EndpointRecord.sent.get(ram, at);
    const received = EndpointRecord.received.get(ram, at);
    const count = EndpointRecord.count.get(ram, at);
    const dropped = EndpointRecord.dropped.get(ram, at);
    // The counters wrap.
    const missing = (sent - received - count - dropped) | 0;
    if (missing !== 0) say(`endpoint ${endpoint}: sent`, `${sent} messages were sent; ${received} received, ${count} pending and ${dropped} dropped leave ${missing}`);
  }
  for (let channel = 0; channel < channels.count; channel++) {
    const at = channels.at(channel);
    const sent = ChannelRecord.sent.get(ram, at);
    const received = ChannelRecord.received.get(ram, at);
    const count = ChannelRecord.count.get(ram, at);
    const missing = (sent - received - count) | 0;
    if (missing !== 0) say(`channel ${channel}: sent`, `${sent} messages were sent; ${received} received and ${count} pending leave ${missing}`);
  }
  checkBatches(tables, say);
}

function checkBatches({ ram, batches }: KernelTables, say: Say): void {
  for (let batch = 0; batch < batches.count; batch++) {
    const at = batches.at(batch);
    const added = BatchRecord.added.get(ram, at);
    const sent = BatchRecord.sent.get(ram, at);
    const count = BatchRecord.count.get(ram, at);
    const dropped = BatchRecord.dropped.get(ram, at);
    const missing = (added - sent - count - dropped) | 0;
    if (missing !== 0) say(`batch ${batch}: added`, `${added} messages were put in; ${sent} sent, ${count} kept and ${dropped} dropped leave ${missing}`);
  }
}
