/**
 * The 64 words of the EEPROM behind an 82540EM (manual, chapter 5): the MAC address, what the PCI side is told, and a
 * checksum. Words without a named meaning here hold what a card of that kind has there.
 */

import { assert } from "../assert.ts";

export const EEPROM_WORDS = 64;
/** Sum of all 64 words, 16 bits (5.6.35): the last word is chosen so. */
const CHECKSUM = 0xbaba;
const DEVICE_ID = 0x100e;
const VENDOR_ID = 0x8086;
const UNUSED = 0xffff;

/** By word number, but for the MAC address and the checksum. */
const FIXED: Readonly<Record<number, number>> = Object.freeze({
  0x03: 0,
  0x05: 0,
  0x06: 0,
  0x07: 0,
  /** Printed board assembly number. */
  0x08: 0x3000,
  0x09: 0x1000,
  /** Initialization control word 1. */
  0x0a: 0x6403,
  /** Subsystem id and vendor, device id and vendor. */
  0x0b: DEVICE_ID,
  0x0c: VENDOR_ID,
  0x0d: DEVICE_ID,
  0x0e: VENDOR_ID,
  /** Initialization control word 2. */
  0x0f: 0x3040,
  0x10: 0x0008,
  0x11: 0x2000,
  0x12: 0x7e14,
  0x13: 0x0048,
  0x14: 0x1000,
  0x15: 0x00d8,
  0x16: 0x0000,
  0x17: 0x2700,
  0x18: 0x6cc9,
  0x19: 0x3150,
  0x1a: 0x0722,
  0x1b: 0x040b,
  0x1c: 0x0984,
  0x1d: 0x0000,
  0x1e: 0xc000,
  0x1f: 0x0706,
  0x20: 0x1008,
  0x21: 0x0000,
  0x22: 0x0f04,
  0x23: 0x7fff,
  0x24: 0x4d01,
  /** PXE words. */
  0x30: 0x0100,
  0x31: 0x4000,
  0x32: 0x121c,
});

/** The six bytes of "02:00:00:00:00:01", the first on the wire first. */
export function macBytes(mac: string): readonly number[] {
  assert(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac), `"${mac}" is no MAC address`);
  return Object.freeze(mac.split(":").map((byte) => Number.parseInt(byte, 16)));
}

/** The words of the EEPROM of a card with that MAC address: six bytes, the first on the wire first. */
export function eepromWords(mac: readonly number[]): readonly number[] {
  const words = Array.from({ length: EEPROM_WORDS }, (_, word) => FIXED[word] ?? UNUSED);
  for (let word = 0; word < 3; word++) words[word] = mac[2 * word] | (mac[2 * word + 1] << 8);
  const sum = words.slice(0, EEPROM_WORDS - 1).reduce((total, word) => total + word, 0);
  words[EEPROM_WORDS - 1] = (CHECKSUM - sum) & 0xffff;
  return Object.freeze(words);
}
