/**
 * The command that sets receive-side scaling (VIRTIO 1.2, 5.1.6.5.7): hash types, the indirection table and its mask, the
 * queue for frames without a hash, how many transmit queues the driver uses, and the key. Everything is checked before
 * anything is changed: queues that there are, a table of a power of two entries, types that are supported.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { HASH_TYPES } from "./net-configuration.ts";
import { RSS_KEY_BYTES, RSS_TABLE_LENGTH_MAX, VirtioNetControl, VirtioNetRssConfig } from "./net-layouts.ts";
import { VirtioNetState } from "./net-state.ts";
import type { Virtqueue } from "./virtqueue.ts";

type StateAddress = Address<"VirtioNetState">;

const ENTRY_BYTES = 2;
/** Number of transmit queues (2 bytes) and length of the key. */
const TAIL_BYTES = 3;

/** Steers by what the taken chain's data says. False, and nothing changed, when it is not to be had. */
export function setScaling(ram: Memory, state: StateAddress, pairsMax: number, queue: Virtqueue, dataBytes: number): boolean {
  const data = VirtioNetState.scaling.at(state);
  const bytes = readParameters(ram, queue, dataBytes, data);
  if (bytes === 0) return false;
  const head = data as number as Address<"VirtioNetRssConfig">;
  const hashTypes = VirtioNetRssConfig.hashTypes.get(ram, head);
  const length = VirtioNetRssConfig.indirectionTableMask.get(ram, head) + 1;
  const unclassified = VirtioNetRssConfig.unclassifiedQueue.get(ram, head);
  const table = data + VirtioNetRssConfig.size;
  const tail = table + length * ENTRY_BYTES;
  const pairs = ram.view.getUint16(tail, true);
  if ((hashTypes & ~HASH_TYPES) !== 0 || unclassified >= pairsMax || pairs < 1 || pairs > pairsMax || !allBelow(ram, table, length, pairsMax)) return false;
  const keyBytes = ram.u8[tail + 2];
  const key = VirtioNetState.key.at(state);
  ram.fill(key, RSS_KEY_BYTES, 0);
  ram.copy(key, tail + TAIL_BYTES, keyBytes);
  ram.copy(VirtioNetState.indirectionTable.at(state), table, length * ENTRY_BYTES);
  VirtioNetState.hashTypes.set(ram, state, hashTypes);
  VirtioNetState.indirectionTableMask.set(ram, state, length - 1);
  VirtioNetState.unclassifiedQueue.set(ram, state, unclassified);
  VirtioNetState.pairs.set(ram, state, pairs);
  VirtioNetState.rss.set(ram, state, 1);
  return true;
}

/** Reads the parameters to `to` as far as their own lengths go; how many bytes, 0 when these do not fit the data or the device. */
function readParameters(ram: Memory, queue: Virtqueue, dataBytes: number, to: number): number {
  const from = VirtioNetControl.size;
  if (dataBytes < VirtioNetRssConfig.size || !queue.gather(from, VirtioNetRssConfig.size, to)) return 0;
  const mask = VirtioNetRssConfig.indirectionTableMask.get(ram, to as Address<"VirtioNetRssConfig">);
  const tableEnd = VirtioNetRssConfig.size + (mask + 1) * ENTRY_BYTES;
  if ((mask & (mask + 1)) !== 0 || mask >= RSS_TABLE_LENGTH_MAX || dataBytes < tableEnd + TAIL_BYTES) return 0;
  const rest = dataBytes - VirtioNetRssConfig.size;
  if (rest > tableEnd + TAIL_BYTES + RSS_KEY_BYTES - VirtioNetRssConfig.size || !queue.gather(from + VirtioNetRssConfig.size, rest, to + VirtioNetRssConfig.size)) return 0;
  return ram.u8[to + tableEnd + 2] === dataBytes - tableEnd - TAIL_BYTES ? dataBytes : 0;
}

function allBelow(ram: Memory, table: number, length: number, end: number): boolean {
  for (let i = 0; i < length; i++) if (ram.view.getUint16(table + i * ENTRY_BYTES, true) >= end) return false;
  return true;
}
