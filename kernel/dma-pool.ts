/**
 * The pool of DMA buffers (upstream `net/dma_pool.rs`): fixed size, counted references, home on the free list when the
 * last one is let go. A handle is index and generation: after a buffer went home every older handle is stale. The free
 * list is first in, first out: a buffer rests as long as it can before it is used again, so that a late write by a device
 * that was told to stop does not land in a new owner's frame.
 *
 * Each reference has a holder: a process, or a message on its way (memory/buffer-moves.ts). The pool knows how many each
 * process holds, so that nobody lets go of another's, and what a process held comes home when it ends.
 *
 *     references = the holders' counts + travelling; a buffer is in use exactly while that is above 0
 */

import type { Address } from "../hal/field.ts";
import { i32, u16 } from "../hal/field.ts";
import type { Table } from "../hal/layout.ts";
import { layout } from "../hal/layout.ts";
import type { Memory } from "../hal/memory.ts";
import { Errno } from "./errno.ts";
import { NONE, ProcessRecord } from "./process.ts";

export const BufferRecord = layout("BufferRecord", 24, {
  /** All there are; 0: at home. */
  references: i32,
  /** 1 to 0x7fff, then 1 again: part of the handle. */
  generation: i32,
  /** Process that allocated it: the only one that may write it. NONE once that has ended. */
  owner: i32,
  next: i32,
  /** References that lie in queued messages. */
  travelling: i32,
  reserved: i32("scratch"),
});

/** How many references one process holds of one buffer. */
export const BufferHolder = layout("BufferHolder", 2, { references: u16 });

/** The most references that a process may hold of one buffer. */
export const REFERENCES_MAX = 0xffff;

export const PoolState = layout("PoolState", 48, {
  base: i32,
  strideBytes: i32,
  bufferBytes: i32,
  freeHead: i32,
  freeTail: i32,
  inUse: i32,
  inUsePeak: i32("statistic"),
  allocations: i32("statistic"),
  frees: i32("statistic"),
  failures: i32("statistic"),
  /** Of the frees: buffers that went home since a process ended or a message was dropped. */
  takenHome: i32("statistic"),
  reserved: i32("scratch"),
});

export interface DmaPool {
  readonly state: Address<"PoolState">;
  readonly buffers: Table<"BufferRecord">;
  /** One row a buffer, in it one holder a process. */
  readonly holders: Table<"BufferHolder">;
  /** Length of a row. */
  readonly processes: number;
}

const INDEX_BITS = 16;
const GENERATION_MAX = 0x7fff;

export function formatPool(ram: Memory, pool: DmaPool, base: number, strideBytes: number, bufferBytes: number): void {
  const count = pool.buffers.count;
  PoolState.base.set(ram, pool.state, base);
  PoolState.strideBytes.set(ram, pool.state, strideBytes);
  PoolState.bufferBytes.set(ram, pool.state, bufferBytes);
  PoolState.freeHead.set(ram, pool.state, count > 0 ? 0 : NONE);
  PoolState.freeTail.set(ram, pool.state, count - 1);
  for (let index = 0; index < count; index++) {
    const record = pool.buffers.at(index);
    BufferRecord.generation.set(ram, record, 1);
    BufferRecord.owner.set(ram, record, NONE);
    BufferRecord.next.set(ram, record, index + 1 < count ? index + 1 : NONE);
  }
}

/** The process's count of references to the buffer with this index. */
export function holderAt(pool: DmaPool, index: number, process: number): Address<"BufferHolder"> {
  return (pool.holders.base + (index * pool.processes + process) * BufferHolder.size) as Address<"BufferHolder">;
}

/** The handle of a fresh buffer with one reference, held by its owner, or resourceExhausted. */
export function allocateBuffer(ram: Memory, pool: DmaPool, owner: number, ownerRecord: Address<"ProcessRecord">): number {
  const state = pool.state;
  const index = PoolState.freeHead.get(ram, state);
  if (index === NONE) return refuseBuffer(ram, pool);
  const record = pool.buffers.at(index);
  const next = BufferRecord.next.get(ram, record);
  PoolState.freeHead.set(ram, state, next);
  if (next === NONE) PoolState.freeTail.set(ram, state, NONE);
  BufferRecord.references.set(ram, record, 1);
  BufferRecord.owner.set(ram, record, owner);
  BufferHolder.references.set(ram, holderAt(pool, index, owner), 1);
  const inUse = PoolState.inUse.get(ram, state) + 1;
  PoolState.inUse.set(ram, state, inUse);
  if (inUse > PoolState.inUsePeak.get(ram, state)) PoolState.inUsePeak.set(ram, state, inUse);
  PoolState.allocations.add(ram, state, 1);
  const held = ProcessRecord.buffersHeld.get(ram, ownerRecord) + 1;
  ProcessRecord.buffersHeld.set(ram, ownerRecord, held);
  if (held > ProcessRecord.buffersPeak.get(ram, ownerRecord)) ProcessRecord.buffersPeak.set(ram, ownerRecord, held);
  return (BufferRecord.generation.get(ram, record) << INDEX_BITS) | index;
}

/** There is no buffer to be had: counted, and resourceExhausted. */
export function refuseBuffer(ram: Memory, pool: DmaPool): number {
  PoolState.failures.add(ram, pool.state, 1);
  return Errno.resourceExhausted;
}

/** The record of a live buffer, or invalidCapability for a handle that is stale or was never one. */
export function findBuffer(ram: Memory, pool: DmaPool, handle: number): number {
  const index = handle & 0xffff;
  if (handle <= 0 || index >= pool.buffers.count) return Errno.invalidCapability;
  const record = pool.buffers.at(index);
  if (BufferRecord.references.get(ram, record) === 0 || BufferRecord.generation.get(ram, record) !== handle >>> INDEX_BITS) return Errno.invalidCapability;
  return record;
}

/** The same, of a buffer that the process holds a reference of: doubleFree if it holds none of a live one. */
export function findHeldBuffer(ram: Memory, pool: DmaPool, process: number, handle: number): number {
  const record = findBuffer(ram, pool, handle);
  if (record < 0) return record;
  return BufferHolder.references.get(ram, holderAt(pool, handle & 0xffff, process)) === 0 ? Errno.doubleFree : record;
}

export function bufferAddress(ram: Memory, pool: Pick<DmaPool, "state">, handle: number): number {
  return PoolState.base.get(ram, pool.state) + (handle & 0xffff) * PoolState.strideBytes.get(ram, pool.state);
}

/** One reference more for the process, of a live buffer. 0, or resourceExhausted when it holds as many as can be counted. */
export function acquireBuffer(ram: Memory, pool: DmaPool, process: number, handle: number): number {
  const holder = holderAt(pool, handle & 0xffff, process);
  const held = BufferHolder.references.get(ram, holder);
  if (held === REFERENCES_MAX) return Errno.resourceExhausted;
  // ---- nothing below can fail ----
  BufferHolder.references.set(ram, holder, held + 1);
  BufferRecord.references.add(ram, pool.buffers.at(handle & 0xffff), 1);
  return Errno.ok;
}

/** Lets go of one reference that the process holds; at none left the buffer goes home. */
export function releaseBuffer(ram: Memory, pool: DmaPool, process: number, handle: number, processes: Table<"ProcessRecord">): void {
  const index = handle & 0xffff;
  const holder = holderAt(pool, index, process);
  BufferHolder.references.set(ram, holder, BufferHolder.references.get(ram, holder) - 1);
  dropReferences(ram, pool, index, 1, processes);
}

/** `count` references of a live buffer, taken off their holders' counts before, are no more. True if the buffer went home. */
export function dropReferences(ram: Memory, pool: DmaPool, index: number, count: number, processes: Table<"ProcessRecord">): boolean {
  const record = pool.buffers.at(index);
  const references = BufferRecord.references.get(ram, record) - count;
  BufferRecord.references.set(ram, record, references);
  if (references > 0) return false;
  const state = pool.state;
  const generation = BufferRecord.generation.get(ram, record);
  const owner = BufferRecord.owner.get(ram, record);
  BufferRecord.generation.set(ram, record, generation === GENERATION_MAX ? 1 : generation + 1);
  if (owner !== NONE) ProcessRecord.buffersHeld.add(ram, processes.at(owner), -1);
  BufferRecord.owner.set(ram, record, NONE);
  BufferRecord.next.set(ram, record, NONE);
  const tail = PoolState.freeTail.get(ram, state);
  if (tail === NONE) PoolState.freeHead.set(ram, state, index);
  else BufferRecord.next.set(ram, pool.buffers.at(tail), index);
  PoolState.freeTail.set(ram, state, index);
  PoolState.inUse.add(ram, state, -1);
  PoolState.frees.add(ram, state, 1);
  return true;
}
