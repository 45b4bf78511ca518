/**
 * In which order frames came that lie in several receive queues. A device says only how far each queue is. So the driver
 * looks often, at every queue, and keeps a list: what one look finds is older than what the next one finds. Of what a
 * single look finds in several queues, one is listed from each in turn; how many frames were so listed beside others is
 * counted. Frames of one queue, and so of one flow, always stand in their own order.
 */

import type { Address } from "../../hal/field.ts";
import type { Memory } from "../../hal/memory.ts";
import { BROKEN, usedIndex } from "./queue.ts";
import type { DriverContext } from "./state.ts";
import { VirtioDriverArrival, VirtioDriverQueue as Queue, VirtioDriverState as State, rxQueue, stateOf } from "./state.ts";

const POSITIONS = 0xffff;

/** Looks at all receive queues in use, and lists what is new. Frames listed and not yet taken, or BROKEN. */
export function look(context: DriverContext, rings: number): number {
  const { memory } = context;
  const state = stateOf(context);
  const pairs = State.pairs.get(memory, state);
  let found = 0;
  let queues = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const queue = rxQueue(context, pair);
    const index = usedIndex(context, rings, queue);
    Queue.looked.set(memory, queue, index);
    const seen = Queue.seen.get(memory, queue);
    if (index === seen) continue;
    if (((index - Queue.taken.get(memory, queue)) & POSITIONS) > Queue.inFlight.get(memory, queue) || ((index - seen) & POSITIONS) > Queue.inFlight.get(memory, queue)) return BROKEN;
    found += (index - seen) & POSITIONS;
    queues += 1;
  }
  if (queues > 1) State.rxUnordered.add(memory, state, found);
  list(context, pairs, found);
  return State.arrivalsCount.get(memory, state);
}

/** The queue pair whose oldest frame is to be taken next; there must be one. */
export function nextArrival(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const next = State.arrivalsNext.get(memory, state);
  State.arrivalsNext.set(memory, state, next + 1 === State.arrivalsMax.get(memory, state) ? 0 : next + 1);
  State.arrivalsCount.add(memory, state, -1);
  return VirtioDriverArrival.pair.get(memory, entryAt(memory, state, next));
}

/** The frame of the last nextArrival() was not taken after all. */
export function arrivesAgain(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const next = State.arrivalsNext.get(memory, state);
  State.arrivalsNext.set(memory, state, next === 0 ? State.arrivalsMax.get(memory, state) - 1 : next - 1);
  State.arrivalsCount.add(memory, state, 1);
}

/** Forgets what was listed: the device was reset. */
export function forgetArrivals(context: DriverContext): void {
  State.arrivalsCount.set(context.memory, stateOf(context), 0);
}

/** Lists so many frames, one from each queue in turn. There is room: each is a buffer that the device had. */
function list(context: DriverContext, pairs: number, found: number): void {
  const { memory } = context;
  const state = stateOf(context);
  let pair = State.turn.get(memory, state);
  for (let left = found; left > 0; ) {
    const queue = rxQueue(context, pair);
    const seen = Queue.seen.get(memory, queue);
    if (seen !== Queue.looked.get(memory, queue)) {
      Queue.seen.set(memory, queue, (seen + 1) & POSITIONS);
      append(memory, state, pair);
      left -= 1;
    }
    pair = pair + 1 >= pairs ? 0 : pair + 1;
  }
  State.turn.set(memory, state, pair);
}

function append(memory: Memory, state: Address<"VirtioDriverState">, pair: number): void {
  const max = State.arrivalsMax.get(memory, state);
  const index = State.arrivalsNext.get(memory, state) + State.arrivalsCount.get(memory, state);
  VirtioDriverArrival.pair.set(memory, entryAt(memory, state, index >= max ? index - max : index), pair);
  State.arrivalsCount.add(memory, state, 1);
}

function entryAt(memory: Memory, state: Address<"VirtioDriverState">, index: number): Address<"VirtioDriverArrival"> {
  return (State.arrivals.get(memory, state) + index * VirtioDriverArrival.size) as Address<"VirtioDriverArrival">;
}
