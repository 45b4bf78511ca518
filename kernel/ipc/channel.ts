/**
 * Async channels (upstream `ipc/channel.rs`): bounded rings of small messages that the manifest makes. Sending and
 * receiving never wait: a full channel refuses (channelFull) and counts the message as dropped, an empty one says so
 * (channelEmpty). Who subscribed is notified of each message, with bits of his choice. A channel belongs to nobody and
 * outlives those who use it; capabilities to it are of the type of endpoints, their objects numbered after those.
 */

import type { Address } from "../../hal/field.ts";
import { i32 } from "../../hal/field.ts";
import type { Table } from "../../hal/layout.ts";
import { layout } from "../../hal/layout.ts";
import type { SlotOfCapability } from "../capability.ts";
import { CapabilitySlot, ObjectType, lookUp } from "../capability.ts";
import { KernelChoice } from "../crossing.ts";
import { copySmall } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { SMALL_MESSAGE_BYTES, SmallMessage } from "../message.ts";
import { notify } from "../scheduler.ts";
import { KernelTrace } from "../trace-kinds.ts";

export const ChannelRecord = layout("ChannelRecord", 40, {
  capacity: i32,
  count: i32,
  /** Position of the oldest message. */
  head: i32,
  /** Address of position 0: 48 bytes each. */
  ring: i32,
  /** Processes that subscribed. */
  subscribers: i32,
  sent: i32("statistic"),
  received: i32("statistic"),
  /** Messages refused since there was no room. */
  dropped: i32("statistic"),
  depthPeak: i32("statistic"),
  reserved: i32("scratch"),
});

/** What a process is notified with: one a channel and process. */
export const Subscription = layout("Subscription", 8, { bits: i32, reserved: i32("scratch") });

export type ChannelAddress = Address<"ChannelRecord">;

export interface Channels {
  readonly records: Table<"ChannelRecord">;
  /** One row a channel, one entry a process. */
  readonly subscriptions: Table<"Subscription">;
}

/** The number of the channel to which the token at RAM address `tokenAt` gives `process` these rights; or invalidCapability, permissionDenied. */
export function decodeChannel(kernel: Kernel, process: number, tokenAt: number, rights: number): number {
  const slot = lookUp(kernel.ram, kernel.spaces, process, tokenAt, ObjectType.endpoint, rights);
  if (slot < 0) return slot;
  const channel = CapabilitySlot.object.get(kernel.ram, slot as SlotOfCapability) - kernel.endpoints.count;
  return channel >= 0 ? channel : Errno.invalidCapability;
}

/** Puts the 48 bytes at RAM address `message` into the channel. 0, or channelFull. */
export function channelSend(kernel: Kernel, channel: number, message: Address<"SmallMessage">): number {
  const { ram } = kernel;
  const record = kernel.channels.records.at(channel);
  const capacity = ChannelRecord.capacity.get(ram, record);
  const count = ChannelRecord.count.get(ram, record);
  if (count >= capacity || (kernel.crashes && kernel.board.choose(KernelChoice.queueFull, kernel.endpoints.count + channel, 2) !== 0)) {
    ChannelRecord.dropped.add(ram, record, 1);
    return Errno.channelFull;
  }
  // ---- nothing below can fail ----
  copySmall(ram, placeAt(kernel, record, (ChannelRecord.head.get(ram, record) + count) % capacity), message);
  ChannelRecord.count.set(ram, record, count + 1);
  ChannelRecord.sent.add(ram, record, 1);
  if (count + 1 > ChannelRecord.depthPeak.get(ram, record)) ChannelRecord.depthPeak.set(ram, record, count + 1);
  trace(kernel, KernelTrace.channelSent, channel, SmallMessage.opcode.get(ram, message));
  tellSubscribers(kernel, channel, record);
  return Errno.ok;
}

/** Takes the oldest message to RAM address `to`. 0, or channelEmpty. */
export function channelReceive(kernel: Kernel, channel: number, to: number): number {
  const { ram } = kernel;
  const record = kernel.channels.records.at(channel);
  const count = ChannelRecord.count.get(ram, record);
  if (count === 0) return Errno.channelEmpty;
  const head = ChannelRecord.head.get(ram, record);
  copySmall(ram, to, placeAt(kernel, record, head));
  ChannelRecord.head.set(ram, record, (head + 1) % ChannelRecord.capacity.get(ram, record));
  ChannelRecord.count.set(ram, record, count - 1);
  ChannelRecord.received.add(ram, record, 1);
  return Errno.ok;
}

/** From now on each message of the channel raises `bits` in `process`; 0 for no more. */
export function subscribe(kernel: Kernel, channel: number, process: number, bits: number): void {
  const { ram } = kernel;
  const record = kernel.channels.records.at(channel);
  const others = ChannelRecord.subscribers.get(ram, record) & ~(1 << process);
  ChannelRecord.subscribers.set(ram, record, (bits | 0) === 0 ? others : others | (1 << process));
  Subscription.bits.set(ram, subscriptionAt(kernel, channel, process), bits);
}

/** `process` has ended: it is notified of nothing any more. */
export function unsubscribeAll(kernel: Kernel, process: number): void {
  for (let channel = 0; channel < kernel.channels.records.count; channel++) subscribe(kernel, channel, process, 0);
}

function tellSubscribers(kernel: Kernel, channel: number, record: ChannelAddress): void {
  let rest = ChannelRecord.subscribers.get(kernel.ram, record);
  while (rest !== 0) {
    const process = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    notify(kernel, process, Subscription.bits.get(kernel.ram, subscriptionAt(kernel, channel, process)));
  }
}

function subscriptionAt(kernel: Kernel, channel: number, process: number): Address<"Subscription"> {
  return kernel.channels.subscriptions.at(channel * kernel.processes.count + process);
}

function placeAt(kernel: Kernel, record: ChannelAddress, position: number): number {
  return ChannelRecord.ring.get(kernel.ram, record) + position * SMALL_MESSAGE_BYTES;
}
