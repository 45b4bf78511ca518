/**
 * Names of backends under semantics=strict. A record may be replaced by a reload or freed; connections, sessions, probes
 * and requests that wait therefore keep a backend's name and ask here. A name is a positive word: slot and generation.
 * The name of a backend that is gone finds nothing, also when another has its slot.
 *
 * The first name makes all three tables of records.ts, and the last one that is released gives them back.
 */

import type { Memory } from "../../../hal/memory.ts";
import type { Heap } from "../../../kernel/heap.ts";
import type { LbLimits } from "../../limits.ts";
import { Balancer } from "../balancer.ts";
import type { BalancerAddress } from "../balancer.ts";
import { LbErrno } from "../control.ts";
import { Backend } from "../group/backend.ts";
import type { BackendAddress } from "../group/backend.ts";
import { Directory, DirectorySlot } from "./records.ts";
import type { DirectoryAddress, DirectorySlotAddress } from "./records.ts";
import { tablesMake, tablesSettle } from "./tables.ts";

/** A name's low bits are its slot, counted from 1; the 16 above them its generation. */
const SLOT_BITS = 15;
const SLOT_MASK = (1 << SLOT_BITS) - 1;
const GENERATION_MASK = 0xffff;

/** Gives the backend a name, into `Backend.handle`. The name, or tableFull at limits.directoryMax, or outOfMemory; then nothing has changed. */
export function directoryTake(heap: Heap, limits: LbLimits, balancer: BalancerAddress, backend: BackendAddress): number {
  const memory = heap.memory;
  const directory = Balancer.directory.at(balancer);
  if (Directory.slots.get(memory, directory) === 0) {
    const made = tablesMake(heap, limits, balancer);
    if (made < 0) return made;
  }
  const index = Directory.freeFirst.get(memory, directory);
  if (index < 0) return LbErrno.tableFull;
  const slot = slotAt(memory, directory, index);
  const next = DirectorySlot.backend.get(memory, slot);
  Directory.freeFirst.set(memory, directory, next);
  if (next < 0) Directory.freeLast.set(memory, directory, -1);
  Directory.count.add(memory, directory, 1);
  Directory.taken.add(memory, directory, 1);
  const handle = ((Directory.taken.get(memory, directory) & GENERATION_MASK) << SLOT_BITS) | (index + 1);
  DirectorySlot.handle.set(memory, slot, handle);
  DirectorySlot.backend.set(memory, slot, backend);
  Backend.handle.set(memory, backend, handle);
  return handle;
}

/** The backend of that name, or 0. Any number may be asked for. */
export function directoryFind(memory: Memory, balancer: BalancerAddress, handle: number): BackendAddress | 0 {
  const slot = slotOf(memory, Balancer.directory.at(balancer), handle);
  return slot === 0 ? 0 : (DirectorySlot.backend.get(memory, slot) as BackendAddress);
}

/**
 * Gives the name to another record of the same backend: a reload's. The record that had it has none from now on; a name
 * of its own that the other one has is released. A name that finds nothing is left alone.
 */
export function directoryMove(memory: Memory, balancer: BalancerAddress, handle: number, backend: BackendAddress): void {
  const directory = Balancer.directory.at(balancer);
  const slot = slotOf(memory, directory, handle);
  if (slot === 0) return;
  const before = DirectorySlot.backend.get(memory, slot) as BackendAddress;
  const own = Backend.handle.get(memory, backend);
  if (before === backend) return;
  const ownSlot = slotOf(memory, directory, own);
  if (ownSlot !== 0) freeSlot(memory, directory, ownSlot);
  DirectorySlot.backend.set(memory, slot, backend);
  Backend.handle.set(memory, backend, handle);
  Backend.handle.set(memory, before, 0);
}

/** Takes the name back; its backend must still be there. A name that finds nothing is left alone. Connections are not looked at: see member.ts. */
export function directoryRelease(heap: Heap, balancer: BalancerAddress, handle: number): void {
  const memory = heap.memory;
  const directory = Balancer.directory.at(balancer);
  const slot = slotOf(memory, directory, handle);
  if (slot === 0) return;
  Backend.handle.set(memory, DirectorySlot.backend.get(memory, slot) as BackendAddress, 0);
  freeSlot(memory, directory, slot);
  tablesSettle(heap, balancer);
}

/** Behind all other free slots, so that a name comes back as late as can be. */
function freeSlot(memory: Memory, directory: DirectoryAddress, slot: DirectorySlotAddress): void {
  const index = (slot - Directory.slots.get(memory, directory)) / DirectorySlot.size;
  const last = Directory.freeLast.get(memory, directory);
  DirectorySlot.handle.set(memory, slot, 0);
  DirectorySlot.backend.set(memory, slot, -1);
  if (last < 0) Directory.freeFirst.set(memory, directory, index);
  else DirectorySlot.backend.set(memory, slotAt(memory, directory, last), index);
  Directory.freeLast.set(memory, directory, index);
  Directory.count.add(memory, directory, -1);
}

/** The slot in which that very name stands, or 0. */
function slotOf(memory: Memory, directory: DirectoryAddress, handle: number): DirectorySlotAddress | 0 {
  const slots = Directory.slots.get(memory, directory);
  const index = (handle & SLOT_MASK) - 1;
  if (slots === 0 || handle <= 0 || index < 0 || index >= Directory.slotCount.get(memory, directory)) return 0;
  const slot = slotAt(memory, directory, index);
  return DirectorySlot.handle.get(memory, slot) === handle ? slot : 0;
}

function slotAt(memory: Memory, directory: DirectoryAddress, index: number): DirectorySlotAddress {
  return (Directory.slots.get(memory, directory) + index * DirectorySlot.size) as DirectorySlotAddress;
}
