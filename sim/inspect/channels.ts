/** The channels with what lies in them, the oldest first. */

import { ChannelRecord } from "../../kernel/ipc/channel.ts";
import type { Dump } from "./dump.ts";
import type { MessageView } from "./messages.ts";
import { messageAt } from "./messages.ts";
import { nameOf, namesOfMask } from "./names.ts";

export interface ChannelView {
  readonly name: string;
  readonly count: number;
  readonly capacity: number;
  readonly peak: number;
  readonly sent: number;
  readonly received: number;
  /** Messages refused since it was full. */
  readonly dropped: number;
  readonly subscribers: readonly string[];
  readonly messages: readonly MessageView[];
}

export function channelsOf(dump: Dump): ChannelView[] {
  return Array.from({ length: dump.tables.channels.count }, (_, channel) => channelOf(dump, channel));
}

function channelOf(dump: Dump, channel: number): ChannelView {
  const { ram, tables, names } = dump;
  const at = tables.channels.at(channel);
  const ring = tables.rings[channel];
  const count = ChannelRecord.count.get(ram, at);
  const head = ChannelRecord.head.get(ram, at);
  const shown = head < 0 || head >= ring.count ? 0 : Math.max(0, Math.min(count, ring.count));
  return {
    name: nameOf(names.channels, channel, "channel"),
    count,
    capacity: ChannelRecord.capacity.get(ram, at),
    peak: ChannelRecord.depthPeak.get(ram, at),
    sent: ChannelRecord.sent.get(ram, at),
    received: ChannelRecord.received.get(ram, at),
    dropped: ChannelRecord.dropped.get(ram, at),
    subscribers: namesOfMask(names.processes, ChannelRecord.subscribers.get(ram, at), "process"),
    messages: Array.from({ length: shown }, (_, index) => messageAt(dump, ring.at((head + index) % ring.count))),
  };
}
