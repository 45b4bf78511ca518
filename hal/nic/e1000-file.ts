/**
 * The 82540EM's register file as a record in RAM, and what plain reads and writes do to it. A register that is not
 * listed here reads 0 and ignores writes; one that is listed and named nowhere else in this folder is storage without
 * effect. Registers whose access does more than move bits are e1000.ts's affair.
 */

import type { Address, FieldKind } from "../field.ts";
import { bytes, i32 } from "../field.ts";
import { layout } from "../layout.ts";
import type { Memory } from "../memory.ts";
import { ControlBit, E1000Register, E1000Statistic } from "./e1000-registers.ts";

interface Rule {
  /** Bits that a write changes; the others keep what they have. */
  readonly writable: number;
  readonly reset: number;
}

const ALL = -1;
const LOW_16 = 0xffff;
const LOW_13 = 0x1fff;
const LOW_12 = 0xfff;
const LOW_11 = 0x7ff;

const stored = (writable: number, reset = 0): Rule => Object.freeze({ writable, reset });

/** Reset values and lengths: the manual's initial values, with an EEPROM that asks for a link (CTRL.SLU). */
const RULES = Object.freeze({
  CTRL: stored(ALL, ControlBit.SLU | ControlBit.SPEED_1000 | ControlBit.SWDPIN0 | ControlBit.ADVD3WUC),
  STATUS: stored(0),
  EERD: stored(0),
  CTRL_EXT: stored(ALL),
  MDIC: stored(0),
  FCAL: stored(ALL),
  FCAH: stored(LOW_16),
  FCT: stored(LOW_16),
  VET: stored(LOW_16, 0x8100),
  ICR: stored(0),
  ITR: stored(LOW_16),
  IMS: stored(0),
  RCTL: stored(ALL),
  FCTTV: stored(LOW_16),
  TCTL: stored(ALL),
  TIPG: stored(ALL),
  AIT: stored(LOW_16),
  LEDCTL: stored(ALL, 0x602),
  PBA: stored(ALL, 0x10_0030),
  FCRTL: stored(ALL),
  FCRTH: stored(ALL),
  RDFH: stored(LOW_13),
  RDFT: stored(LOW_13),
  RDFHS: stored(LOW_13),
  RDFTS: stored(LOW_13),
  RDFPC: stored(LOW_13),
  RDBAL: stored(~0xf),
  RDBAH: stored(ALL),
  RDLEN: stored(0xf_ff80),
  RDH: stored(LOW_16),
  RDT: stored(LOW_16),
  RDTR: stored(LOW_16),
  RXDCTL: stored(ALL),
  RADV: stored(LOW_16),
  RSRPD: stored(LOW_12),
  TDFH: stored(LOW_11),
  TDFT: stored(LOW_11),
  TDFHS: stored(LOW_13),
  TDFTS: stored(LOW_13),
  TDFPC: stored(LOW_13),
  TDBAL: stored(~0xf),
  TDBAH: stored(ALL),
  TDLEN: stored(0xf_ff80),
  TDH: stored(LOW_16),
  TDT: stored(LOW_16),
  TIDV: stored(LOW_16),
  TXDCTL: stored(ALL),
  TADV: stored(LOW_16),
  RXCSUM: stored(ALL),
  WUC: stored(ALL),
  WUFC: stored(ALL),
  WUS: stored(ALL),
  /** Management is on in several ways, as the EEPROM asks for. */
  MANC: stored(ALL, 0x22_2300),
  IPAV: stored(ALL),
  SWSM: stored(ALL),
});

/** One i32 field for each name, in the order of the names. */
function words<N extends string>(names: Readonly<Record<N, unknown>>, kind: FieldKind): Record<N, typeof i32> {
  return Object.fromEntries(Object.keys(names).map((name) => [name, i32(kind)])) as Record<N, typeof i32>;
}

export const E1000File = layout("E1000File", {
  ...words(RULES, "state"),
  ...words(E1000Statistic, "statistic"),
  MTA: bytes(512),
  RA: bytes(128),
  VFTA: bytes(512),
  IP4AT: bytes(28),
  IP6AT: bytes(16),
  WUPM: bytes(128),
  FFLT: bytes(28),
});

export type FileAddress = Address<"E1000File">;

export const RECEIVE_ADDRESSES = 16;

/** Beyond the last register. */
const OFFSETS_END = E1000Register.FFLT + 28;
const NOWHERE = -1;

/** By register offset / 4: where the word lies in the file, in bytes; -1 for a register that is not there. */
const POSITIONS: readonly number[] = Object.freeze(positions());
/** By position / 4: bits that a write changes. */
const WRITABLE: readonly number[] = Object.freeze(writableBits());

function positions(): number[] {
  const table = new Array<number>(OFFSETS_END >> 2).fill(NOWHERE);
  for (const field of E1000File.fields) {
    const offset = offsetOf(field.name);
    for (let at = 0; at < field.width; at += 4) table[(offset + at) >> 2] = field.offset + at;
  }
  return table;
}

function writableBits(): number[] {
  const table = new Array<number>(E1000File.size >> 2).fill(0);
  for (const field of E1000File.fields) {
    const rule: Rule | undefined = (RULES as Readonly<Record<string, Rule>>)[field.name];
    const bits = rule !== undefined ? rule.writable : field.name in E1000Statistic ? 0 : field.name === "FFLT" ? LOW_11 : ALL;
    for (let at = 0; at < field.width; at += 4) table[(field.offset + at) >> 2] = bits;
  }
  return table;
}

function offsetOf(name: string): number {
  if (name === "RA") return E1000Register.RAL0;
  const registers: Readonly<Record<string, number>> = E1000Register;
  const statistics: Readonly<Record<string, number>> = E1000Statistic;
  return registers[name] ?? statistics[name];
}

/** Where a register's word lies in the file, in bytes; -1 if there is none at that offset. */
export function filePosition(offset: number): number {
  if ((offset & 3) !== 0 || offset < 0 || offset >= OFFSETS_END) return NOWHERE;
  return POSITIONS[offset >> 2];
}

/** A register's bits as they are; 0 where there is none. */
export function readFile(ram: Memory, file: FileAddress, offset: number): number {
  const position = filePosition(offset);
  return position < 0 ? 0 : ram.i32[(file + position) >> 2];
}

/** Stores the bits that a write may change. */
export function writeFile(ram: Memory, file: FileAddress, offset: number, value: number): void {
  const position = filePosition(offset);
  if (position < 0) return;
  const index = (file + position) >> 2;
  const writable = WRITABLE[position >> 2];
  ram.i32[index] = (ram.i32[index] & ~writable) | (value & writable);
}

/** All registers at their reset values; the receive address is loaded from the EEPROM by the device. */
export function resetFile(ram: Memory, file: FileAddress): void {
  ram.fill(file, E1000File.size, 0);
  for (const [name, rule] of Object.entries(RULES)) E1000File[name as keyof typeof RULES].set(ram, file, rule.reset);
}
