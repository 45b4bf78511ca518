/**
 * References of DMA buffers that travel in messages: a message with MessageFlag.movesBuffer names a buffer in the low
 * word of data0, and carries one reference of it. The reference leaves its sender's account when the message is queued,
 * enters its receiver's when that takes the message, and goes home when the message is dropped. In a message that
 * carries none any more the flag is cleared: so a receiver that finds the flag holds the reference.
 *
 * A receiver without a mapping of the pool could never let go of it: such a message loses its reference on arrival.
 */

import { BufferHolder, BufferRecord, PoolState, REFERENCES_MAX, dropReferences, findHeldBuffer, holderAt } from "../dma-pool.ts";
import { EndpointRecord, QueueSlot, slotAt } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { MessageFlag, SmallMessage } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";
import { RegionMapping } from "../region.ts";
import { mappingAt } from "./mapping-table.ts";

/** Offsets of what is read of messages by word: hot paths ask each message. */
const FLAGS = SmallMessage.flags.offset >> 2;
const DATA0 = SmallMessage.data0.offset >> 2;

/** True if the message at RAM address `message` says that it carries a reference. */
export function movesBuffer(kernel: Kernel, message: number): boolean {
  return (kernel.ram.i32[(message >> 2) + FLAGS] & MessageFlag.movesBuffer) !== 0;
}

/** 0 if `sender` holds the reference that the message is to carry, else invalidCapability. Changes nothing. */
export function checkBufferMove(kernel: Kernel, sender: number, message: number): number {
  return findHeldBuffer(kernel.ram, kernel.pool, sender, kernel.ram.i32[(message >> 2) + DATA0]) < 0 ? Errno.invalidCapability : Errno.ok;
}

/** The message is queued: its reference, which has been checked, is the message's now. */
export function departBuffer(kernel: Kernel, sender: number, message: number): void {
  const { ram, pool } = kernel;
  const index = ram.i32[(message >> 2) + DATA0] & 0xffff;
  const holder = holderAt(pool, index, sender);
  BufferHolder.references.set(ram, holder, BufferHolder.references.get(ram, holder) - 1);
  BufferRecord.travelling.add(ram, pool.buffers.at(index), 1);
}

/** The message at `message`, already taken out of its queue, is the receiver's: so is its reference. */
export function arriveBuffer(kernel: Kernel, receiver: number, message: number): void {
  const { ram, pool } = kernel;
  const index = ram.i32[(message >> 2) + DATA0] & 0xffff;
  const holder = holderAt(pool, index, receiver);
  const held = BufferHolder.references.get(ram, holder);
  const mapped = RegionMapping.tokens.get(ram, mappingAt(kernel, kernel.poolRegion, receiver)) !== 0;
  if (!mapped || held === REFERENCES_MAX) return dropBuffer(kernel, message);
  BufferRecord.travelling.add(ram, pool.buffers.at(index), -1);
  BufferHolder.references.set(ram, holder, held + 1);
}

/** A message goes from hand to hand, and its reference with it. `message` is the receiver's copy. */
export function passBuffer(kernel: Kernel, sender: number, receiver: number, message: number): void {
  departBuffer(kernel, sender, message);
  arriveBuffer(kernel, receiver, message);
}

/** The message will not be taken, or its sender has ended: its reference goes home. */
export function dropBuffer(kernel: Kernel, message: number): void {
  const { ram, pool } = kernel;
  const index = ram.i32[(message >> 2) + DATA0] & 0xffff;
  ram.i32[(message >> 2) + FLAGS] &= ~MessageFlag.movesBuffer;
  BufferRecord.travelling.add(ram, pool.buffers.at(index), -1);
  if (dropReferences(ram, pool, index, 1, kernel.processes)) PoolState.takenHome.add(ram, pool.state, 1);
}

/**
 * What `process`, which has ended, held of the pool: its own references and those of its messages that nobody has taken
 * go home. Its messages stay where they are. What others hold stays theirs, and has no writer any more. How many buffers
 * went home.
 */
export function takeBuffersHome(kernel: Kernel, process: number): number {
  const { ram, pool } = kernel;
  const before = PoolState.takenHome.get(ram, pool.state);
  for (let endpoint = 0; endpoint < kernel.endpoints.count; endpoint++) dropQueuedBuffers(kernel, process, endpoint);
  releaseHeld(kernel, process);
  for (let index = 0; index < pool.buffers.count; index++) {
    const record = pool.buffers.at(index);
    if (BufferRecord.owner.get(ram, record) === process) BufferRecord.owner.set(ram, record, NONE);
  }
  ProcessRecord.buffersHeld.set(ram, kernel.processes.at(process), 0);
  return PoolState.takenHome.get(ram, pool.state) - before;
}

/** All references that the process itself holds are let go of. */
export function releaseHeld(kernel: Kernel, process: number): void {
  const { ram, pool } = kernel;
  for (let index = 0; index < pool.buffers.count; index++) {
    const holder = holderAt(pool, index, process);
    const held = BufferHolder.references.get(ram, holder);
    if (held === 0) continue;
    BufferHolder.references.set(ram, holder, 0);
    if (dropReferences(ram, pool, index, held, kernel.processes)) PoolState.takenHome.add(ram, pool.state, 1);
  }
}

/** References in messages that `process` sent to the endpoint and that are still queued there. */
function dropQueuedBuffers(kernel: Kernel, process: number, endpoint: number): void {
  const { ram } = kernel;
  const record = kernel.endpoints.at(endpoint);
  for (const head of [EndpointRecord.urgentHead.get(ram, record), EndpointRecord.head.get(ram, record)]) {
    for (let index = head; index !== NONE; ) {
      const slot = slotAt(ram, record, index);
      const message = QueueSlot.message.at(slot);
      if (QueueSlot.sender.get(ram, slot) === process && movesBuffer(kernel, message)) dropBuffer(kernel, message);
      index = QueueSlot.next.get(ram, slot);
    }
  }
}
