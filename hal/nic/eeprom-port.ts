/**
 * How a driver reads the EEPROM of an 82540EM: a word at a time by EERD (manual 13.4.4), or by its serial port.
 *
 * The serial port (5.3, EECD: 13.4.3): the driver holds chip select and moves the
 * clock; bits go in at its rising edge, most significant first, a start bit, two bits of opcode, six of address. Of the
 * opcodes only READ is carried out: the word then comes out, a bit with each falling edge, and the words after it follow.
 * Writing and erasing do nothing: the EEPROM is not to be changed.
 */

import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { EEPROM_ADDRESS_SHIFT, EEPROM_DATA_SHIFT, EepromReadBit } from "./e1000-registers.ts";
import { E1000State } from "./e1000-state.ts";
import { EEPROM_WORDS } from "./eeprom.ts";

/** EECD (13.4.3): the serial port to the EEPROM. */
export const EepromControlBit = Object.freeze({
  /** Clock, chip select, data in: the driver's. */
  SK: 1 << 0,
  CS: 1 << 1,
  DI: 1 << 2,
  /** Data out: the EEPROM's. */
  DO: 1 << 3,
  /** Two bits: flash write enable. */
  FWE: 3 << 4,
  /** The driver asks for the port, and has it. */
  REQ: 1 << 6,
  GNT: 1 << 7,
  PRES: 1 << 8,
});

/** What a driver sets and reads back. */
const DRIVEN = EepromControlBit.SK | EepromControlBit.CS | EepromControlBit.DI | EepromControlBit.FWE | EepromControlBit.REQ;
/** Start bit, opcode, address. */
const COMMAND_BITS = 9;
const READ_OPCODE = 6;
const ADDRESS_BITS = 6;
const WORD_BITS = 16;
const BITS = EEPROM_WORDS * WORD_BITS;
/** What `eepromOutput` says while no word is being read. */
const IDLE = -1;

/** A write to EERD: what it holds from then on. The word is there at once; one beyond the EEPROM reads 0. */
export function readByEerd(value: number, words: readonly number[]): number {
  const address = value & (0xff << EEPROM_ADDRESS_SHIFT);
  if ((value & EepromReadBit.START) === 0) return address;
  const word = words[address >> EEPROM_ADDRESS_SHIFT] ?? 0;
  return (word << EEPROM_DATA_SHIFT) | address | EepromReadBit.DONE;
}

/** All state zero but this: nothing is being read. */
export function resetEepromPort(ram: Memory, state: Address<"E1000State">): void {
  E1000State.eepromOutput.set(ram, state, IDLE);
}

/** A write to EECD. */
export function driveEeprom(ram: Memory, state: Address<"E1000State">, value: number): void {
  const changed = value ^ E1000State.eepromControl.get(ram, state);
  E1000State.eepromControl.set(ram, state, value & DRIVEN);
  if ((value & EepromControlBit.CS) === 0) return;
  if ((changed & EepromControlBit.CS) !== 0) {
    E1000State.eepromShift.set(ram, state, 0);
    E1000State.eepromShifted.set(ram, state, 0);
    E1000State.eepromOutput.set(ram, state, IDLE);
  }
  if ((changed & EepromControlBit.SK) === 0) return;
  if ((value & EepromControlBit.SK) === 0) nextOutput(ram, state);
  else shiftIn(ram, state, (value & EepromControlBit.DI) !== 0 ? 1 : 0);
}

/** A read of EECD: what was driven, that the EEPROM is there and granted, and the bit on its output. */
export function readEepromPort(ram: Memory, state: Address<"E1000State">, words: readonly number[]): number {
  const output = E1000State.eepromOutput.get(ram, state);
  const bit = output === IDLE ? 1 : (words[output >> 4] >> (WORD_BITS - 1 - (output & 15))) & 1;
  const answer = E1000State.eepromControl.get(ram, state) | EepromControlBit.PRES | EepromControlBit.GNT;
  return bit === 1 ? answer | EepromControlBit.DO : answer;
}

function shiftIn(ram: Memory, state: Address<"E1000State">, bit: number): void {
  const shifted = E1000State.eepromShifted.get(ram, state);
  if (shifted === COMMAND_BITS) return;
  const bits = (E1000State.eepromShift.get(ram, state) << 1) | bit;
  // Bits before the start bit are not the command's.
  if (bits === 0) return;
  E1000State.eepromShift.set(ram, state, bits);
  E1000State.eepromShifted.set(ram, state, shifted + 1);
  // One bit ahead of the word: the next falling edge brings its first.
  if (shifted + 1 === COMMAND_BITS && bits >> ADDRESS_BITS === READ_OPCODE) {
    const first = (bits & (EEPROM_WORDS - 1)) * WORD_BITS;
    E1000State.eepromOutput.set(ram, state, (first + BITS - 1) % BITS);
  }
}

function nextOutput(ram: Memory, state: Address<"E1000State">): void {
  const output = E1000State.eepromOutput.get(ram, state);
  if (output !== IDLE) E1000State.eepromOutput.set(ram, state, (output + 1) % BITS);
}
