/**
 * How an 82540EM treats one received frame: RCTL as it was when descriptors were claimed for it, and whether its VLAN tag
 * was stripped. Of a stripped frame the tag has changed places with the two addresses, in the staging: the frame begins
 * behind it, and is shorter by it.
 */

import { FCS_BYTES } from "../ethernet.ts";
import type { Address } from "../field.ts";
import type { Memory } from "../memory.ts";
import { WireFrame } from "../wire-frame.ts";
import { BSIZE_SHIFT, ReceiveControlBit } from "./e1000-registers.ts";
import { TAG_AT, TAG_BYTES } from "./e1000-vlan.ts";

/** A bit that RCTL does not use. */
const STRIPPED = 1 << 31;

type FrameAddress = Address<"WireFrame">;

/** The frame is treated as RCTL says. */
export function settle(ram: Memory, frame: FrameAddress, control: number): void {
  WireFrame.control.set(ram, frame, control & ~STRIPPED);
}

/** Strips the tag of a frame whose bytes begin at `at`. */
export function strip(ram: Memory, frame: FrameAddress, at: number): void {
  const tag = ram.view.getInt32(at + TAG_AT);
  ram.copy(at + TAG_BYTES, at, TAG_AT);
  ram.view.setInt32(at, tag);
  WireFrame.frameBytes.add(ram, frame, -TAG_BYTES);
  WireFrame.control.set(ram, frame, WireFrame.control.get(ram, frame) | STRIPPED);
}

export function isStripped(ram: Memory, frame: FrameAddress): boolean {
  return (WireFrame.control.get(ram, frame) & STRIPPED) !== 0;
}

/** The control information of the stripped tag ahead of a frame. */
export function tagAhead(ram: Memory, at: number): number {
  return (ram.u8[at + 2] << 8) | ram.u8[at + 3];
}

/** Bytes that descriptors account for, of a frame of so many. */
export function storedBytes(frameBytes: number, control: number): number {
  return (control & ReceiveControlBit.SECRC) === 0 ? frameBytes + FCS_BYTES : frameBytes;
}

/** RCTL.BSIZE and BSEX (13.4.22); BSEX with BSIZE 00 is reserved and taken as 2048. */
export function bufferBytesOf(control: number): number {
  const size = (control >>> BSIZE_SHIFT) & 3;
  const bytes = 2048 >> size;
  return (control & ReceiveControlBit.BSEX) !== 0 && size !== 0 ? bytes << 4 : bytes;
}
