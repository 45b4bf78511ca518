/**
 * The watch: once a second the driver sees whether its device is alive, and follows the link. A device that has been
 * reset behind the driver's back, or hangs, raises no interrupt; its registers and the rings tell.
 */

import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, RxDescriptor, RxStatus } from "../../hal/nic/descriptors.ts";
import { E1000Register, InterruptCause, StatusBit } from "../../hal/nic/e1000-registers.ts";
import { CAUSES, RECEIVE_CONTROL, TRANSMIT_CONTROL } from "./control.ts";
import { stopTimer, worked } from "./pace.ts";
import type { DriverContext } from "./state.ts";
import { DriverBit, E1000DriverState, rxRingBytes, stateOf, txRingBytes } from "./state.ts";

/** Longer than any frame may wait for the wire, and seldom enough to cost nothing. */
const WATCH_TICKS = 1000;
/** What the watch remembers of an empty transmit ring: nothing waits there. */
const NOTHING_SENT = -1;

/** Without a timer to be had the driver runs all the same: only nobody sees when the device is out of order. */
export function beginWatch(context: DriverContext): void {
  const { memory, needs } = context;
  const timer = context.timerStart(needs.ticks, WATCH_TICKS, WATCH_TICKS, DriverBit.watch);
  if (timer > 0) E1000DriverState.watchTimer.set(memory, stateOf(context), timer);
}

export function endWatch(context: DriverContext): void {
  stopTimer(context, E1000DriverState.watchTimer);
}

/** Both rings are empty: nothing has been seen of them yet. */
export function forgetWatched(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  E1000DriverState.txDoneWatched.set(memory, state, NOTHING_SENT);
  E1000DriverState.causes.set(memory, state, 0);
}

/** LSC: takes the link's state from STATUS.LU (manual 13.4.2). While it is down nothing is put into the transmit ring. */
export function followLink(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  const up = (context.registerRead(needs.nic, E1000Register.STATUS) & StatusBit.LU) !== 0 ? 1 : 0;
  if (up === E1000DriverState.linkUp.get(memory, state)) return;
  E1000DriverState.linkUp.set(memory, state, up);
  E1000DriverState.linkChanges.add(memory, state, 1);
  worked(context);
}

/** Is the device at work? To be asked at the watch, when the rings have been looked at. Remembers for the next time. */
export function isAlive(context: DriverContext): boolean {
  const other = context.parameters.parts?.isAlive;
  if (other !== undefined) return other(context);
  const alive = isProgrammed(context) && receives(context) && sends(context);
  const { memory } = context;
  const state = stateOf(context);
  E1000DriverState.rxMovesWatched.set(memory, state, E1000DriverState.rxMoves.get(memory, state));
  E1000DriverState.txDoneWatched.set(memory, state, E1000DriverState.txUsed.get(memory, state) === 0 ? NOTHING_SENT : E1000DriverState.txDone.get(memory, state));
  E1000DriverState.causes.set(memory, state, 0);
  return alive;
}

/** A device that was reset has forgotten where its rings lie and that it is to work. */
function isProgrammed(context: DriverContext): boolean {
  const { needs } = context;
  const { nic } = needs;
  const rxBytes = rxRingBytes(context);
  return (
    context.registerRead(nic, E1000Register.RDLEN) === rxBytes &&
    context.registerRead(nic, E1000Register.RDBAL) === context.regionDeviceAddress(needs.rings, 0) &&
    context.registerRead(nic, E1000Register.RCTL) === RECEIVE_CONTROL &&
    context.registerRead(nic, E1000Register.TDLEN) === txRingBytes(context) &&
    context.registerRead(nic, E1000Register.TDBAL) === context.regionDeviceAddress(needs.rings, rxBytes) &&
    context.registerRead(nic, E1000Register.TCTL) === TRANSMIT_CONTROL &&
    (context.registerRead(nic, E1000Register.IMS) & CAUSES) === CAUSES
  );
}

/**
 * If nothing has been posted or taken since the last watch: a receiver that works has found no descriptor missing (RXO)
 * while as many are posted as ought to be, and has written those that RDH has passed.
 */
function receives(context: DriverContext): boolean {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  const posted = E1000DriverState.rxPosted.get(memory, state);
  const still = E1000DriverState.rxMoves.get(memory, state) === E1000DriverState.rxMovesWatched.get(memory, state);
  if (!still || posted === 0) return true;
  // One that did not hear of the tail sees no descriptor, and says nothing as long as no frame comes: it is told once more.
  context.registerWrite(needs.nic, E1000Register.RDT, E1000DriverState.rxTailTold.get(memory, state));
  const overrun = (E1000DriverState.causes.get(memory, state) & InterruptCause.RXO) !== 0;
  if (overrun && posted === E1000DriverState.rxWanted.get(memory, state)) return false;
  const next = E1000DriverState.rxNext.get(memory, state);
  if (context.registerRead(needs.nic, E1000Register.RDH) === next) return true;
  // A frame may have come since the ring was looked at.
  const at = (context.spanForWriting(needs.rings, 0, rxRingBytes(context)) + next * DESCRIPTOR_BYTES) as Address<"RxDescriptor">;
  return (RxDescriptor.status.get(shared, at) & RxStatus.DD) !== 0;
}

/** A transmitter that works has sent something since the last watch, if there was something to send. */
function sends(context: DriverContext): boolean {
  const { memory } = context;
  const state = stateOf(context);
  return E1000DriverState.txUsed.get(memory, state) === 0 || E1000DriverState.txDone.get(memory, state) !== E1000DriverState.txDoneWatched.get(memory, state);
}
