/**
 * Limits on what a process sends in a second (upstream `ipc/rate_limit.rs`): two buckets, of messages and of bytes, for
 * each process whose manifest line asks. A bucket holds at most a second's worth and begins full; a second is 1000 ticks,
 * and levels are kept in thousandths, so that a tick adds exactly the rate and nothing is lost by asking often. What is
 * refused, for whatever reason, costs nothing.
 */

import type { Address } from "../../hal/field.ts";
import { i32, u64 } from "../../hal/field.ts";
import { layout } from "../../hal/layout.ts";
import type { Kernel } from "../kernel.ts";
import { LargeMessage, MessageFlag, SMALL_MESSAGE_BYTES, SmallMessage } from "../message.ts";
import { NONE, ProcessRecord } from "../process.ts";

const TICKS_PER_SECOND = 1000;

/** Highest rates that a manifest may ask: a level stays below 2^53. */
export const RATE_MAX = 0x7fff_ffff;

export const RateRecord = layout("RateRecord", 40, {
  messagesPerSecond: i32,
  bytesPerSecond: i32,
  /** What may still be sent, in thousandths, as it was at `tick`. */
  messages: u64,
  bytes: u64,
  tick: u64("time"),
  refused: i32("statistic"),
  reserved: i32("scratch"),
});

export function formatRate(kernel: Kernel, index: number, messagesPerSecond: number, bytesPerSecond: number): void {
  const { ram } = kernel;
  const rate = kernel.rates.at(index);
  RateRecord.messagesPerSecond.set(ram, rate, messagesPerSecond);
  RateRecord.bytesPerSecond.set(ram, rate, bytesPerSecond);
  RateRecord.messages.set(ram, rate, messagesPerSecond * TICKS_PER_SECOND);
  RateRecord.bytes.set(ram, rate, bytesPerSecond * TICKS_PER_SECOND);
}

/** True unless the process has a limit and sending the message at this RAM address now would exceed it. */
export function rateAllows(kernel: Kernel, process: number, message: Address<"SmallMessage">): boolean {
  const index = ProcessRecord.rate.get(kernel.ram, kernel.processes.at(process));
  return index === NONE || bucketsAllow(kernel, index, message);
}

function bucketsAllow(kernel: Kernel, index: number, message: Address<"SmallMessage">): boolean {
  const { ram } = kernel;
  const rate = kernel.rates.at(index);
  if (kernel.seams.rateAllows !== null) return kernel.seams.rateAllows(kernel, index, message);
  refill(kernel, rate);
  const allowed = RateRecord.messages.get(ram, rate) >= TICKS_PER_SECOND && RateRecord.bytes.get(ram, rate) >= messageBytes(kernel, message) * TICKS_PER_SECOND;
  if (!allowed) RateRecord.refused.add(ram, rate, 1);
  return allowed;
}

/** The message at this RAM address, which the limit allowed, has been sent. */
export function chargeRate(kernel: Kernel, process: number, message: Address<"SmallMessage">): void {
  const { ram } = kernel;
  const index = ProcessRecord.rate.get(ram, kernel.processes.at(process));
  // Another part than ours charges when it is asked.
  if (index === NONE || kernel.seams.rateAllows !== null) return;
  const rate = kernel.rates.at(index);
  refill(kernel, rate);
  RateRecord.messages.add(ram, rate, -TICKS_PER_SECOND);
  RateRecord.bytes.add(ram, rate, -messageBytes(kernel, message) * TICKS_PER_SECOND);
}

function refill(kernel: Kernel, rate: Address<"RateRecord">): void {
  const { ram, board } = kernel;
  const tick = board.tick();
  // After a second both are full, whatever they were.
  const passed = Math.min(tick - RateRecord.tick.get(ram, rate), TICKS_PER_SECOND);
  RateRecord.tick.set(ram, rate, tick);
  const messagesPerSecond = RateRecord.messagesPerSecond.get(ram, rate);
  const bytesPerSecond = RateRecord.bytesPerSecond.get(ram, rate);
  RateRecord.messages.set(ram, rate, Math.min(RateRecord.messages.get(ram, rate) + passed * messagesPerSecond, messagesPerSecond * TICKS_PER_SECOND));
  RateRecord.bytes.set(ram, rate, Math.min(RateRecord.bytes.get(ram, rate) + passed * bytesPerSecond, bytesPerSecond * TICKS_PER_SECOND));
}

/** What a message counts for: its 48 bytes, and for one that announces a large one that one's header and payload. */
export function messageBytes(kernel: Kernel, message: Address<"SmallMessage">): number {
  const { ram } = kernel;
  if ((SmallMessage.flags.get(ram, message) & MessageFlag.large) === 0) return SMALL_MESSAGE_BYTES;
  return SMALL_MESSAGE_BYTES + LargeMessage.size + SmallMessage.data2.get(ram, message);
}
