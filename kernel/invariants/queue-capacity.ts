/** No queue and no channel holds more than its capacity, which is that of the memory it was given; a closed endpoint holds nothing. */

import { EndpointRecord } from "../endpoint.ts";
import { ChannelRecord } from "../ipc/channel.ts";
import type { Say } from "./checker.ts";
import { checker } from "./checker.ts";
import type { KernelTables } from "./tables.ts";

export const queueCapacity = checker("queue-capacity", "a queue or a channel holds 0 to its capacity, which is the number of its slots; a closed queue holds none", check);

function check(tables: KernelTables, say: Say): void {
  const { ram, endpoints, queues } = tables;
  for (let endpoint = 0; endpoint < endpoints.count; endpoint++) {
    const at = endpoints.at(endpoint);
    const count = EndpointRecord.count.get(ram, at);
    const capacity = EndpointRecord.capacity.get(ram, at);
    if (capacity !== queues[endpoint].count) say(`endpoint ${endpoint}: capacity`, `it is ${capacity}; there are ${queues[endpoint].count} slots`);
    if (count < 0 || count > capacity) say(`endpoint ${endpoint}: count`, `it is ${count}; the capacity is ${capacity}`);
    if (count !== 0 && EndpointRecord.open.get(ram, at) === 0) say(`endpoint ${endpoint}: open`, `it is closed, and ${count} messages are queued`);
    const peak = EndpointRecord.depthPeak.get(ram, at);
    if (peak < count || peak > capacity) say(`endpoint ${endpoint}: depthPeak`, `it is ${peak}, with ${count} in the queue and room for ${capacity}`);
  }
  for (let channel = 0; channel < tables.channels.count; channel++) checkChannel(tables, channel, say);
}

function checkChannel({ ram, channels, rings }: KernelTables, channel: number, say: Say): void {
  const at = channels.at(channel);
  const ring = rings[channel];
  const count = ChannelRecord.count.get(ram, at);
  const capacity = ChannelRecord.capacity.get(ram, at);
  const head = ChannelRecord.head.get(ram, at);
  if (capacity !== ring.count) say(`channel ${channel}: capacity`, `it is ${capacity}; there are ${ring.count} positions`);
  if (count < 0 || count > capacity) say(`channel ${channel}: count`, `it is ${count}; the capacity is ${capacity}`);
  if (head < 0 || head >= ring.count) say(`channel ${channel}: head`, `it is ${head} of ${ring.count}`);
  if (ChannelRecord.ring.get(ram, at) !== ring.base) say(`channel ${channel}: ring`, `it is at ${ChannelRecord.ring.get(ram, at)}; its own memory is at ${ring.base}`);
}
