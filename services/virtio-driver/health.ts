/** Is the device still what it was set to be? A device that was reset behind the driver's back, or hangs, says nothing. */

import { VirtioRegister } from "../../hal/nic/virtio/mmio-registers.ts";
import { AT_WORK } from "./negotiate.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { VirtioDriverQueue as Queue, VirtioDriverState as State, stateOf, txQueue } from "./state.ts";

/** A queue that does not move for so many watches hangs: longer than any frame may wait for the wire. */
const STUCK_WATCHES = 10;

/** Does its status say that it is at work, and does not ask for a reset (2.1)? */
export function isAlive(context: DriverContext): boolean {
  return context.registerRead(context.needs.nic, VirtioRegister.Status) === AT_WORK;
}

/** Does each queue that holds frames get rid of them? To be asked once a watch, when what was sent has been taken back. */
export function isSending(context: DriverContext): boolean {
  const pairs = State.pairs.get(context.memory, stateOf(context));
  let sending = true;
  for (let pair = 0; pair < pairs; pair++) if (isStuck(context, txQueue(context, pair))) sending = false;
  return sending;
}

function isStuck(context: DriverContext, queue: QueueAddress): boolean {
  const { memory } = context;
  const taken = Queue.taken.get(memory, queue);
  const still = Queue.inFlight.get(memory, queue) > 0 && taken === Queue.watched.get(memory, queue);
  Queue.watched.set(memory, queue, taken);
  Queue.stuck.set(memory, queue, still ? Queue.stuck.get(memory, queue) + 1 : 0);
  return Queue.stuck.get(memory, queue) > STUCK_WATCHES;
}
