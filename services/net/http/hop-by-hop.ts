/** Fields that belong to one connection and are not handed on (RFC 9110, 7.6.1), besides those that Connection names. */

import type { Memory } from "../../../hal/memory.ts";
import { nameIs } from "./search.ts";

const NAMES: readonly string[] = Object.freeze(["connection", "keep-alive", "proxy-connection", "te", "upgrade", "proxy-authenticate", "proxy-authorization"]);

/**
 * Whether the name is one of them. Transfer-Encoding is not: bodies are handed on in the coding they came in, unless the
 * writer of the head says otherwise. Trailer stays with its body.
 */
export function isHopByHop(source: Memory, nameAt: number, nameBytes: number): boolean {
  for (let i = 0; i < NAMES.length; i++) if (NAMES[i].length === nameBytes && nameIs(source, nameAt, NAMES[i])) return true;
  return false;
}
