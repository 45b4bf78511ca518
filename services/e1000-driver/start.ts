/** Bringing the device up and down (82540EM manual, chapter 14). */

import { DESCRIPTOR_BYTES } from "../../hal/nic/descriptors.ts";
import {
  ControlBit,
  E1000Register as Register,
  EEPROM_ADDRESS_SHIFT,
  EEPROM_DATA_SHIFT,
  EepromReadBit,
  InterruptCause,
  RAH_AV,
  ReceiveControlBit,
  TransmitControlBit,
} from "../../hal/nic/e1000-registers.ts";
import { Errno } from "../../kernel/errno.ts";
import { FIRST_ORDINALS } from "../driver-api.ts";
import { refill, releasePosted } from "./receive.ts";
import type { DriverContext } from "./state.ts";
import { DriverBit, DriverPhase, E1000DriverState, E1000DriverSlot, ringCount, rxRingBytes, stateOf, txRingBytes } from "./state.ts";
import { releaseSent } from "./transmit.ts";

const ALL = -1;
const MULTICAST_WORDS = 128;
/** How often EERD is asked for one word before the device is given up. */
const EEPROM_READS_MAX = 100;
/** Collision threshold and distance as the manual wants them for full duplex (13.4.33). */
const TRANSMIT_CONTROL = TransmitControlBit.EN | TransmitControlBit.PSP | (0x0f << 4) | (0x40 << 12);
/** Gaps for copper (13.4.34). */
const TRANSMIT_GAPS = 10 | (8 << 10) | (6 << 20);
/** Frames up to the buffer, broadcasts too, without FCS; RCTL.BSIZE 00 is 2048 bytes. */
const RECEIVE_CONTROL = ReceiveControlBit.EN | ReceiveControlBit.LPE | ReceiveControlBit.BAM | ReceiveControlBit.SECRC;
/**
 * Only frames interrupt. RXDMT0 comes with a frame anyway, and RXO with every frame that finds no buffer: to be told of
 * each would take the time from those who could give buffers back.
 */
const RECEIVE_CAUSES = InterruptCause.RXT0;

/** Resets the device and sets it to work. 0, or the errno for which this driver cannot run. */
export function bringUp(context: DriverContext): number {
  const prepared = prepareRings(context);
  if (prepared !== Errno.ok) return prepared;
  resetDevice(context);
  const read = readAddress(context);
  if (read !== Errno.ok) return read;
  setRings(context);
  E1000DriverState.phase.set(context.memory, stateOf(context), DriverPhase.running);
  const { nic, irq } = context.needs;
  context.registerWrite(nic, Register.TIPG, TRANSMIT_GAPS);
  context.registerWrite(nic, Register.TCTL, TRANSMIT_CONTROL);
  refill(context);
  context.registerWrite(nic, Register.RCTL, RECEIVE_CONTROL);
  context.interruptBind(irq, DriverBit.interrupt);
  context.registerWrite(nic, Register.IMS, RECEIVE_CAUSES);
  return Errno.ok;
}

/** Stops and resets the device, and takes all buffers home. The device reaches no memory after the reset. */
export function shutDown(context: DriverContext): void {
  const { memory, needs } = context;
  if (E1000DriverState.phase.get(memory, stateOf(context)) !== DriverPhase.running) return;
  context.registerWrite(needs.nic, Register.RCTL, 0);
  context.registerWrite(needs.nic, Register.TCTL, 0);
  resetDevice(context);
  E1000DriverState.phase.set(memory, stateOf(context), DriverPhase.stopped);
  releasePosted(context);
  releaseSent(context);
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
  context.registerWrite(nic, Register.CTRL, context.registerRead(nic, Register.CTRL) | ControlBit.SLU);
}

/** The MAC address, from the EEPROM to the receive address registers; no multicast is listened to. */
function readAddress(context: DriverContext): number {
  const { memory, needs } = context;
  const state = stateOf(context);
  const first = readEeprom(context, 0);
  const second = readEeprom(context, 1);
  const third = readEeprom(context, 2);
  if (first < 0 || second < 0 || third < 0) return Errno.timeout;
  E1000DriverState.macLow.set(memory, state, first | (second << 16));
  E1000DriverState.macHigh.set(memory, state, third);
  context.registerWrite(needs.nic, Register.RAL0, first | (second << 16));
  context.registerWrite(needs.nic, Register.RAH0, third | RAH_AV);
  for (let word = 0; word < MULTICAST_WORDS; word++) context.registerWrite(needs.nic, Register.MTA + 4 * word, 0);
  return Errno.ok;
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
