/**
 * Bringing the device up and down, and up again when it does not work any more (82540EM manual, chapter 14). A device
 * that has been reset reaches no memory; what it finished before then is still taken from the rings.
 */

import { DESCRIPTOR_BYTES } from "../../hal/nic/descriptors.ts";
import {
  ControlBit,
  E1000Register as Register,
  EEPROM_ADDRESS_SHIFT,
  EEPROM_DATA_SHIFT,
  EepromReadBit,
  RAH_AV,
} from "../../hal/nic/e1000-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { FIRST_ORDINALS } from "../driver-api.ts";
import { CAUSES, RECEIVE_CONTROL, TRANSMIT_CONTROL, TRANSMIT_GAPS } from "./control.ts";
import { stopTimer } from "./pace.ts";
import { drain, refill, releasePosted } from "./receive.ts";
import type { DriverContext } from "./state.ts";
import { DriverBit, DriverPhase, E1000DriverState, E1000DriverSlot, ringCount, rxRingBytes, stateOf, txRingBytes } from "./state.ts";
import { reclaim, releaseUnsent } from "./transmit.ts";
import { beginWatch, endWatch, followLink, forgetWatched } from "./watch.ts";

const ALL = -1;
const MULTICAST_WORDS = 128;
/** How often EERD is asked for one word before the device is given up. */
const EEPROM_READS_MAX = 100;
/** Resets the device and sets it to work. 0, or the errno for which this driver cannot run. */
export function bringUp(context: DriverContext): number {
  const prepared = prepareRings(context);
  if (prepared !== Errno.ok) return prepared;
  resetDevice(context);
  const read = readAddress(context);
  if (read !== Errno.ok) return read;
  context.interruptBind(context.needs.irq, DriverBit.interrupt);
  setToWork(context);
  beginWatch(context);
  return Errno.ok;
}

/** Resets a device that does not work any more, and sets it to work anew. Frames in the rings that are not finished are lost, and counted. */
export function recover(context: DriverContext): void {
  E1000DriverState.recoveries.add(context.memory, stateOf(context), 1);
  resetDevice(context);
  emptyRings(context);
  setToWork(context);
}

/** Stops and resets the device, and takes all buffers home. */
export function shutDown(context: DriverContext): void {
  const { memory, needs } = context;
  const state = stateOf(context);
  if (E1000DriverState.phase.get(memory, state) !== DriverPhase.running) return;
  context.registerWrite(needs.nic, Register.RCTL, 0);
  context.registerWrite(needs.nic, Register.TCTL, 0);
  resetDevice(context);
  emptyRings(context);
  E1000DriverState.phase.set(memory, state, DriverPhase.stopped);
  stopTimer(context, E1000DriverState.pauseTimer);
  endWatch(context);
}

/** What the device finished before it was reset goes its way, all else goes home. */
function emptyRings(context: DriverContext): void {
  drain(context, E1000DriverState.rxCount.get(context.memory, stateOf(context)));
  reclaim(context);
  releasePosted(context);
  releaseUnsent(context);
}

/** A device that was reset gets its address, empty rings and buffers, and begins. */
function setToWork(context: DriverContext): void {
  const { memory, needs } = context;
  const { nic } = needs;
  const state = stateOf(context);
  writeAddress(context);
  setRings(context);
  E1000DriverState.phase.set(memory, state, DriverPhase.running);
  context.registerWrite(nic, Register.RXCSUM, 0);
  context.registerWrite(nic, Register.TIPG, TRANSMIT_GAPS);
  context.registerWrite(nic, Register.TCTL, TRANSMIT_CONTROL);
  refill(context);
  context.registerWrite(nic, Register.RCTL, RECEIVE_CONTROL);
  context.registerWrite(nic, Register.IMS, CAUSES);
  // A change since the reset is a cause that waits, and one after this look interrupts.
  followLink(context);
}

/** Checks the parameters against the region, and makes the tables of handles. */
function prepareRings(context: DriverContext): number {
  const { memory, parameters, needs } = context;
  const state = stateOf(context);
  const { rxDescriptors, rxPosted, txDescriptors } = parameters;
  if (!(rxDescriptors > 0 && txDescriptors > 0 && rxPosted > 0)) return Errno.invalidArgument;
  const rxCount = ringCount(rxDescriptors);
  const txCount = ringCount(txDescriptors);
  if ((rxCount + txCount) * DESCRIPTOR_BYTES > context.regionBytes(needs.rings)) return Errno.invalidMemoryRegion;
  const rxHandles = context.allocate(rxCount * E1000DriverSlot.size);
  const txHandles = context.allocate(txCount * E1000DriverSlot.size);
  if (rxHandles < 0 || txHandles < 0) return Errno.outOfMemory;
  memory.fill(rxHandles, rxCount * E1000DriverSlot.size, 0);
  memory.fill(txHandles, txCount * E1000DriverSlot.size, 0);
  E1000DriverState.rxCount.set(memory, state, rxCount);
  E1000DriverState.rxHandles.set(memory, state, rxHandles);
  E1000DriverState.rxWanted.set(memory, state, rxPosted < rxCount ? rxPosted : rxCount - 1);
  E1000DriverState.rxOrdinal.set(memory, state, Math.imul(context.generation, FIRST_ORDINALS));
  E1000DriverState.txCount.set(memory, state, txCount);
  E1000DriverState.txHandles.set(memory, state, txHandles);
  return Errno.ok;
}

/** Masked before and after: a reset device raises nothing until it is told to (13.4.1). */
function resetDevice(context: DriverContext): void {
  const { nic } = context.needs;
  context.registerWrite(nic, Register.IMC, ALL);
  context.registerWrite(nic, Register.CTRL, context.registerRead(nic, Register.CTRL) | ControlBit.RST);
  context.registerWrite(nic, Register.IMC, ALL);
  context.registerRead(nic, Register.ICR);
  // VLAN tags stay in the frames, for net to read.
  context.registerWrite(nic, Register.CTRL, (context.registerRead(nic, Register.CTRL) | ControlBit.SLU) & ~ControlBit.VME);
}

/** The MAC address, from the EEPROM. */
function readAddress(context: DriverContext): number {
  const { memory } = context;
  const state = stateOf(context);
  const first = readEeprom(context, 0);
  const second = readEeprom(context, 1);
  const third = readEeprom(context, 2);
  if (first < 0 || second < 0 || third < 0) return Errno.timeout;
  E1000DriverState.macLow.set(memory, state, first | (second << 16));
  E1000DriverState.macHigh.set(memory, state, third);
  return Errno.ok;
}

/** The MAC address goes to the receive address registers, groups to the multicast table. */
function writeAddress(context: DriverContext): void {
  const { memory, needs, parameters } = context;
  const state = stateOf(context);
  context.registerWrite(needs.nic, Register.RAL0, E1000DriverState.macLow.get(memory, state));
  context.registerWrite(needs.nic, Register.RAH0, E1000DriverState.macHigh.get(memory, state) | RAH_AV);
  for (let word = 0; word < MULTICAST_WORDS; word++) context.registerWrite(needs.nic, Register.MTA + 4 * word, 0);
  if (parameters.groups === undefined) return;
  for (let index = 0; index < parameters.groups.length; index++) {
    // RCTL.MO 00: bits 47:36 of the address, its last byte the highest (13.5.1).
    const hash = ((parameters.groups[index][5] << 4) | (parameters.groups[index][4] >> 4)) & 0xfff;
    const register = Register.MTA + 4 * (hash >> 5);
    context.registerWrite(needs.nic, register, context.registerRead(needs.nic, register) | (1 << (hash & 31)));
  }
}

/** A word of the EEPROM, or -1 when the device does not finish. */
function readEeprom(context: DriverContext, word: number): number {
  const { nic } = context.needs;
  context.registerWrite(nic, Register.EERD, (word << EEPROM_ADDRESS_SHIFT) | EepromReadBit.START);
  for (let i = 0; i < EEPROM_READS_MAX; i++) {
    const answer = context.registerRead(nic, Register.EERD);
    if ((answer & EepromReadBit.DONE) !== 0) return answer >>> EEPROM_DATA_SHIFT;
  }
  return -1;
}

/** Both rings empty, and the device told where they lie. */
function setRings(context: DriverContext): void {
  const { shared, needs } = context;
  forgetSlots(context);
  const rxBytes = rxRingBytes(context);
  const txBytes = txRingBytes(context);
  shared.fill(context.spanForWriting(needs.rings, 0, rxBytes + txBytes), rxBytes + txBytes, 0);
  context.registerWrite(needs.nic, Register.RDBAL, context.regionDeviceAddress(needs.rings, 0));
  context.registerWrite(needs.nic, Register.RDBAH, 0);
  context.registerWrite(needs.nic, Register.RDLEN, rxBytes);
  context.registerWrite(needs.nic, Register.RDH, 0);
  context.registerWrite(needs.nic, Register.RDT, 0);
  context.registerWrite(needs.nic, Register.TDBAL, context.regionDeviceAddress(needs.rings, rxBytes));
  context.registerWrite(needs.nic, Register.TDBAH, 0);
  context.registerWrite(needs.nic, Register.TDLEN, txBytes);
  context.registerWrite(needs.nic, Register.TDH, 0);
  context.registerWrite(needs.nic, Register.TDT, 0);
}

/** Nothing is posted and nothing under way: both rings begin at 0. */
function forgetSlots(context: DriverContext): void {
  const { memory } = context;
  const state = stateOf(context);
  E1000DriverState.rxNext.set(memory, state, 0);
  E1000DriverState.rxTail.set(memory, state, 0);
  E1000DriverState.rxTailTold.set(memory, state, 0);
  E1000DriverState.rxPassing.set(memory, state, 0);
  E1000DriverState.txOldest.set(memory, state, 0);
  E1000DriverState.txTail.set(memory, state, 0);
  E1000DriverState.txWatched.set(memory, state, 0);
  forgetWatched(context);
}
