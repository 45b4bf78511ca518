/**
 * Which frames an 82540EM takes (manual 3.2.1): its unicast addresses, all with UPE; broadcasts with BAM; multicasts by
 * exact address, by the hash in the multicast table array (13.5.1), all, broadcasts too, with MPE. What is tagged must be
 * in a VLAN that is wanted as well (e1000-vlan.ts).
 */

import type { Memory } from "../memory.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File, RECEIVE_ADDRESSES } from "./e1000-file.ts";
import { AddressSelect, MO_SHIFT, RAH_AS_SHIFT, RAH_AV, ReceiveControlBit } from "./e1000-registers.ts";
import { isBroadcast, isGroup } from "./e1000-statistics.ts";
import { vlanAccepts } from "./e1000-vlan.ts";

const ADDRESS_BYTES = 6;

/** Does the receiver want a frame whose bytes begin at `at`? */
export function filterAccepts(ram: Memory, file: FileAddress, at: number): boolean {
  const control = E1000File.RCTL.get(ram, file);
  return vlanAccepts(ram, file, at, control) && addressAccepts(ram, file, at, control);
}

function addressAccepts(ram: Memory, file: FileAddress, at: number, control: number): boolean {
  const group = isGroup(ram, at);
  if (!group && (control & ReceiveControlBit.UPE) !== 0) return true;
  if (group && (control & ReceiveControlBit.MPE) !== 0) return true;
  if (group && (control & ReceiveControlBit.BAM) !== 0 && isBroadcast(ram, at)) return true;
  if (matchesAddress(ram, file, at)) return true;
  return group && matchesHash(ram, file, at, (control >>> MO_SHIFT) & 3);
}

/** RAL and RAH hold an address's bytes, the first in the lowest byte; RAH.AS says whether it is the frame's destination or source. */
function matchesAddress(ram: Memory, file: FileAddress, at: number): boolean {
  const pairs = E1000File.RA.at(file) >> 2;
  for (let i = 0; i < RECEIVE_ADDRESSES; i++) {
    const high = ram.i32[pairs + 2 * i + 1];
    if ((high & RAH_AV) === 0) continue;
    const select = (high >>> RAH_AS_SHIFT) & 3;
    if (select > AddressSelect.source) continue;
    const address = at + select * ADDRESS_BYTES;
    if (ram.view.getInt32(address, true) === ram.i32[pairs + 2 * i] && ram.view.getUint16(address + 4, true) === (high & 0xffff)) return true;
  }
  return false;
}

/** RCTL.MO chooses bits 47:36, 46:35, 45:34 or 43:32 of the address as the hash. */
function matchesHash(ram: Memory, file: FileAddress, at: number, offset: number): boolean {
  const upper = ram.view.getUint16(at + 4, true);
  const hash = (upper >>> (offset === 3 ? 0 : 4 - offset)) & 0xfff;
  return ((ram.i32[(E1000File.MTA.at(file) >> 2) + (hash >>> 5)] >>> (hash & 31)) & 1) !== 0;
}
