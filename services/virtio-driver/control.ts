/**
 * Commands on the control queue (VIRTIO 1.2, 5.1.6.5): one at a time. While the device is set up each is waited for a
 * while; frames may arrive meanwhile and are listed as they come, since a command may change which queue they go to.
 */

import type { Address } from "../../hal/field.ts";
import { VirtioFeature, VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import {
  RSS_KEY_BYTES,
  RSS_TABLE_LENGTH_MAX,
  VirtioNetAck,
  VirtioNetClass,
  VirtioNetControl,
  VirtioNetHash,
  VirtioNetMacCommand,
  VirtioNetMqCommand,
  VirtioNetRssConfig,
  VirtioNetRxCommand,
} from "../../hal/nic/virtio/net-layouts.ts";
import { VirtqDescriptorFlag, VirtqIndex, descriptorAt } from "../../hal/nic/virtio/split-ring.ts";
import { Errno } from "../../kernel/errno.ts";
import { look } from "./arrivals.ts";
import { BROKEN, expose, hush, notify, usedIndex, writeDescriptor } from "./queue.ts";
import { VirtioDriverPage as Page } from "./rings.ts";
import type { DriverContext } from "./state.ts";
import { GROUPS_MAX, VirtioDriverQueue as Queue, VirtioDriverState as State, controlQueue, hasFeature, stateOf } from "./state.ts";

/** How often the device is asked for one command before it is given up. */
const COMMAND_READS_MAX = 1000;
const NO_ANSWER = -1;
/** A table of addresses begins with their number. */
const TABLE_COUNT_BYTES = 4;
const MAC_BYTES = 6;
/** The key's length is one byte. */
const KEY_LENGTH_BYTES = 1;

/**
 * Only frames for this machine, its groups and broadcasts, as few others as the device can keep away; whether it does is its own
 * affair. 0, or the errno for which this device cannot be used.
 */
export function setFilters(context: DriverContext, rings: number): number {
  if (!hasFeature(context, VirtioFeature.CTRL_RX) || !hasFeature(context, VirtioFeature.MAC)) return Errno.ok;
  const { shared } = context;
  const data = rings + Page.data.offset;
  shared.u8[data] = 0;
  if (command(context, rings, VirtioNetClass.RX, VirtioNetRxCommand.PROMISC, 1) === NO_ANSWER) return Errno.timeout;
  if (command(context, rings, VirtioNetClass.RX, VirtioNetRxCommand.ALLMULTI, 1) === NO_ANSWER) return Errno.timeout;
  return command(context, rings, VirtioNetClass.MAC, VirtioNetMacCommand.TABLE_SET, writeTables(context, data)) === NO_ANSWER ? Errno.timeout : Errno.ok;
}

/** No further addresses of this machine, and its groups. Bytes that were written. */
function writeTables({ shared, parameters }: DriverContext, data: number): number {
  const { groups } = parameters;
  const count = groups === undefined ? 0 : Math.min(groups.length, GROUPS_MAX);
  shared.fill(data, 2 * TABLE_COUNT_BYTES, 0);
  shared.u8[data + TABLE_COUNT_BYTES] = count;
  let at = data + 2 * TABLE_COUNT_BYTES;
  for (let index = 0; index < count; index++) for (let byte = 0; byte < MAC_BYTES; byte++) shared.u8[at++] = groups?.[index][byte] ?? 0;
  return at - data;
}

/**
 * Asks the device for a sign of life: a command that changes nothing, for which nobody waits. False if there is none to
 * be asked for.
 */
export function askSign(context: DriverContext, rings: number): boolean {
  if (!hasFeature(context, VirtioFeature.CTRL_RX)) return false;
  ask(context, rings, VirtioNetClass.MAC, VirtioNetMacCommand.TABLE_SET, writeTables(context, rings + Page.data.offset));
  return true;
}

/** Has it answered? */
export function gaveSign(context: DriverContext, rings: number): boolean {
  return answerOf(context, rings) !== NO_ANSWER;
}

/**
 * Spreads frames over so many queue pairs: by RSS with a hash over both addresses where the device can do that, else as
 * the device itself sees fit. How many pairs are used: 1 if it refuses. Negative: the errno for which it cannot be used.
 *
 * Ports are left out of the hash on purpose: a fragment or an extension header hides them, and then frames of one flow
 * would go to different queues, where their order is lost.
 */
export function setSteering(context: DriverContext, rings: number, pairs: number, tableLengthMax: number, hashTypes: number): number {
  const types = hashTypes & (VirtioNetHash.IPv4 | VirtioNetHash.IPv6);
  if (hasRss(context) && types !== 0) {
    const bytes = writeRss(context, rings, pairs, Math.min(tableLengthMax, RSS_TABLE_LENGTH_MAX), types);
    const answer = command(context, rings, VirtioNetClass.MQ, VirtioNetMqCommand.RSS_CONFIG, bytes);
    if (answer === NO_ANSWER) return Errno.timeout;
    if (answer === VirtioNetAck.OK) return pairs;
  }
  if (!hasFeature(context, VirtioFeature.MQ)) return 1;
  VirtqIndex.value.set(context.shared, (rings + Page.data.offset) as Address<"VirtqIndex">, pairs);
  const answer = command(context, rings, VirtioNetClass.MQ, VirtioNetMqCommand.VQ_PAIRS_SET, VirtqIndex.size);
  if (answer === NO_ANSWER) return Errno.timeout;
  return answer === VirtioNetAck.OK ? pairs : 1;
}

export function hasRss(context: DriverContext): boolean {
  return ((State.featuresHigh.get(context.memory, stateOf(context)) >>> (VirtioFeature.RSS - 32)) & 1) === 1;
}

/** Writes the data of an RSS_CONFIG. How many bytes it has. */
function writeRss(context: DriverContext, rings: number, pairs: number, tableLengthMax: number, types: number): number {
  const { shared } = context;
  const data = rings + Page.data.offset;
  let length = 1;
  while (length * 2 <= tableLengthMax) length *= 2;
  const head = data as Address<"VirtioNetRssConfig">;
  VirtioNetRssConfig.hashTypes.set(shared, head, types);
  VirtioNetRssConfig.indirectionTableMask.set(shared, head, length - 1);
  VirtioNetRssConfig.unclassifiedQueue.set(shared, head, 0);
  let at = data + VirtioNetRssConfig.size;
  for (let i = 0; i < length; i++, at += VirtqIndex.size) VirtqIndex.value.set(shared, at as Address<"VirtqIndex">, i % pairs);
  VirtqIndex.value.set(shared, at as Address<"VirtqIndex">, pairs);
  at += VirtqIndex.size;
  shared.u8[at] = RSS_KEY_BYTES;
  at += KEY_LENGTH_BYTES;
  writeKey(shared.u8, at);
  return at + RSS_KEY_BYTES - data;
}

/** A key of our own: its only merit is that its bits are mixed. */
function writeKey(bytes: Uint8Array, at: number): void {
  let word = 0x2545_f491;
  for (let i = 0; i < RSS_KEY_BYTES; i++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    bytes[at + i] = word >>> 8;
  }
}

/** Gives the device a command whose `dataBytes` bytes of data are in their place, and waits. VirtioNetAck, or NO_ANSWER. */
function command(context: DriverContext, rings: number, kind: number, number: number, dataBytes: number): number {
  ask(context, rings, kind, number, dataBytes);
  for (let i = 0; i < COMMAND_READS_MAX; i++) {
    const answer = answerOf(context, rings);
    if (answer !== NO_ANSWER) return answer;
    context.registerRead(context.needs.nic, VirtioRegister.InterruptStatus);
    if (look(context, rings) === BROKEN) break;
  }
  return NO_ANSWER;
}

/** Puts a command before the device; none may be waiting there. */
function ask(context: DriverContext, rings: number, kind: number, number: number, dataBytes: number): void {
  const { memory, shared } = context;
  const queue = controlQueue(context);
  const control = (rings + Page.command.offset) as Address<"VirtioNetControl">;
  VirtioNetControl.class.set(shared, control, kind);
  VirtioNetControl.command.set(shared, control, number);
  const page = context.regionDeviceAddress(context.needs.rings, 0);
  const table = rings + Queue.descriptors.get(memory, queue);
  writeDescriptor(shared, descriptorAt(table, 0), page + Page.command.offset, VirtioNetControl.size + dataBytes, VirtqDescriptorFlag.NEXT, 1);
  writeDescriptor(shared, descriptorAt(table, 1), page + Page.acknowledgement.offset, 1, VirtqDescriptorFlag.WRITE, 0);
  shared.u8[rings + Page.acknowledgement.offset] = VirtioNetAck.ERR;
  hush(context, rings, queue);
  expose(context, rings, queue, 0);
  notify(context, rings, queue);
}

/** What the device answered to the command before it: VirtioNetAck, or NO_ANSWER. */
function answerOf(context: DriverContext, rings: number): number {
  const { memory, shared } = context;
  const queue = controlQueue(context);
  const offered = Queue.offered.get(memory, queue);
  if (usedIndex(context, rings, queue) !== offered) return NO_ANSWER;
  Queue.taken.set(memory, queue, offered);
  return shared.u8[rings + Page.acknowledgement.offset] === VirtioNetAck.OK ? VirtioNetAck.OK : VirtioNetAck.ERR;
}
