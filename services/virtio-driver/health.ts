/** Is the device still what it was set to be? A device that was reset behind the driver's back, or hangs, says nothing. */

import { VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { AT_WORK } from "./negotiate.ts";
import type { DriverContext } from "./state.ts";
import { VirtioDriverQueue as Queue, VirtioDriverState as State, stateOf, txQueue } from "./state.ts";

/** No frame was in the queue when the watch came by. */
const IDLE = -1;

/** Does its status say that it is at work, and does not ask for a reset (2.1)? */
export function isAlive(context: DriverContext): boolean {
  return context.registerRead(context.needs.nic, VirtioRegister.Status) === AT_WORK;
}

/** Has each queue that held frames when this was last asked got rid of one since? To be asked once what it sent was taken back. */
export function isSending(context: DriverContext): boolean {
  const { memory } = context;
  const pairs = State.pairs.get(memory, stateOf(context));
  let sending = true;
  for (let pair = 0; pair < pairs; pair++) {
    const queue = txQueue(context, pair);
    const now = Queue.inFlight.get(memory, queue) > 0 ? Queue.taken.get(memory, queue) : IDLE;
    if (now !== IDLE && now === Queue.watched.get(memory, queue)) sending = false;
    Queue.watched.set(memory, queue, now);
  }
  return sending;
}
