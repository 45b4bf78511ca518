/** Bringing the device up and down (VIRTIO 1.2, 3.1 and 5.1.5): at first, and again after it was given up. */

import { VirtioFeature, VirtioRegister as Register, VirtioStatus } from "../../hal/nic/virtio/mmio-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { FIRST_ORDINALS } from "../driver-api.ts";
import { forgetArrivals } from "./arrivals.ts";
import { setFilters, setSteering } from "./control.ts";
import { AT_WORK, identify, negotiate, readConfiguration, resetDevice } from "./negotiate.ts";
import { stopTimer } from "./pace.ts";
import { takeBack } from "./queue.ts";
import { drain, listenAll, postAll, tellPosted } from "./receive.ts";
import { queueSize, virtioRingsBytes, wantsIndirect } from "./rings.ts";
import { setQueues } from "./set-queues.ts";
import type { DriverContext, QueueAddress } from "./state.ts";
import { DriverBit, DriverPhase, VirtioDriverArrival, VirtioDriverQueue as Queue, VirtioDriverSlot, VirtioDriverState as State, hasFeature, ringsOf, rxQueue, stateOf, txQueue } from "./state.ts";
import { drop, reclaimAll } from "./transmit.ts";

/** How often the device is asked whether it is alive, and how soon it is begun anew. */
const WATCH_TICKS = 100;
const RECOVER_TICKS = 1;

/** Sets the device to work, soon if it will not at once after a restart. 0, or the errno for which this driver cannot run. */
export function bringUp(context: DriverContext): number {
  const { memory, needs } = context;
  const prepared = prepareQueues(context);
  if (prepared !== Errno.ok) return prepared;
  const begun = begin(context);
  // The one before us worked with this device: that it makes no sense now is for the moment.
  if (begun !== Errno.ok && context.generation === 0) return begun;
  const watch = context.timerStart(needs.ticks, WATCH_TICKS, WATCH_TICKS, DriverBit.watch);
  State.watchTimer.set(memory, stateOf(context), watch > 0 ? watch : 0);
  context.interruptBind(needs.irq, DriverBit.interrupt);
  if (begun !== Errno.ok) recover(context);
  return Errno.ok;
}

/**
 * The device makes no sense, or asked for it (2.1.2): it is reset, what it had finished is passed on, its buffers come
 * home, and a timer begins anew with it.
 */
export function recover(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  State.recoveries.add(memory, state, 1);
  State.phase.set(memory, state, DriverPhase.recovering);
  resetDevice(context);
  takeHome(context);
  const timer = context.timerStart(needs.ticks, RECOVER_TICKS, 0, DriverBit.recover);
  State.recoverTimer.set(memory, state, timer > 0 ? timer : 0);
}

/** Begins anew with a device that was given up; the timer is set again if that fails. */
export function beginAnew(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  State.recoverTimer.set(memory, state, 0);
  if (begin(context) !== Errno.ok) {
    const timer = context.timerStart(needs.ticks, RECOVER_TICKS, 0, DriverBit.recover);
    State.recoverTimer.set(memory, state, timer > 0 ? timer : 0);
  } else if (State.lineMasked.get(memory, state) === 1) {
    State.lineMasked.set(memory, state, 0);
    context.interruptAcknowledge(needs.irq);
  }
}

/** Stops and resets the device, and takes all buffers home. The device reaches no memory after the reset. */
export function shutDown(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const phase = State.phase.get(memory, state);
  if (phase !== DriverPhase.running && phase !== DriverPhase.recovering) return;
  resetDevice(context);
  State.phase.set(memory, state, DriverPhase.stopped);
  takeHome(context);
  stopTimer(context, State.pauseTimer);
  stopTimer(context, State.recoverTimer);
  stopTimer(context, State.watchTimer);
}

/** Resets the device and sets it to work. 0, or an errno: then it is reset, and nothing is with it. */
function begin(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const before = State.phase.get(memory, state);
  // A device that this is not for is left alone (4.2.3.1).
  if (!identify(context)) return Errno.notFound;
  const introduced = introduce(context);
  if (introduced !== Errno.ok) {
    giveUp(context);
    return introduced;
  }
  const status = setToWork(context);
  if (status === Errno.ok) return Errno.ok;
  giveUp(context);
  State.phase.set(memory, state, before);
  takeHome(context);
  return status;
}

/** From reset to queues that are set. */
function introduce(context: DriverContext): number {
  if (!resetDevice(context)) return Errno.timeout;
  if (!negotiate(context)) return Errno.notInitialized;
  if (!readConfiguration(context)) return Errno.timeout;
  return setQueues(context, ringsOf(context));
}

/** Says so to the device, none of whose status bits may be cleared but by a reset (2.1.1). */
function giveUp(context: DriverContext): void {
  const { nic } = context.needs;
  context.registerWrite(nic, Register.Status, context.registerRead(nic, Register.Status) | VirtioStatus.FAILED);
  resetDevice(context);
}

/** Buffers first, then DRIVER_OK; only then may the device be notified (3.1.1), and asked by commands. */
function setToWork(context: DriverContext): number {
  const { memory, needs } = context;
  const state = stateOf(context);
  const rings = ringsOf(context);
  State.phase.set(memory, state, DriverPhase.running);
  State.signAsked.set(memory, state, 0);
  State.idleWatches.set(memory, state, 0);
  State.causeless.set(memory, state, 0);
  forgetArrivals(context);
  postAll(context, rings);
  context.registerWrite(needs.nic, Register.Status, AT_WORK);
  tellPosted(context, rings);
  const control = hasFeature(context, VirtioFeature.CTRL_VQ);
  if (control && setFilters(context, rings) !== Errno.ok) return Errno.timeout;
  const pairs = State.pairs.get(memory, state);
  if (control && pairs > 1 && setSteering(context, rings, pairs, State.rssTableLengthMax.get(memory, state), State.hashTypes.get(memory, state)) < 0) return Errno.timeout;
  if (listenAll(context, rings) !== 0) context.notifySelf(DriverBit.more);
  return Errno.ok;
}

/**
 * What the device finished before it was reset goes its way, all else goes home: frames that have not left are lost, and
 * counted. The phase is another than running.
 */
function takeHome(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  const rings = ringsOf(context);
  drain(context, rings, State.arrivalsMax.get(memory, state));
  reclaimAll(context, rings);
  const pairs = State.pairs.get(memory, state);
  for (let pair = 0; pair < pairs; pair++) {
    takeQueueHome(context, rxQueue(context, pair), false);
    takeQueueHome(context, txQueue(context, pair), true);
  }
  State.rxPosted.set(memory, state, 0);
  State.txUsed.set(memory, state, 0);
  forgetArrivals(context);
  stopTimer(context, State.shortTimer);
}

function takeQueueHome(context: DriverContext, queue: QueueAddress, sends: boolean): void {
  const { memory, needs } = context;
  const slots = Queue.slots.get(memory, queue);
  for (let slot = 0; slot < slots && Queue.inFlight.get(memory, queue) > 0; slot++) {
    const handle = takeBack(memory, queue, slot);
    if (handle === 0) continue;
    if (sends) drop(context, handle);
    else context.bufferRelease(needs.buffers, handle);
  }
}

/** Checks the parameters against the region, and makes the tables of queues, slots and arrivals. */
function prepareQueues(context: DriverContext): number {
  const { memory, parameters, needs } = context;
  const state = stateOf(context);
  const { queuePairs, rxDescriptors, rxPosted, txDescriptors } = parameters;
  if (!(queuePairs > 0 && rxDescriptors > 0 && txDescriptors > 0 && rxPosted > 0)) return Errno.invalidArgument;
  const ringsBytes = virtioRingsBytes(parameters);
  if (ringsBytes > context.regionBytes(needs.rings)) return Errno.invalidMemoryRegion;
  const queuesBytes = (2 * queuePairs + 1) * Queue.size;
  const queues = context.allocate(queuesBytes);
  if (queues < 0) return Errno.outOfMemory;
  memory.fill(queues, queuesBytes, 0);
  State.ringsBytes.set(memory, state, ringsBytes);
  State.queues.set(memory, state, queues);
  const rxSlots = wantsIndirect(rxDescriptors, rxPosted) ? queueSize(rxDescriptors) : queueSize(rxDescriptors) / 2;
  for (let pair = 0; pair < queuePairs; pair++) {
    if (!prepareSlots(context, rxQueue(context, pair), rxSlots) || !prepareSlots(context, txQueue(context, pair), queueSize(txDescriptors))) return Errno.outOfMemory;
    Queue.ordinal.set(memory, rxQueue(context, pair), Math.imul(context.generation, FIRST_ORDINALS));
  }
  const arrivals = context.allocate(queuePairs * rxSlots * VirtioDriverArrival.size);
  if (arrivals < 0) return Errno.outOfMemory;
  State.arrivals.set(memory, state, arrivals);
  State.arrivalsMax.set(memory, state, queuePairs * rxSlots);
  return Errno.ok;
}

function prepareSlots(context: DriverContext, queue: QueueAddress, slots: number): boolean {
  const at = context.allocate(slots * VirtioDriverSlot.size);
  if (at < 0) return false;
  Queue.slotsAt.set(context.memory, queue, at);
  Queue.slotsMax.set(context.memory, queue, slots);
  return true;
}
