/** The options of a SYN that matter here: MSS (RFC 9293, 3.7.1) and window scale (RFC 7323, 2). Others are passed over; what is cut short ends the list. */

import type { Address } from "../../../hal/field.ts";
import type { Memory } from "../../../hal/memory.ts";
import { FlowKey } from "../segment.ts";
import type { StackAddress } from "./stack.ts";
import { TcpStack } from "./stack.ts";

/** Kinds of options; 0 ends the list, 1 is one byte of padding. */
export const TcpOption = Object.freeze({ end: 0, padding: 1, segmentBytesMax: 2, windowScale: 3 });

/** What a peer takes that does not say (RFC 9293, 3.7.1): IPv4 576 - 40, IPv6 1280 - 60. */
const SEGMENT_BYTES_DEFAULT_4 = 536;
const SEGMENT_BYTES_DEFAULT_6 = 1220;
/** So many bytes more than an IPv4 header has an IPv6 header. */
const HEADER_BYTES_MORE = 20;
/** Smaller ones would be all header. */
const SEGMENT_BYTES_MIN = 64;
const SHIFT_MAX = 14;

export function defaultSegmentBytes(memory: Memory, key: Address<"FlowKey">): number {
  return FlowKey.family.get(memory, key) === 4 ? SEGMENT_BYTES_DEFAULT_4 : SEGMENT_BYTES_DEFAULT_6;
}

/** The largest segment for this key that fits a packet here: what we state, and never send more than. */
export function ownSegmentBytes(memory: Memory, stack: StackAddress, key: Address<"FlowKey">): number {
  return TcpStack.segmentBytesMax.get(memory, stack) - (FlowKey.family.get(memory, key) === 4 ? 0 : HEADER_BYTES_MORE);
}

/** The MSS that the options at `at` up to `end` state, or `without`; at least 64. */
export function readSegmentBytesMax(source: Memory, at: number, end: number, without: number): number {
  const value = optionAt(source, at, end, TcpOption.segmentBytesMax, 4);
  return value < 0 ? without : Math.max(SEGMENT_BYTES_MIN, (source.u8[value] << 8) | source.u8[value + 1]);
}

/** The shift that the options state, at most 14; -1 if there is none. */
export function readWindowShift(source: Memory, at: number, end: number): number {
  const value = optionAt(source, at, end, TcpOption.windowScale, 3);
  return value < 0 ? -1 : Math.min(SHIFT_MAX, source.u8[value]);
}

/** Address of the value of the first option of that kind and length; -1 if there is none. */
function optionAt(source: Memory, from: number, end: number, kind: number, bytes: number): number {
  let at = from;
  while (at < end) {
    const here = source.u8[at];
    if (here === TcpOption.end) return -1;
    if (here === TcpOption.padding) {
      at += 1;
      continue;
    }
    const length = at + 1 < end ? source.u8[at + 1] : 0;
    if (length < 2 || at + length > end) return -1;
    if (here === kind && length === bytes) return at + 2;
    at += length;
  }
  return -1;
}
