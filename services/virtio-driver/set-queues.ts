/** Placing the queues in the region, and telling the device (VIRTIO 1.2, 4.2.3.2). */

import { VirtioFeature, VirtioRegister as Register } from "../../hal/nic/virtio/mmio-registers.ts";
import { VirtqDescriptorFlag } from "../../hal/nic/virtio/split-ring.ts";
import { Errno } from "../../kernel/errno.ts";
import { hasRss } from "./control.ts";
import { emptyQueue } from "./queue.ts";
import {
  CONTROL_DESCRIPTORS,
  CONTROL_QUEUE_OFFSET,
  HEADER_STRIDE_BYTES,
  PAIRS_OFFSET,
  VirtioDriverPage,
  availableOffset,
  chainsOffset,
  headersOffset,
  queueSize,
  rxQueueBytes,
  txQueueBytes,
  usedOffset,
  wantsIndirect,
} from "./rings.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { VirtioDriverQueue as Queue, VirtioDriverState as State, controlQueue, hasFeature, rxQueue, stateOf, txQueue } from "./state.ts";

/**
 * Sets all queues that will be used, empty, and the number of pairs. 0, or resourceExhausted: the device lacks a queue,
 * or allows none of a useful size.
 */
export function setQueues(context: DriverContext, rings: number): number {
  const { memory, shared, parameters } = context;
  const state = stateOf(context);
  shared.fill(rings, State.ringsBytes.get(memory, state), 0);
  const pairs = Math.min(parameters.queuePairs, State.devicePairs.get(memory, state));
  if (pairs < 1) return Errno.resourceExhausted;
  State.pairs.set(memory, state, pairs);
  State.rxWanted.set(memory, state, 0);
  for (let pair = 0; pair < pairs; pair++) {
    const base = PAIRS_OFFSET + pair * (rxQueueBytes(parameters) + txQueueBytes(parameters));
    if (!setReceive(context, pair, base) || !setTransmit(context, pair, base + rxQueueBytes(parameters))) return Errno.resourceExhausted;
  }
  if (!hasFeature(context, VirtioFeature.CTRL_VQ)) return Errno.ok;
  const several = hasFeature(context, VirtioFeature.MQ) || hasRss(context);
  const number = 2 * (several ? State.devicePairs.get(memory, state) : 1);
  return setQueue(context, controlQueue(context), number, CONTROL_QUEUE_OFFSET, CONTROL_DESCRIPTORS) && Queue.length.get(memory, controlQueue(context)) === CONTROL_DESCRIPTORS ? Errno.ok : Errno.resourceExhausted;
}

function setReceive(context: DriverContext, pair: number, base: number): boolean {
  const { memory, parameters } = context;
  const queue = rxQueue(context, pair);
  const indirect = wantsIndirect(parameters.rxDescriptors, parameters.rxPosted);
  if (!setQueue(context, queue, 2 * pair, base, queueSize(parameters.rxDescriptors))) return false;
  shape(context, queue, indirect);
  Queue.flags.set(memory, queue, VirtqDescriptorFlag.WRITE);
  Queue.headers.set(memory, queue, base + headersOffset(queueSize(parameters.rxDescriptors), indirect));
  Queue.headerStride.set(memory, queue, HEADER_STRIDE_BYTES);
  const wanted = Math.min(parameters.rxPosted, Queue.slots.get(memory, queue));
  Queue.wanted.set(memory, queue, wanted);
  State.rxWanted.add(memory, stateOf(context), wanted);
  return wanted > 0;
}

function setTransmit(context: DriverContext, pair: number, base: number): boolean {
  const { memory, parameters } = context;
  const queue = txQueue(context, pair);
  if (!setQueue(context, queue, 2 * pair + 1, base, queueSize(parameters.txDescriptors))) return false;
  shape(context, queue, true);
  Queue.flags.set(memory, queue, 0);
  // One header of zeros for all.
  Queue.headers.set(memory, queue, VirtioDriverPage.transmitHeader.offset);
  Queue.headerStride.set(memory, queue, 0);
  return Queue.slots.get(memory, queue) > 0;
}

/** How many slots the queue has: one a descriptor where tables of their own are wanted and allowed, else one for two. */
function shape(context: DriverContext, queue: QueueAddress, indirectWanted: boolean): void {
  const { memory } = context;
  const indirect = indirectWanted && hasFeature(context, VirtioFeature.INDIRECT_DESC);
  const size = Queue.length.get(memory, queue);
  Queue.indirect.set(memory, queue, indirect ? 1 : 0);
  Queue.slots.set(memory, queue, Math.min(Queue.slotsMax.get(memory, queue), indirect ? size : size >> 1));
  emptyQueue(memory, queue);
}

/** Tells the device of one queue. The size is the wanted one, or as much of it as the device allows. False if it has no such queue. */
function setQueue(context: DriverContext, queue: QueueAddress, number: number, base: number, wanted: number): boolean {
  const { memory, needs } = context;
  const { nic } = needs;
  context.registerWrite(nic, Register.QueueSel, number);
  if (context.registerRead(nic, Register.QueueReady) !== 0) return false;
  const most = context.registerRead(nic, Register.QueueNumMax) >>> 0;
  let size = wanted;
  while (size > most) size >>= 1;
  if (size === 0) return false;
  const device = context.regionDeviceAddress(needs.rings, 0);
  Queue.number.set(memory, queue, number);
  Queue.length.set(memory, queue, size);
  Queue.device.set(memory, queue, device);
  Queue.descriptors.set(memory, queue, base);
  Queue.available.set(memory, queue, base + availableOffset(wanted));
  Queue.used.set(memory, queue, base + usedOffset(wanted));
  Queue.chains.set(memory, queue, base + chainsOffset(wanted));
  Queue.offered.set(memory, queue, 0);
  Queue.told.set(memory, queue, 0);
  Queue.taken.set(memory, queue, 0);
  context.registerWrite(nic, Register.QueueNum, size);
  writeAddress(context, Register.QueueDescLow, device + Queue.descriptors.get(memory, queue));
  writeAddress(context, Register.QueueDriverLow, device + Queue.available.get(memory, queue));
  writeAddress(context, Register.QueueDeviceLow, device + Queue.used.get(memory, queue));
  context.registerWrite(nic, Register.QueueReady, 1);
  return true;
}

/** A low word and the high word behind it. */
function writeAddress(context: DriverContext, register: number, address: number): void {
  context.registerWrite(context.needs.nic, register, address);
  context.registerWrite(context.needs.nic, register + 4, 0);
}
