/**
 * Batches (upstream `ipc/fast_path.rs`): up to eight small messages that a process collects and sends to one endpoint in
 * one go, in their order. What cannot be sent stays in the batch: nothing is lost, and flushing again goes on where it
 * stopped. Only a process whose manifest line says `batch` has one.
 */

import type { Address } from "../../hal/field.ts";
import { bytes, i32 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import { copySmall } from "../endpoint.ts";
import { Errno } from "../errno.ts";
import type { Kernel } from "../kernel.ts";
import { SMALL_MESSAGE_BYTES } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";

/** VeridianOS: BATCH_SIZE. */
export const BATCH_MESSAGES = 8;

export const BatchRecord = layout("BatchRecord", 24 + BATCH_MESSAGES * SMALL_MESSAGE_BYTES, {
  count: i32,
  /** Messages that were put in. */
  added: i32("statistic"),
  /** Messages that went out, and flushes that left some behind. */
  sent: i32("statistic"),
  stopped: i32("statistic"),
  /** Messages that were discarded, or left behind by a process that ended. */
  dropped: i32("statistic"),
  reserved: i32("scratch"),
  messages: bytes(BATCH_MESSAGES * SMALL_MESSAGE_BYTES),
});

export type BatchAddress = Address<"BatchRecord">;

/** The batch of `process`, or notInitialized if the manifest gives it none. */
export function batchOf(kernel: Kernel, process: number): number {
  const index = ProcessRecord.batch.get(kernel.ram, kernel.processes.at(process));
  return index === NONE ? Errno.notInitialized : kernel.batches.at(index);
}

/** The RAM address of the message at `position`. */
export function batchMessage(batch: BatchAddress, position: number): Address<"SmallMessage"> {
  return (BatchRecord.messages.at(batch) + position * SMALL_MESSAGE_BYTES) as Address<"SmallMessage">;
}

/** Appends the 48 bytes at RAM address `message`. 0, or channelFull. */
export function appendBatch(kernel: Kernel, batch: BatchAddress, message: number): number {
  const { ram } = kernel;
  const count = BatchRecord.count.get(ram, batch);
  if (count === BATCH_MESSAGES) return Errno.channelFull;
  copySmall(ram, batchMessage(batch, count), message);
  BatchRecord.count.set(ram, batch, count + 1);
  BatchRecord.added.add(ram, batch, 1);
  return Errno.ok;
}

/** The first `sent` messages are gone; those behind move up. */
export function dropSent(kernel: Kernel, batch: BatchAddress, sent: number): void {
  const { ram } = kernel;
  const left = BatchRecord.count.get(ram, batch) - sent;
  for (let position = 0; position < left && sent > 0; position++) copySmall(ram, batchMessage(batch, position), batchMessage(batch, sent + position));
  BatchRecord.count.set(ram, batch, left);
  BatchRecord.sent.add(ram, batch, sent);
  if (left > 0) BatchRecord.stopped.add(ram, batch, 1);
}

/** What the batch holds is sent by nobody. How many messages that were. */
export function emptyBatch({ ram }: Kernel, batch: BatchAddress): number {
  const count = BatchRecord.count.get(ram, batch);
  BatchRecord.count.set(ram, batch, 0);
  BatchRecord.dropped.add(ram, batch, count);
  return count;
}

/** `process` has ended: what it collected is sent by nobody. */
export function clearBatch(kernel: Kernel, process: number): void {
  const batch = batchOf(kernel, process);
  if (batch > 0) emptyBatch(kernel, batch as BatchAddress);
}
