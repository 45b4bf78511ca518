/**
 * The command that sets the address filter of a virtio network device (VIRTIO 1.2, 5.1.6.5.2): a count and so many unicast
 * addresses, then a count and so many multicast addresses. The device keeps as many as its table holds; when there
 * are more of a kind, none of that kind are kept and all pass.
 */

import type { Address } from "../../field.ts";
import type { Memory } from "../../memory.ts";
import { VirtioNetControl } from "./net-layouts.ts";
import { MAC_BYTES, MAC_TABLE_LENGTH_MAX, VirtioNetState } from "./net-state.ts";
import type { Virtqueue } from "./virtqueue.ts";

const COUNT_BYTES = 4;

/** Replaces the table by what the taken chain's data says. False, and nothing changed, when its lengths do not add up. `scratch` is a place for a count. */
export function setMacTable(ram: Memory, state: Address<"VirtioNetState">, queue: Virtqueue, dataBytes: number, scratch: number): boolean {
  const unicasts = readCount(ram, queue, 0, dataBytes, scratch);
  if (unicasts < 0) return false;
  const second = COUNT_BYTES + unicasts * MAC_BYTES;
  const multicasts = readCount(ram, queue, second, dataBytes, scratch);
  if (multicasts < 0 || second + COUNT_BYTES + multicasts * MAC_BYTES !== dataBytes) return false;
  const keptUnicasts = unicasts <= MAC_TABLE_LENGTH_MAX ? unicasts : 0;
  const keptMulticasts = keptUnicasts + multicasts <= MAC_TABLE_LENGTH_MAX ? multicasts : 0;
  const table = VirtioNetState.macTable.at(state);
  if (!readAddresses(queue, COUNT_BYTES, keptUnicasts, table)) return false;
  if (!readAddresses(queue, second + COUNT_BYTES, keptMulticasts, table + keptUnicasts * MAC_BYTES)) return false;
  VirtioNetState.unicasts.set(ram, state, keptUnicasts);
  VirtioNetState.multicasts.set(ram, state, keptMulticasts);
  VirtioNetState.unicastOverflow.set(ram, state, keptUnicasts === unicasts ? 0 : 1);
  VirtioNetState.multicastOverflow.set(ram, state, keptMulticasts === multicasts ? 0 : 1);
  return true;
}

/** A count at an offset of the data, any number below 2^32; -1 when there is none. */
function readCount(ram: Memory, queue: Virtqueue, offset: number, dataBytes: number, scratch: number): number {
  if (offset + COUNT_BYTES > dataBytes || !queue.gather(VirtioNetControl.size + offset, COUNT_BYTES, scratch)) return -1;
  return ram.view.getUint32(scratch, true);
}

/** A gather that fails has broken the device: the table is of no use any more. */
function readAddresses(queue: Virtqueue, offset: number, count: number, to: number): boolean {
  return count === 0 || queue.gather(VirtioNetControl.size + offset, count * MAC_BYTES, to);
}
