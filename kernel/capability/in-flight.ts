/**
 * Capabilities in messages. One that goes straight into a receiver's registers is a capability of the receiver at once.
 * One that is queued has a slot of its own meanwhile, a child of what was sent, so that revoking finds it; the queued
 * message names that slot in its capability word. The slots are a bounded pool: whoever sends when it is empty is
 * refused before anything is sent.
 *
 * What arrives carries the sender's rights but GRANT. If it was revoked on the way, or the receiver has no room, the
 * message arrives without it: HAS_CAPABILITY set, and the word 0.
 */

import type { Address } from "../../hal/field.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { trace } from "../kernel.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { ProcessRecord } from "../process.ts";
import { KernelTrace } from "../trace-kinds.ts";
import { findHeld } from "./look-up.ts";
import { canHoldMore, derive } from "./mint.ts";
import { deleteSlot } from "./revoke.ts";
import { ALL_RIGHTS, Right } from "./right.ts";
import type { SlotOfCapability } from "./slot.ts";
import { CapabilitySlot, CapabilitySpace, CapabilityState, SlotUse, slotAddress, slotNumber } from "./slot.ts";
import { emptySlot } from "./space.ts";
import { copyToken } from "./token.ts";
import { linkSlot, unlinkSlot } from "./tree.ts";

const DELEGATED_RIGHTS = ALL_RIGHTS & ~Right.grant;

/**
 * The capability that `sender` sends with the message at this RAM address: 0 if the message has none, the address of its
 * slot, or invalidCapability (not held), permissionDenied (without GRANT). Changes nothing.
 */
export function decodeSent(kernel: Kernel, sender: number, message: Address<"SmallMessage">): number {
  if ((SmallMessage.flags.get(kernel.ram, message) & MessageFlag.hasCapability) === 0) return 0;
  return decodeGranted(kernel, sender, message + SmallMessage.capability.offset);
}

/** The same for a token at this RAM address. */
export function decodeGranted(kernel: Kernel, sender: number, tokenAt: number): number {
  const slot = findHeld(kernel.ram, kernel.spaces, sender, tokenAt);
  if (slot < 0) return slot;
  return (CapabilitySlot.rights.get(kernel.ram, slot as SlotOfCapability) & Right.grant) === 0 ? Errno.permissionDenied : slot;
}

/** True if one more can be put into a queue. */
export function canQueue(kernel: Kernel): boolean {
  return CapabilityState.freeInFlight.get(kernel.ram, kernel.spaces.state) !== 0;
}

/** The message at `message`, in a queue now, carries the capability `sent`, which decodeSent() answered; canQueue() has been asked. */
export function queueSent(kernel: Kernel, sender: number, sent: SlotOfCapability, message: Address<"SmallMessage">): void {
  const { ram, spaces } = kernel;
  const { state } = spaces;
  const slot = CapabilityState.freeInFlight.get(ram, state);
  const at = slotAddress(spaces, slot);
  CapabilityState.freeInFlight.set(ram, state, CapabilitySlot.nextSibling.get(ram, at));
  const inFlight = CapabilityState.inFlight.get(ram, state) + 1;
  CapabilityState.inFlight.set(ram, state, inFlight);
  if (inFlight > CapabilityState.inFlightPeak.get(ram, state)) CapabilityState.inFlightPeak.set(ram, state, inFlight);
  CapabilitySlot.object.set(ram, at, CapabilitySlot.object.get(ram, sent));
  CapabilitySlot.epoch.set(ram, at, CapabilitySlot.epoch.get(ram, sent));
  CapabilitySlot.objectType.set(ram, at, CapabilitySlot.objectType.get(ram, sent));
  CapabilitySlot.rights.set(ram, at, CapabilitySlot.rights.get(ram, sent) & DELEGATED_RIGHTS);
  CapabilitySlot.use.set(ram, at, SlotUse.inFlight);
  CapabilitySlot.holder.set(ram, at, sender);
  linkSlot(ram, spaces, slotNumber(spaces, sent), slot);
  SmallMessage.capability.setWords(ram, message, slot, 0);
}

/** What the queued message at `message` carries is revoked on its way. */
export function revokeSent(kernel: Kernel, message: Address<"SmallMessage">): void {
  deleteSlot(kernel, SmallMessage.capability.low(kernel.ram, message));
}

/** The registers of `receiver` were loaded with a message, or an answer, that carries `sent` straight from its sender. */
export function handOver(kernel: Kernel, sent: SlotOfCapability, receiver: number): void {
  arrive(kernel, sent, slotNumber(kernel.spaces, sent), receiver);
}

/** The registers of `receiver` were loaded with a message that was queued: what it carries, if anything, becomes the receiver's. */
export function takeQueued(kernel: Kernel, receiver: number): void {
  const { ram, spaces } = kernel;
  const registers = ProcessRecord.registers.at(kernel.processes.at(receiver));
  if ((SmallMessage.flags.get(ram, registers) & MessageFlag.hasCapability) === 0) return;
  const queued = SmallMessage.capability.low(ram, registers);
  const at = slotAddress(spaces, queued);
  if (CapabilitySlot.use.get(ram, at) === SlotUse.inFlight) arrive(kernel, at, CapabilitySlot.parent.get(ram, at), receiver);
  else SmallMessage.capability.setWords(ram, registers, 0, 0);
  freeQueued(kernel, queued);
}

/** The queued message at `message` is dropped: what it carries is nobody's any more. */
export function dropQueued(kernel: Kernel, message: Address<"SmallMessage">): void {
  const { ram } = kernel;
  if ((SmallMessage.flags.get(ram, message) & MessageFlag.hasCapability) !== 0) freeQueued(kernel, SmallMessage.capability.low(ram, message));
}

function freeQueued(kernel: Kernel, slot: number): void {
  const { ram, spaces } = kernel;
  const { state } = spaces;
  const at = slotAddress(spaces, slot);
  if (CapabilitySlot.use.get(ram, at) === SlotUse.inFlight) unlinkSlot(ram, spaces, slot);
  emptySlot(ram, spaces, slot);
  CapabilitySlot.nextSibling.set(ram, at, CapabilityState.freeInFlight.get(ram, state));
  CapabilityState.freeInFlight.set(ram, state, slot);
  CapabilityState.inFlight.add(ram, state, -1);
}

/** A copy of `sent`, a child of `parent`, becomes the receiver's, and its token stands in the registers; without room for it 0 does. */
function arrive(kernel: Kernel, sent: SlotOfCapability, parent: number, receiver: number): void {
  const { ram, spaces } = kernel;
  const registers = ProcessRecord.registers.at(kernel.processes.at(receiver));
  const space = spaces.spaces.at(receiver);
  if (!canHoldMore(kernel, receiver)) {
    SmallMessage.capability.setWords(ram, registers, 0, 0);
    CapabilitySpace.lost.add(ram, space, 1);
    trace(kernel, KernelTrace.capabilityLost, receiver, CapabilitySlot.objectType.get(ram, sent));
    return;
  }
  const slot = derive(kernel, sent, parent, receiver, DELEGATED_RIGHTS);
  CapabilitySpace.arrived.set(ram, space, slot);
  copyToken(ram, spaces, slot, registers + SmallMessage.capability.offset);
  CapabilityState.delegated.add(ram, spaces.state, 1);
  trace(kernel, KernelTrace.delegated, receiver, CapabilitySlot.objectType.get(ram, sent));
}

/**
 * The handler that was run for a message has returned: a capability that came with it and that it did not take is
 * deleted, so that nobody can fill another's space. A capability of a message still to be handled stays.
 */
export function dropUntaken(kernel: Kernel, process: number): void {
  const { ram, spaces } = kernel;
  const space = spaces.spaces.at(process);
  const slot = CapabilitySpace.arrived.get(ram, space);
  if (slot === 0) return;
  CapabilitySpace.dropped.add(ram, space, 1);
  deleteSlot(kernel, slot);
}
