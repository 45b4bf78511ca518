/**
 * Capability slots and their places. All slots of the machine are records of one table and are called by their number
 * in it: 0 stands for the manifest, from which boot minted; then come the direct tables of the processes, the
 * second-level tables, and the slots of capabilities that travel in queued messages. Everything is a link between such
 * numbers, and 0 as a child or sibling means none.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32, u16, u64, u8 } from "../../hal/field.ts";
import type { Table } from "../../hal/layout.ts";
import { layout } from "../../hal/layout.ts";

/** What a slot is used for. A revoked one waits until the message that carries it is taken or dropped. */
export const SlotUse = Object.freeze({ free: 0, held: 1, inFlight: 2, revoked: 3 });

export const CapabilitySlot = layout("CapabilitySlot", 32, {
  /** 0 unless the slot is held. */
  token: u64("identity"),
  /** Index in the table of its type. */
  object: i32,
  /** Epoch of the object when the capability was made: an object that was replaced since is another one. */
  epoch: i32,
  objectType: u8,
  rights: u8,
  /** Times this slot was filled, modulo 256: the token's generation. */
  generation: u8,
  /** One of SlotUse. */
  use: u8,
  /** The slot that this one was derived from: 0 for one that boot minted. */
  parent: u16,
  firstChild: u16,
  /** In a free slot: the next free one of its table. */
  nextSibling: u16,
  previousSibling: u16,
  /** The process that holds it, or that sent it; -1 in a free slot. */
  holder: i32,
});

/** One table of slots: the direct one of a process, or one of the second level. */
export const CapabilityTable = layout("CapabilityTable", 24, {
  /** -1 for one of the second level that no process uses. */
  owner: i32,
  /** Which of its owner's tables it is: 0 is the direct one. */
  position: i32,
  used: i32,
  /** Its first free slot, 0 if there is none. */
  freeSlot: i32,
  /** The next table that no process uses, -1 after the last. */
  nextTable: i32,
  reserved: i32("scratch"),
});

/** Most tables of a process: a token has 12 bits for the slot, and a table at most 256. */
export const TABLES_MAX = 16;

/** What a process holds in all. */
export const CapabilitySpace = layout("CapabilitySpace", 40, {
  quota: i32,
  used: i32,
  /** The slot of the capability that came with the message in the registers, until it is taken; else 0. */
  arrived: i32,
  usedPeak: i32("statistic"),
  /** Capabilities that came and found no room, and those that no handler took. */
  lost: i32("statistic"),
  dropped: i32("statistic"),
  /** By position: the number of the table plus one; 0 where there is none. */
  tables: bytes(TABLES_MAX),
});

/** Words about all capabilities together. */
export const CapabilityState = layout("CapabilityState", 48, {
  /** Unique part of the next token: 20 bits and 16 bits. At 0x10000 in `nextHigh` all have been used. */
  nextLow: i32("identity"),
  nextHigh: i32("identity"),
  /** The first second-level table that no process uses, -1 if there is none. */
  freeTable: i32,
  /** The first free slot for a capability in a queued message, 0 if there is none. */
  freeInFlight: i32,
  inFlight: i32,
  inFlightPeak: i32("statistic"),
  minted: i32("statistic"),
  derived: i32("statistic"),
  delegated: i32("statistic"),
  revoked: i32("statistic"),
  deleted: i32("statistic"),
  reserved: i32("scratch"),
});

export type SlotOfCapability = Address<"CapabilitySlot">;

/** Where all of this lies: constants. */
export interface CapabilitySpaces {
  readonly state: Address<"CapabilityState">;
  readonly slots: Table<"CapabilitySlot">;
  /** One a process. */
  readonly spaces: Table<"CapabilitySpace">;
  /** The direct table of each process, by its number, then those of the second level. */
  readonly tables: Table<"CapabilityTable">;
  /** A table holds so many slots: 1 << tableBits. */
  readonly tableSlots: number;
  readonly tableBits: number;
  /** Address of slot 1, the first of all tables. */
  readonly firstSlot: number;
  /** The number of the first slot for queued messages; from here on to the end. */
  readonly firstInFlight: number;
}

/** The address of slot number `slot`; no check. */
export function slotAddress(spaces: CapabilitySpaces, slot: number): SlotOfCapability {
  return (spaces.slots.base + slot * CapabilitySlot.size) as SlotOfCapability;
}

/** The number of the slot at this address. */
export function slotNumber(spaces: CapabilitySpaces, at: SlotOfCapability): number {
  return ((at - spaces.slots.base) / CapabilitySlot.size) | 0;
}
