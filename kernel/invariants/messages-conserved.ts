/** What was sent to an endpoint was received, waits in its queue, or was dropped and counted. */

import { EndpointRecord } from "../endpoint.ts";
import { ChannelRecord } from "../ipc/channel.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

export const messagesConserved = checker("messages-conserved", "sent = received + pending + dropped, at each endpoint and channel", check);

function check({ ram, endpoints, channels }: KernelTables, say: Say): void {
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
}
