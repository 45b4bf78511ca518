/** A virtual IP by its key: address, colon, port in decimal. */

import type { Memory } from "../../../hal/memory.ts";
import type { GroupAddress } from "../group/group.ts";
import { vipAt, vipFind, vipGroup, vipWanted } from "../l4.ts";
import type { TransportAddress, WantedVipAddress } from "../l4.ts";

const COLON = 0x3a;
const ZERO = 0x30;
const PORT_MAX = 0xffff;
const PORT_DIGITS_MAX = 5;

/** The group of the VIP whose key is the `bytes` bytes at `at`, or 0. */
export function vipByKey(memory: Memory, transport: TransportAddress, wantedVip: WantedVipAddress, source: Memory, at: number, bytes: number): GroupAddress | 0 {
  let colon = bytes - 1;
  while (colon >= 0 && source.u8[at + colon] !== COLON) colon--;
  const port = colon < 0 ? -1 : portAt(source, at + colon + 1, bytes - colon - 1);
  if (port < 0) return 0;
  vipWanted(memory, wantedVip, at, colon, port);
  const index = vipFind(memory, transport, wantedVip, source);
  return index < 0 ? 0 : vipGroup(memory, vipAt(memory, transport, index));
}

/** 0 to 65,535 without leading zeros; -1 for anything else. */
function portAt(source: Memory, at: number, bytes: number): number {
  if (bytes < 1 || bytes > PORT_DIGITS_MAX || (bytes > 1 && source.u8[at] === ZERO)) return -1;
  let port = 0;
  for (let i = 0; i < bytes; i++) {
    const digit = source.u8[at + i] - ZERO;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
  }
  return port <= PORT_MAX ? port : -1;
}
