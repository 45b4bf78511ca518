/**
 * Which frames an 82540EM takes (manual 3.2.1): its unicast addresses, all with UPE; broadcasts with BAM; multicasts by
 * exact address, by the hash in the multicast table array (13.5.1), all with MPE.
 */

import type { Memory } from "../memory.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File, RECEIVE_ADDRESSES } from "./e1000-file.ts";
import { MO_SHIFT, RAH_AV, ReceiveControlBit } from "./e1000-registers.ts";
import { isBroadcast, isGroup } from "./e1000-statistics.ts";

/** Does the receiver want a frame whose bytes begin at `at`? */
export function filterAccepts(ram: Memory, file: FileAddress, at: number): boolean {
  const control = E1000File.RCTL.get(ram, file);
  const group = isGroup(ram, at);
  if (!group && (control & ReceiveControlBit.UPE) !== 0) return true;
  if (group && (control & ReceiveControlBit.MPE) !== 0) return true;
  if (group && (control & ReceiveControlBit.BAM) !== 0 && isBroadcast(ram, at)) return true;
  if (matchesAddress(ram, file, at)) return true;
  return group && matchesHash(ram, file, at, (control >>> MO_SHIFT) & 3);
}

/** RAL and RAH hold an address's bytes, the first in the lowest byte. */
function matchesAddress(ram: Memory, file: FileAddress, at: number): boolean {
  const low = ram.view.getInt32(at, true);
  const high = ram.view.getUint16(at + 4, true);
  const pairs = E1000File.RA.at(file) >> 2;
  for (let i = 0; i < RECEIVE_ADDRESSES; i++) {
    const pairHigh = ram.i32[pairs + 2 * i + 1];
    if ((pairHigh & RAH_AV) !== 0 && ram.i32[pairs + 2 * i] === low && (pairHigh & 0xffff) === high) return true;
  }
  return false;
}

/** RCTL.MO chooses bits 47:36, 46:35, 45:34 or 43:32 of the address as the hash. */
function matchesHash(ram: Memory, file: FileAddress, at: number, offset: number): boolean {
  const upper = ram.view.getUint16(at + 4, true);
  const hash = (upper >>> (offset === 3 ? 0 : 4 - offset)) & 0xfff;
  return ((ram.i32[(E1000File.MTA.at(file) >> 2) + (hash >>> 5)] >>> (hash & 31)) & 1) !== 0;
}
