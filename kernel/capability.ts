/**
 * Capabilities: the only authority there is. A token is 64 bits (upstream `cap/token.rs`): id 48, generation 8 (from bit
 * 48), type 4 (bit 56), flags 4 (bit 60). The id's low byte is the slot in the holder's space, the 40 bits above are
 * unique for ever: a number is valid only for the process in whose slot exactly this number stands, so guessing gains
 * nothing, and a token never comes back, whatever its generation does.
 */

import type { Address } from "../hal/field.ts";
import { i32, u64, u8 } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import { Errno } from "./errno.ts";
import { KernelState } from "./process.ts";

/** Upstream `cap/object.rs`. */
export const ObjectType = Object.freeze({ memory: 0, process: 1, thread: 2, endpoint: 3, interrupt: 4, ioPort: 5, pageTable: 6, capabilitySpace: 7, device: 8 });

export const Right = Object.freeze({ read: 1 << 0, write: 1 << 1, execute: 1 << 2, grant: 1 << 3, revoke: 1 << 4, delete: 1 << 5, modify: 1 << 6, create: 1 << 7 });

/** On an endpoint the first three rights are called so. */
export const EndpointRight = Object.freeze({ receive: Right.read, send: Right.write, bind: Right.execute });

/** The timer is a device without registers. */
export const TIMER_OBJECT = 0xff;

export const CapabilitySlot = layout("CapabilitySlot", 32, {
  /** 0 when the slot is free. */
  token: u64("identity"),
  /** Index in the table of its type. */
  object: i32,
  /** Epoch of the object when the capability was made: an object that was replaced since is another one. */
  epoch: i32,
  objectType: u8,
  rights: u8,
  /** Times this slot was filled, modulo 256: the token's generation. */
  generation: u8,
  used: u8,
  /** Slot (process * quota + slot) that this one was derived from; -1 for one made at boot. */
  parent: i32,
  reserved: u64("scratch"),
});

export type SlotOfCapability = Address<"CapabilitySlot">;

/** One process's capability space: a run of slots in the machine-wide table. */
export interface CapabilitySpaces {
  readonly slots: Table<"CapabilitySlot">;
  /** Slots per process. */
  readonly quota: number;
}

/**
 * Puts a new capability into the lowest free slot of the process's space and writes its token at `tokenAt`.
 * 0, or resourceExhausted when the quota is used up.
 */
export function mint(ram: Memory, state: Address<"KernelState">, spaces: CapabilitySpaces, process: number, objectType: number, object: number, epoch: number, rights: number, tokenAt: number): number {
  for (let index = 0; index < spaces.quota; index++) {
    const slot = spaces.slots.at(process * spaces.quota + index);
    if (CapabilitySlot.used.get(ram, slot) !== 0) continue;
    const uniqueLow = KernelState.nextCapabilityLow.get(ram, state);
    const uniqueHigh = KernelState.nextCapabilityHigh.get(ram, state);
    KernelState.nextCapabilityLow.set(ram, state, (uniqueLow + 1) & 0xff_ffff);
    if (uniqueLow === 0xff_ffff) KernelState.nextCapabilityHigh.set(ram, state, uniqueHigh + 1);
    const generation = (CapabilitySlot.generation.get(ram, slot) + 1) & 0xff;
    const low = (uniqueLow << 8) | index;
    const high = (uniqueHigh & 0xffff) | (generation << 16) | (objectType << 24) | (flagsOf(rights) << 28);
    CapabilitySlot.token.setWords(ram, slot, low, high);
    CapabilitySlot.object.set(ram, slot, object);
    CapabilitySlot.epoch.set(ram, slot, epoch);
    CapabilitySlot.objectType.set(ram, slot, objectType);
    CapabilitySlot.rights.set(ram, slot, rights);
    CapabilitySlot.generation.set(ram, slot, generation);
    CapabilitySlot.used.set(ram, slot, 1);
    CapabilitySlot.parent.set(ram, slot, -1);
    ram.i32[tokenAt >> 2] = low;
    ram.i32[(tokenAt >> 2) + 1] = high;
    return Errno.ok;
  }
  return Errno.resourceExhausted;
}

/** The token's four flags: read 1, write 2, execute 4, grant 8 of the rights. */
function flagsOf(rights: number): number {
  return rights & 0xf;
}

/**
 * The slot of the token whose two words lie at RAM address `tokenAt`, if this process holds it, it names an object of
 * this type and carries all these rights; else invalidCapability (not held, stale, other type) or permissionDenied.
 */
export function lookUp(ram: Memory, spaces: CapabilitySpaces, process: number, tokenAt: number, objectType: number, rights: number): number {
  const low = ram.i32[tokenAt >> 2];
  const high = ram.i32[(tokenAt >> 2) + 1];
  const index = low & 0xff;
  if (index >= spaces.quota) return Errno.invalidCapability;
  const slot = (spaces.slots.base + (process * spaces.quota + index) * CapabilitySlot.size) as SlotOfCapability;
  if (CapabilitySlot.used.get(ram, slot) === 0) return Errno.invalidCapability;
  if (CapabilitySlot.token.low(ram, slot) !== low || CapabilitySlot.token.high(ram, slot) !== high) return Errno.invalidCapability;
  if (CapabilitySlot.objectType.get(ram, slot) !== objectType) return Errno.invalidCapability;
  if ((CapabilitySlot.rights.get(ram, slot) & rights) !== rights) return Errno.permissionDenied;
  return slot;
}

/** Takes the capability out of its slot: its token is stale from now on, for good. */
export function clearSlot(ram: Memory, slot: SlotOfCapability): void {
  CapabilitySlot.used.set(ram, slot, 0);
  CapabilitySlot.token.setWords(ram, slot, 0, 0);
}
