/**
 * Probes of health over the wire, on machines whose net ends connections itself: the balancer says whom to look after, net
 * asks each with `GET /` on a connection of its own and says what came of it. Opcodes count on from LbOpcode's.
 */

import { bytes, i32, nested, u16, u8 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { MessageHeader, SMALL_MESSAGE_BYTES } from "../../kernel/message.ts";

export const ProbeOpcode = Object.freeze({
  /** lb -> net's `decisions`: a ProbeMessage. One for a handle that is still asked puts an end to the earlier one. */
  probe: 32,
  /** net -> lb's `requests`: data0 = handle, data1 = probedWord(). */
  probed: 33,
});

/** What came of a probe. */
export const ProbeResult = Object.freeze({
  /** No answer in time, none that makes sense, or one of 1xx, 4xx and 5xx. */
  failed: 0,
  /** 2xx or 3xx. */
  passed: 1,
  /** Net had no room to ask: the backend is not to blame, and is to be asked soon. */
  notMade: 2,
});

export const ProbeMessage = layout("ProbeMessage", SMALL_MESSAGE_BYTES, {
  header: nested(MessageHeader),
  /** The backend's name; returned. */
  handle: i32("identity"),
  /** How long an answer is awaited, above 0. */
  timeoutTicks: i32,
  /** Tells the probes of one backend apart; returned. */
  serial: i32("identity"),
  port: u16,
  /** 4 or 6; 0 if the backend's address is a name, which leads nowhere. */
  family: u8,
  reserved: u8,
  /** Network order; IPv4 uses the first four bytes. */
  address: bytes(16),
});

const SERIAL_BITS = 24;
const SERIAL_MASK = (1 << SERIAL_BITS) - 1;

/** The serial of a probe that is awaited until that tick. */
export function probeSerial(deadlineTick: number): number {
  return deadlineTick % (SERIAL_MASK + 1);
}

/** What net answers: serial and result in one word. */
export function probedWord(serial: number, result: number): number {
  return (result << SERIAL_BITS) | (serial & SERIAL_MASK);
}

export function probedSerial(word: number): number {
  return word & SERIAL_MASK;
}

export function probedResult(word: number): number {
  return word >>> SERIAL_BITS;
}
