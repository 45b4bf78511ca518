/**
 * The transmitting side. Frames lie in the slots from `txOldest` up to `txTail`; the ring is never filled completely,
 * or head would meet tail and the device see an empty ring. What the device has sent is taken back at every occasion;
 * its interrupt (TXDW) is unmasked only while a quarter of the ring or more is in use, so that most frames cost none.
 */

import type { Address } from "../../hal/field.ts";
import { DESCRIPTOR_BYTES, TxCommand, TxDescriptor, TxStatus } from "../../hal/nic/descriptors.ts";
import { E1000Register, InterruptCause } from "../../hal/nic/e1000-registers.ts";
import { worked } from "./pace.ts";
import type { DriverContext } from "./state.ts";
import { BUFFER_BYTES, DriverPhase, E1000DriverState, E1000DriverSlot, rxRingBytes, slotAt, stateOf, txRingBytes } from "./state.ts";

/** An Ethernet header is 14 bytes; with TCTL.PSP the part asks for 17 at least. */
const FRAME_BYTES_MIN = 17;
/** `txDone` is never negative. */
const COUNT_MASK = 0x7fff_ffff;
const COMMAND = TxCommand.EOP | TxCommand.IFCS | TxCommand.RS;

/** Sends a frame: the buffer is the driver's from now on, and goes home when it has left or cannot leave. */
export function transmit(context: DriverContext, handle: number, frameBytes: number): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  // A message whose sender ended has lost its buffer, and one may name any; asking for its address would be our fault.
  if (context.bufferIsLive(needs.buffers, handle) === 0) {
    E1000DriverState.txStrange.add(memory, state, 1);
    return;
  }
  reclaim(context);
  if (frameBytes >= FRAME_BYTES_MIN && frameBytes <= BUFFER_BYTES && canSend(context)) {
    enqueue(context, handle, frameBytes);
    watch(context);
    return;
  }
  E1000DriverState.txDropped.add(memory, state, 1);
  context.bufferRelease(needs.buffers, handle);
}

/** Is there room in the ring of a device at work, with a link? */
function canSend(context: DriverContext): boolean {
  const { memory } = context;
  const state = stateOf(context);
  if (E1000DriverState.phase.get(memory, state) !== DriverPhase.running || E1000DriverState.linkUp.get(memory, state) === 0) return false;
  const other = context.parameters.parts?.hasRoom;
  return other !== undefined ? other(context) : E1000DriverState.txUsed.get(memory, state) + 1 < E1000DriverState.txCount.get(memory, state);
}

/** Takes back what the device has sent. How many buffers went home. */
export function reclaim(context: DriverContext): number {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  if (E1000DriverState.txUsed.get(memory, state) === 0) return 0;
  const ring = context.spanForWriting(needs.rings, rxRingBytes(context), txRingBytes(context));
  let released = 0;
  while (E1000DriverState.txUsed.get(memory, state) > 0) {
    const at = (ring + E1000DriverState.txOldest.get(memory, state) * DESCRIPTOR_BYTES) as Address<"TxDescriptor">;
    if ((TxDescriptor.status.get(shared, at) & TxStatus.DD) === 0) break;
    E1000DriverState.txFrames.add(memory, state, 1);
    context.bufferRelease(needs.buffers, dequeue(context));
    released += 1;
  }
  if (released > 0) {
    worked(context);
    watch(context);
  }
  return released;
}

/** All buffers under way go home, their frames not sent and counted; the device has been reset. */
export function releaseUnsent(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  while (E1000DriverState.txUsed.get(memory, state) > 0) {
    E1000DriverState.txDropped.add(memory, state, 1);
    context.bufferRelease(needs.buffers, dequeue(context));
  }
}

function enqueue(context: DriverContext, handle: number, frameBytes: number): void {
  const { memory, shared, needs } = context;
  const state = stateOf(context);
  const tail = E1000DriverState.txTail.get(memory, state);
  const ring = context.spanForWriting(needs.rings, rxRingBytes(context), txRingBytes(context));
  const at = (ring + tail * DESCRIPTOR_BYTES) as Address<"TxDescriptor">;
  TxDescriptor.bufferAddress.setWords(shared, at, context.bufferDeviceAddress(needs.buffers, handle), 0);
  TxDescriptor.frameBytes.set(shared, at, frameBytes);
  TxDescriptor.checksumOffset.set(shared, at, 0);
  TxDescriptor.command.set(shared, at, COMMAND);
  TxDescriptor.status.set(shared, at, 0);
  TxDescriptor.checksumStart.set(shared, at, 0);
  TxDescriptor.special.set(shared, at, 0);
  E1000DriverSlot.handle.set(memory, slotAt(E1000DriverState.txHandles.get(memory, state), tail), handle);
  const next = tail + 1 === E1000DriverState.txCount.get(memory, state) ? 0 : tail + 1;
  E1000DriverState.txTail.set(memory, state, next);
  E1000DriverState.txUsed.add(memory, state, 1);
  context.registerWrite(needs.nic, E1000Register.TDT, next);
}

/** Takes the buffer out of the oldest slot in use. Its handle. */
function dequeue(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const oldest = E1000DriverState.txOldest.get(memory, state);
  const slot = slotAt(E1000DriverState.txHandles.get(memory, state), oldest);
  const handle = E1000DriverSlot.handle.get(memory, slot);
  E1000DriverSlot.handle.set(memory, slot, 0);
  E1000DriverState.txOldest.set(memory, state, oldest + 1 === E1000DriverState.txCount.get(memory, state) ? 0 : oldest + 1);
  E1000DriverState.txUsed.add(memory, state, -1);
  E1000DriverState.txDone.set(memory, state, (E1000DriverState.txDone.get(memory, state) + 1) & COUNT_MASK);
  return handle;
}

/**
 * Unmasks TXDW when the ring gets full, masks it when it is not. Nothing is missed: a frame that was finished before the
 * cause was last read was also looked for after that.
 */
function watch(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (E1000DriverState.phase.get(memory, state) !== DriverPhase.running) return;
  const wanted = E1000DriverState.txUsed.get(memory, state) >= E1000DriverState.txCount.get(memory, state) >> 2 ? 1 : 0;
  if (wanted === E1000DriverState.txWatched.get(memory, state)) return;
  E1000DriverState.txWatched.set(memory, state, wanted);
  context.registerWrite(needs.nic, wanted === 1 ? E1000Register.IMS : E1000Register.IMC, InterruptCause.TXDW);
}
