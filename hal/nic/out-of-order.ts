/**
 * How a NIC, of any kind, may be out of order: what it asks chance at the places where it matters, and what the answers
 * mean. On a good day every answer is 0, and on a board without chance nothing is asked at all.
 */

import { ChoiceSite } from "../chance.ts";
import type { DevicePort } from "../device-port.ts";

/**
 * transferLate: the transfer of a frame, either way, takes answer x so many cycles more; all frames behind it wait. So does
 * the fetch of the descriptor by which an idle E1000 begins to send.
 */
export const TRANSFER_UNIT_CYCLES = 256;
export const TRANSFER_ANSWERS = 1 << 23;

/** writeBackTorn: bits of what does not reach memory - the length (of virtio the whole used element), and that all is done (DD, the used index). */
export const Torn = Object.freeze({ length: 1, done: 2 });
export const TORN_ANSWERS = 4;

/** interruptLate: 1 - the line does not rise at all; more - it rises (answer - 1) x so many cycles late, if it still is to be high. */
export const INTERRUPT_UNIT_CYCLES = 256;
export const INTERRUPT_ANSWERS = 1 << 16;
/** What interruptDelay() says of a line that does not rise. */
export const NEVER = -1;

/** lengthWrong: the length that is written back is so much more than the true one, modulo 2^16. */
export const LENGTH_ANSWERS = 0x1_0000;

/** indexWrong: what is written back goes to the descriptor so many further on in the ring, or names it. */
export const INDEX_ANSWERS = 256;

/** Does the device see no descriptor, or no buffer, for a frame that is here (1)? */
export function isStarved(port: DevicePort): boolean {
  return port.isChancy && port.choose(ChoiceSite.receiveStarved, 2) !== 0;
}

/** By how many cycles a transfer is late. */
export function transferDelay(port: DevicePort): number {
  return port.isChancy ? port.choose(ChoiceSite.transferLate, TRANSFER_ANSWERS) * TRANSFER_UNIT_CYCLES : 0;
}

/** Bits of Torn. */
export function tornParts(port: DevicePort): number {
  return port.isChancy ? port.choose(ChoiceSite.writeBackTorn, TORN_ANSWERS) : 0;
}

/** By how many cycles the line rises late, or NEVER. */
export function interruptDelay(port: DevicePort): number {
  if (!port.isChancy) return 0;
  const answer = port.choose(ChoiceSite.interruptLate, INTERRUPT_ANSWERS);
  return answer < 2 ? -answer : (answer - 1) * INTERRUPT_UNIT_CYCLES;
}

/** Is a write by which the driver tells of more descriptors lost on its way (1)? */
export function isDoorbellLost(port: DevicePort): boolean {
  return port.isChancy && port.choose(ChoiceSite.doorbellLost, 2) !== 0;
}

/** What the device says of a length. */
export function saidLength(port: DevicePort, bytes: number): number {
  const more = port.isChancy ? port.choose(ChoiceSite.lengthWrong, LENGTH_ANSWERS) : 0;
  return more === 0 ? bytes : (bytes + more) & 0xffff;
}

/** By how many descriptors a write-back goes astray. */
export function astrayBy(port: DevicePort): number {
  return port.isChancy ? port.choose(ChoiceSite.indexWrong, INDEX_ANSWERS) : 0;
}
