/**
 * 802.1Q as an 82540EM knows it (manual, chapter 9): a frame is tagged when its type is VET's. VFTA says which VLANs the
 * receiver wants (9.3.1); with CTRL.VME a tag is stripped on receive (9.3.2).
 */

import type { Memory } from "../memory.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";
import { ReceiveControlBit } from "./e1000-registers.ts";

/** Two addresses stand before the tag. */
export const TAG_AT = 12;
export const TAG_BYTES = 4;
const CFI = 1 << 12;
const VLAN = 0xfff;

/** Is the frame whose bytes begin at `at` tagged? */
export function isTagged(ram: Memory, file: FileAddress, at: number): boolean {
  return ((ram.u8[at + TAG_AT] << 8) | ram.u8[at + TAG_AT + 1]) === E1000File.VET.get(ram, file);
}

/** The tag's control information: priority, CFI, VLAN. */
export function tagOf(ram: Memory, at: number): number {
  return (ram.u8[at + TAG_AT + 2] << 8) | ram.u8[at + TAG_AT + 3];
}

/** Does the receiver want a frame of its VLAN? All frames without a tag; tagged ones by VFTA if RCTL.VFE says so. */
export function vlanAccepts(ram: Memory, file: FileAddress, at: number, control: number): boolean {
  if ((control & ReceiveControlBit.VFE) === 0 || !isTagged(ram, file, at)) return true;
  const tag = tagOf(ram, at);
  if ((control & ReceiveControlBit.CFIEN) !== 0 && ((tag & CFI) !== 0) !== ((control & ReceiveControlBit.CFI) !== 0)) return false;
  const vlan = tag & VLAN;
  return ((ram.i32[(E1000File.VFTA.at(file) >> 2) + (vlan >>> 5)] >>> (vlan & 31)) & 1) !== 0;
}
