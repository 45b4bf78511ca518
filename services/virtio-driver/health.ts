/** Is the device still what it was set to be? A device that was reset behind the driver's back, or hangs, says nothing. */

import { VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { askSign, gaveSign } from "./control.ts";
import { AT_WORK } from "./negotiate.ts";
import { hasLost, offerAgain, ring } from "./queue.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { BUFFER_BYTES, VirtioDriverQueue as Queue, VirtioDriverState as State, rxQueue, stateOf, txQueue } from "./state.ts";

/** A queue that does not move for so many watches hangs: longer than any frame may wait for the wire. */
const STUCK_WATCHES = 10;
/** After so many watches without a frame the device is asked for a sign of life, and for so many more it may think. */
const IDLE_WATCHES = 10;

/** Does its status say that it is at work, and does not ask for a reset (2.1)? */
export function isAlive(context: DriverContext): boolean {
  return context.registerRead(context.needs.nic, VirtioRegister.Status) === AT_WORK;
}

/** Do chains come back from every queue? To be asked once a watch, when what was sent has been taken back. */
export function givesBack(context: DriverContext): boolean {
  const { memory } = context;
  const pairs = State.pairs.get(memory, stateOf(context));
  let sound = true;
  for (let pair = 0; pair < pairs; pair++) {
    if (isStuck(context, txQueue(context, pair)) || hasLost(memory, txQueue(context, pair)) || hasLost(memory, rxQueue(context, pair))) sound = false;
  }
  return sound;
}

/** A device that receives nothing, and does not answer a command either, hangs. To be asked once a watch. */
export function isAwake(context: DriverContext, rings: number): boolean {
  const { memory } = context;
  const state = stateOf(context);
  const frames = (State.rxFrames.get(memory, state) + State.rxDropped.get(memory, state) + State.rxBad.get(memory, state)) | 0;
  const idle = frames === State.framesWatched.get(memory, state) ? State.idleWatches.get(memory, state) + 1 : 0;
  State.framesWatched.set(memory, state, frames);
  State.idleWatches.set(memory, state, idle);
  if (State.signAsked.get(memory, state) === 1) {
    if (!gaveSign(context, rings)) return idle < 2 * IDLE_WATCHES;
    State.signAsked.set(memory, state, 0);
    State.idleWatches.set(memory, state, 0);
  } else if (idle >= IDLE_WATCHES) {
    mendAll(context, rings);
    State.signAsked.set(memory, state, askSign(context, rings) ? 1 : 0);
  }
  return true;
}

/**
 * The rings lie where the device may write. Should it have spoiled what is to be received with, this mends it; should it
 * sleep on a queue by mistake, this wakes it (2.7.10: it must bear that).
 */
function mendAll(context: DriverContext, rings: number): void {
  const { memory } = context;
  const pairs = State.pairs.get(memory, stateOf(context));
  for (let pair = 0; pair < pairs; pair++) {
    const queue = rxQueue(context, pair);
    const slots = Queue.slots.get(memory, queue);
    for (let slot = 0; slot < slots; slot++) offerAgain(context, rings, queue, slot, BUFFER_BYTES);
    ring(context, queue);
  }
}

function isStuck(context: DriverContext, queue: QueueAddress): boolean {
  const { memory } = context;
  const taken = Queue.taken.get(memory, queue);
  const still = Queue.inFlight.get(memory, queue) > 0 && taken === Queue.watched.get(memory, queue);
  Queue.watched.set(memory, queue, taken);
  Queue.stuck.set(memory, queue, still ? Queue.stuck.get(memory, queue) + 1 : 0);
  return Queue.stuck.get(memory, queue) > STUCK_WATCHES;
}
