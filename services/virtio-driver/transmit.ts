/**
 * The transmitting side. A frame's buffer is the device's until it has used the chain, and goes home then: what the
 * device has sent is taken back at every occasion. An interrupt is asked for only while a quarter of a queue or more is
 * in use, and then for the time when half of that has left, so that most frames cost none.
 */

import { VirtioFeature } from "../../hal/nic/virtio/mmio-registers.ts";
import { worked } from "./pace.ts";
import { BROKEN, hush, listen, notify, offer, takeUsed, usedChains, usedSlot } from "./queue.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { DriverBit, DriverPhase, VirtioDriverQueue as Queue, VirtioDriverState as State, hasFeature, stateOf, txQueue } from "./state.ts";

/**
 * Sends a frame: the buffer is the driver's from now on, and goes home when it has left or cannot leave. False if the
 * device makes no sense; the frame is dropped then.
 */
export function transmit(context: DriverContext, rings: number, pair: number, handle: number, frameBytes: number): boolean {
  const { memory, needs } = context;
  const state = stateOf(context);
  const queue = txQueue(context, pair < State.pairs.get(memory, state) ? pair : 0);
  const sound = reclaim(context, rings, queue);
  const room = Queue.inFlight.get(memory, queue) < Queue.slots.get(memory, queue);
  const fits = frameBytes > 0 && frameBytes <= State.txBytesMax.get(memory, state);
  if (sound && room && fits && State.linkUp.get(memory, state) === 1) {
    offer(context, rings, queue, handle, context.bufferDeviceAddress(needs.buffers, handle), frameBytes);
    State.txUsed.add(memory, state, 1);
    notify(context, rings, queue);
    context.parameters.parts?.sent?.(context, rings, queue, handle);
    watch(context, rings, queue);
    return true;
  }
  drop(context, handle);
  return sound;
}

/** A frame that is not sent: counted, and its buffer goes home. */
export function drop(context: DriverContext, handle: number): void {
  State.txDropped.add(context.memory, stateOf(context), 1);
  context.bufferRelease(context.needs.buffers, handle);
}

/** Takes back what the device has sent of all queues. False if it makes no sense. */
export function reclaimAll(context: DriverContext, rings: number): boolean {
  const pairs = State.pairs.get(context.memory, stateOf(context));
  for (let pair = 0; pair < pairs; pair++) if (!reclaim(context, rings, txQueue(context, pair))) return false;
  return true;
}

/** The same of one queue. */
export function reclaim(context: DriverContext, rings: number, queue: QueueAddress): boolean {
  const { memory, needs } = context;
  const other = context.parameters.parts?.reclaim;
  if (other !== undefined) return other(context, rings, queue);
  const state = stateOf(context);
  let used = usedChains(context, rings, queue);
  if (used === 0) return true;
  worked(context);
  while (used > 0) {
    const slot = usedSlot(context, rings, queue);
    if (slot === BROKEN) return false;
    State.txUsed.add(memory, state, -1);
    State.txFrames.add(memory, state, 1);
    context.bufferRelease(needs.buffers, takeUsed(memory, queue, slot));
    used = usedChains(context, rings, queue);
  }
  if (used === BROKEN) return false;
  watch(context, rings, queue);
  return true;
}

/** Says whether an interrupt is wanted, and when; it runs again if the device was faster. */
function watch(context: DriverContext, rings: number, queue: QueueAddress): void {
  const { memory } = context;
  if (State.phase.get(memory, stateOf(context)) !== DriverPhase.running) return;
  const inFlight = Queue.inFlight.get(memory, queue);
  if (inFlight < Queue.slots.get(memory, queue) >> 2) {
    hush(context, rings, queue);
    return;
  }
  const ahead = hasFeature(context, VirtioFeature.EVENT_IDX) ? inFlight >> 1 : 0;
  listen(context, rings, queue, Queue.taken.get(memory, queue) + ahead);
  if (usedChains(context, rings, queue) > ahead) context.notifySelf(DriverBit.more);
}
