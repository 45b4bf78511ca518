/** Which IP addresses a host may have as its own: what may stand as source of a packet (RFC 1122, 3.2.1.3; RFC 4291, 2.5 to 2.7). */

import type { Memory } from "../../../hal/memory.ts";

const THIS_NETWORK = 0;
const LOOPBACK_4 = 127;
/** Groups from here on, reserved addresses and the broadcast behind them. */
const GROUPS_4 = 224;
const GROUPS_6 = 0xff;

/** Neither unspecified, nor loopback, nor a group's: the address of that family whose bytes begin at `at`. */
export function isHostAddress(memory: Memory, at: number, family: number): boolean {
  const first = memory.u8[at];
  if (family === 4) return first !== THIS_NETWORK && first !== LOOPBACK_4 && first < GROUPS_4;
  if (first === GROUPS_6) return false;
  for (let index = 0; index < 15; index++) if (memory.u8[at + index] !== 0) return true;
  // ::, ::1
  return memory.u8[at + 15] > 1;
}
