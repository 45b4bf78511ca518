/**
 * The receiving side. Each queue pair keeps buffers with the device; it gives one back with each frame, behind a header
 * that lies apart, so that the frame begins where the buffer begins. A frame's buffer goes to net with the driver's
 * reference, and another takes its place in the same queue. When none can be had the slot stays free; refill() tries
 * again at every run, and a timer makes sure that there is one. A frame for which net's queue has no room stays where it
 * is, with all behind it, until the next tick.
 */

import { VirtioNetHeader } from "../../hal/nic/virtio/net-layouts.ts";
import { VirtqUsedElement } from "../../hal/nic/virtio/split-ring.ts";
import { Errno } from "../../kernel/errno.ts";
import { writeReceivedFrame } from "../received-frame.ts";
import { arrivesAgain, look, nextArrival } from "./arrivals.ts";
import { pause, stopTimer, worked } from "./pace.ts";
import { BROKEN, handleIn, hush, listen, notify, offer, oldestUsed, takeUsed, usedSlot } from "./queue.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { BUFFER_BYTES, DriverBit, DriverPhase, VirtioDriverQueue as Queue, VirtioDriverState as State, rxQueue, stateOf } from "./state.ts";

/** How long to wait for buffers while they are short. */
const SHORT_TICKS = 1;

/** What drain() ended at. */
export const Drained = Object.freeze({
  /** The queues have no more. */
  empty: 0,
  /** The budget: there is more. */
  more: 1,
  /** Net's queue is full; the driver pauses. */
  held: 2,
  /** The device makes no sense. */
  broken: 3,
});

/** Takes up to `budget` frames from the queues and hands them to net. One of Drained. */
export function drain(context: DriverContext, rings: number, budget: number): number {
  let left = look(context, rings);
  if (left > 0) worked(context);
  for (let taken = 0; taken < budget && left > 0; taken++) {
    const ended = takeFrame(context, rings, nextArrival(context));
    if (ended !== Drained.empty) return ended;
    left = look(context, rings);
  }
  if (left === BROKEN) return Drained.broken;
  return left > 0 ? Drained.more : Drained.empty;
}

/** Asks for an interrupt with the next frame of each queue, and looks once more. Frames that are there, or BROKEN. */
export function listenAll(context: DriverContext, rings: number): number {
  const { memory } = context;
  const pairs = State.pairs.get(memory, stateOf(context));
  for (let pair = 0; pair < pairs; pair++) {
    const queue = rxQueue(context, pair);
    listen(context, rings, queue, Queue.taken.get(memory, queue));
  }
  return look(context, rings);
}

/** Asks for no interrupts while it polls. */
export function hushAll(context: DriverContext, rings: number): void {
  const pairs = State.pairs.get(context.memory, stateOf(context));
  for (let pair = 0; pair < pairs; pair++) hush(context, rings, rxQueue(context, pair));
}

/** Posts buffers until as many as wanted are posted, or no more can be had, and tells the device. */
export function refill(context: DriverContext, rings: number): void {
  postAll(context, rings);
  tellPosted(context, rings);
}

/** Posts buffers, one to each queue in turn; the device may not have been told. */
export function postAll(context: DriverContext, rings: number): void {
  const { memory } = context;
  const state = stateOf(context);
  if (State.rxPosted.get(memory, state) < State.rxWanted.get(memory, state)) while (postRound(context, rings)) continue;
  watchShortage(context);
}

/** Tells the device of all buffers that it has not been told of. */
export function tellPosted(context: DriverContext, rings: number): void {
  const other = context.parameters.parts?.tellPosted;
  if (other !== undefined) return other(context, rings);
  const pairs = State.pairs.get(context.memory, stateOf(context));
  for (let pair = 0; pair < pairs; pair++) notify(context, rings, rxQueue(context, pair));
}

/** Takes the oldest frame of a pair's receive queue: Drained.empty; held or broken if it could not be taken. */
function takeFrame(context: DriverContext, rings: number, pair: number): number {
  const { memory, shared } = context;
  const state = stateOf(context);
  const queue = rxQueue(context, pair);
  const frameBytes = VirtqUsedElement.bytes.get(shared, oldestUsed(context, rings, queue)) - VirtioNetHeader.size;
  const slot = usedSlot(context, rings, queue);
  if (slot === BROKEN) return Drained.broken;
  const handle = handleIn(memory, queue, slot);
  const good = context.parameters.parts?.isGood?.(frameBytes) ?? (frameBytes > 0 && frameBytes <= BUFFER_BYTES);
  const sent = good ? handOver(context, queue, pair, handle, frameBytes) : Errno.invalidArgument;
  const running = State.phase.get(memory, state) === DriverPhase.running;
  if (sent === Errno.channelFull && running && pause(context)) {
    arrivesAgain(context);
    return Drained.held;
  }
  takeUsed(memory, queue, slot);
  State.rxPosted.add(memory, state, -1);
  Queue.ordinal.add(memory, queue, 1);
  if (!good) State.rxBad.add(memory, state, 1);
  else if (sent === Errno.ok) State.rxFrames.add(memory, state, 1);
  else State.rxDropped.add(memory, state, 1);
  if (sent === Errno.ok) postFresh(context, rings, queue);
  else if (running) post(context, rings, queue, handle);
  else context.bufferRelease(context.needs.buffers, handle);
  return Drained.empty;
}

/** Passes the buffer on to net: 0, or the errno for which net did not take it. */
function handOver(context: DriverContext, queue: QueueAddress, pair: number, handle: number, frameBytes: number): number {
  const { memory } = context;
  writeReceivedFrame(memory, context.outgoing, handle, frameBytes, pair, Queue.ordinal.get(memory, queue) + 1, 0, 0);
  return context.sendMessage(context.needs.frames, context.outgoing);
}

/** One more buffer to each queue that wants one. False when nothing more is wanted, or to be had. */
function postRound(context: DriverContext, rings: number): boolean {
  const { memory } = context;
  const pairs = State.pairs.get(memory, stateOf(context));
  let posted = false;
  for (let pair = 0; pair < pairs; pair++) {
    const queue = rxQueue(context, pair);
    if (Queue.inFlight.get(memory, queue) >= Queue.wanted.get(memory, queue)) continue;
    if (!postFresh(context, rings, queue)) return false;
    posted = true;
  }
  return posted;
}

/** Posts a new buffer; false, counted, if none is to be had. Nothing is posted to a device that is not at work. */
function postFresh(context: DriverContext, rings: number, queue: QueueAddress): boolean {
  const { memory } = context;
  const state = stateOf(context);
  if (State.phase.get(memory, state) !== DriverPhase.running) return false;
  const handle = context.bufferAllocate(context.needs.buffers);
  if (handle < 0) {
    State.rxShort.add(memory, state, 1);
    return false;
  }
  post(context, rings, queue, handle);
  return true;
}

function post(context: DriverContext, rings: number, queue: QueueAddress, handle: number): void {
  offer(context, rings, queue, handle, context.bufferDeviceAddress(context.needs.buffers, handle), BUFFER_BYTES);
  State.rxPosted.add(context.memory, stateOf(context), 1);
}

/** A timer runs exactly while buffers are short: nobody tells the driver when one goes home. */
function watchShortage(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (State.rxPosted.get(memory, state) >= State.rxWanted.get(memory, state)) {
    stopTimer(context, State.shortTimer);
    return;
  }
  if (State.shortTimer.get(memory, state) > 0) return;
  const timer = context.timerStart(needs.ticks, SHORT_TICKS, SHORT_TICKS, DriverBit.short);
  if (timer > 0) State.shortTimer.set(memory, state, timer);
}
