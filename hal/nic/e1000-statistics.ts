/**
 * The statistics registers (manual 13.7): they stick at their largest value. Lengths count the FCS, stripped or not, but
 * not a VLAN tag that was stripped. TPR and TOR count accepted frames only, as good ones do: the wire delivers no damaged
 * frames, and there is no place where a missed one would be.
 */

import type { I32Field } from "../field.ts";
import type { Bound } from "../layout.ts";
import type { Memory } from "../memory.ts";
import type { FileAddress } from "./e1000-file.ts";
import { E1000File, filePosition, readFile } from "./e1000-file.ts";
import { E1000Register, E1000Statistic } from "./e1000-registers.ts";

type Counter = Bound<I32Field, "E1000File">;

/** The shortest good frame, with its FCS. */
const WIRE_BYTES_MIN = 64;
/** All bits set. */
const FULL = -1;

const RECEIVED_BY_LENGTH = Object.freeze([E1000File.PRC64, E1000File.PRC127, E1000File.PRC255, E1000File.PRC511, E1000File.PRC1023, E1000File.PRC1522]);
const SENT_BY_LENGTH = Object.freeze([E1000File.PTC64, E1000File.PTC127, E1000File.PTC255, E1000File.PTC511, E1000File.PTC1023, E1000File.PTC1522]);

const STATISTICS = E1000Register.CRCERRS;
const STATISTICS_END = STATISTICS + 0x100;
/** The low words of the octet counters; the high word lies 4 bytes on. */
const OCTETS_LOW: readonly number[] = Object.freeze([E1000Statistic.GORCL, E1000Statistic.GOTCL, E1000Statistic.TORL, E1000Statistic.TOTL]);

export function isStatistic(offset: number): boolean {
  return offset >= STATISTICS && offset < STATISTICS_END;
}

/** A read of a counter, which clears it; of an octet counter's two words both clear with the high one. */
export function takeStatistic(ram: Memory, file: FileAddress, offset: number): number {
  const value = readFile(ram, file, offset);
  if (OCTETS_LOW.includes(offset)) return value;
  clear(ram, file, offset);
  if (OCTETS_LOW.includes(offset - 4)) clear(ram, file, offset - 4);
  return value;
}

/** A frame whose bytes begin at `at` has been written to its descriptors. */
export function countReceived(ram: Memory, file: FileAddress, at: number, wireBytes: number): void {
  count(ram, file, E1000File.GPRC);
  count(ram, file, E1000File.TPR);
  addOctets(ram, file, E1000File.GORCL, E1000File.GORCH, wireBytes);
  addOctets(ram, file, E1000File.TORL, E1000File.TORH, wireBytes);
  count(ram, file, RECEIVED_BY_LENGTH[lengthClass(wireBytes)]);
  if (!isGroup(ram, at)) return;
  count(ram, file, isBroadcast(ram, at) ? E1000File.BPRC : E1000File.MPRC);
}

/** A frame was missed: no descriptors for it. */
export function countMissed(ram: Memory, file: FileAddress): void {
  count(ram, file, E1000File.MPC);
  count(ram, file, E1000File.RNBC);
}

/** A frame that the filters wanted was too long. */
export function countOversize(ram: Memory, file: FileAddress): void {
  count(ram, file, E1000File.ROC);
  count(ram, file, E1000File.RLEC);
}

/** A frame whose bytes begin at `at` has left. Below 64 bytes it is no good one (13.7.30, 13.7.32), and of no class of length (13.7.45). */
export function countTransmitted(ram: Memory, file: FileAddress, at: number, wireBytes: number): void {
  count(ram, file, E1000File.TPT);
  addOctets(ram, file, E1000File.TOTL, E1000File.TOTH, wireBytes);
  if (wireBytes >= WIRE_BYTES_MIN) {
    count(ram, file, E1000File.GPTC);
    addOctets(ram, file, E1000File.GOTCL, E1000File.GOTCH, wireBytes);
    count(ram, file, SENT_BY_LENGTH[lengthClass(wireBytes)]);
  }
  if (!isGroup(ram, at)) return;
  count(ram, file, isBroadcast(ram, at) ? E1000File.BPTC : E1000File.MPTC);
}

/** One more in a counter, unless it is full. */
export function count(ram: Memory, file: FileAddress, counter: Counter): void {
  const value = counter.get(ram, file);
  if (value !== FULL) counter.set(ram, file, (value + 1) | 0);
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
  if (sum <= 0xffff_ffff) {
    low.set(ram, file, sum | 0);
    return;
  }
  const full = high.get(ram, file) === FULL;
  low.set(ram, file, full ? FULL : sum | 0);
  count(ram, file, high);
}

function clear(ram: Memory, file: FileAddress, offset: number): void {
  const position = filePosition(offset);
  if (position >= 0) ram.i32[(file + position) >> 2] = 0;
}
