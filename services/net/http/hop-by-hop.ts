/** Fields that belong to one connection and are not handed on (RFC 9110, 7.6.1), besides those that Connection names. */

import type { Memory } from "../../../hal/memory.ts";
import { nameIs } from "./search.ts";

const NAMES: readonly string[] = Object.freeze(["connection", "keep-alive", "proxy-connection", "te", "upgrade", "proxy-authenticate", "proxy-authorization"]);

/**
 * Fields that a message cannot do without: who names them in Connection must not have them taken out on the way, since the
 * next reader would see another message (RFC 9110, 7.6.1, forbids to name what is for all recipients).
 */
const FRAMING: readonly string[] = Object.freeze(["host", "content-length", "transfer-encoding"]);

/**
 * Whether the name is one of them. Transfer-Encoding is not: bodies are handed on in the coding they came in, unless the
 * writer of the head says otherwise. Trailer stays with its body.
 */
export function isHopByHop(source: Memory, nameAt: number, nameBytes: number): boolean {
  return isOneOf(source, nameAt, nameBytes, NAMES);
}

/** Whether the field stays although Connection names it. */
export function isFraming(source: Memory, nameAt: number, nameBytes: number): boolean {
  return isOneOf(source, nameAt, nameBytes, FRAMING);
}

/** Whether the name is one of these, given in lower case. */
export function isOneOf(source: Memory, nameAt: number, nameBytes: number, names: readonly string[]): boolean {
  for (let i = 0; i < names.length; i++) if (names[i].length === nameBytes && nameIs(source, nameAt, names[i])) return true;
  return false;
}
