/** MAC addresses that a host of the link may have. */

import { Emitter } from "../emission.ts";
import { MAC_BYTES } from "../neighbour.ts";
import { emitterOf } from "../proxy/state.ts";
import type { NetContext } from "../state.ts";
import { HostState, hostOf } from "./records.ts";

/** Neither nobody's nor a group's nor our own: the six bytes at `mac` in net's memory. */
export function isPossibleMac(context: NetContext, mac: number): boolean {
  const { memory } = context;
  if ((memory.u8[mac] & 1) !== 0 || sameMac(context, mac, HostState.nobody.at(hostOf(context)))) return false;
  return !sameMac(context, mac, Emitter.mac.at(emitterOf(context)));
}

export function sameMac({ memory }: NetContext, one: number, other: number): boolean {
  for (let index = 0; index < MAC_BYTES; index++) if (memory.u8[one + index] !== memory.u8[other + index]) return false;
  return true;
}
