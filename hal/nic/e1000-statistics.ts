/**
 * The statistics registers (manual 13.7). Lengths count the FCS. TPR and TOR count accepted frames only, as good ones do:
 * the wire delivers no damaged frames.
 */

import type { I32Field } from "../field.ts";
import type { Bound } from "../layout.ts";
import type { Memory } from "../memory.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File } from "./e1000-file.ts";

type Counter = Bound<I32Field, "E1000File">;

const RECEIVED_BY_LENGTH = Object.freeze([E1000File.PRC64, E1000File.PRC127, E1000File.PRC255, E1000File.PRC511, E1000File.PRC1023, E1000File.PRC1522]);
const SENT_BY_LENGTH = Object.freeze([E1000File.PTC64, E1000File.PTC127, E1000File.PTC255, E1000File.PTC511, E1000File.PTC1023, E1000File.PTC1522]);

/** A frame whose bytes begin at `at` has been written to its descriptors. */
export function countReceived(ram: Memory, file: FileAddress, at: number, wireBytes: number): void {
  E1000File.GPRC.add(ram, file, 1);
  E1000File.TPR.add(ram, file, 1);
  addOctets(ram, file, E1000File.GORCL, E1000File.GORCH, wireBytes);
  addOctets(ram, file, E1000File.TORL, E1000File.TORH, wireBytes);
  RECEIVED_BY_LENGTH[lengthClass(wireBytes)].add(ram, file, 1);
  if (isBroadcast(ram, at)) E1000File.BPRC.add(ram, file, 1);
  else if (isGroup(ram, at)) E1000File.MPRC.add(ram, file, 1);
}

/** A frame whose bytes begin at `at` has left. */
export function countTransmitted(ram: Memory, file: FileAddress, at: number, wireBytes: number): void {
  E1000File.GPTC.add(ram, file, 1);
  E1000File.TPT.add(ram, file, 1);
  addOctets(ram, file, E1000File.GOTCL, E1000File.GOTCH, wireBytes);
  addOctets(ram, file, E1000File.TOTL, E1000File.TOTH, wireBytes);
  SENT_BY_LENGTH[lengthClass(wireBytes)].add(ram, file, 1);
  if (isBroadcast(ram, at)) E1000File.BPTC.add(ram, file, 1);
  else if (isGroup(ram, at)) E1000File.MPTC.add(ram, file, 1);
}

export function isBroadcast(ram: Memory, at: number): boolean {
  for (let i = 0; i < 6; i++) if (ram.u8[at + i] !== 0xff) return false;
  return true;
}

/** A multicast or broadcast address. */
export function isGroup(ram: Memory, at: number): boolean {
  return (ram.u8[at] & 1) !== 0;
}

function lengthClass(wireBytes: number): number {
  if (wireBytes <= 64) return 0;
  if (wireBytes <= 127) return 1;
  if (wireBytes <= 255) return 2;
  if (wireBytes <= 511) return 3;
  return wireBytes <= 1023 ? 4 : 5;
}

function addOctets(ram: Memory, file: FileAddress, low: Counter, high: Counter, octets: number): void {
  const sum = (low.get(ram, file) >>> 0) + octets;
  low.set(ram, file, sum | 0);
  if (sum > 0xffff_ffff) high.add(ram, file, 1);
}
