/** What a service sees of messages that are collected before they are taken: the part of Context (service.ts) about batches and channels. */

import type { Address } from "../../hal/field.ts";
import type { Grant } from "../service.ts";

export interface CollectionContext {
  // --- batches -----------------------------------------------------------------------------------------------------
  /** Appends a message to the process's batch. 0, -11 when it holds eight already, -16 without `batch` in the manifest. */
  batchAdd(opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /** The same with the 48 bytes at `at` in `memory`, flags honoured. */
  batchAddMessage(at: Address<"SmallMessage">): number;
  /**
   * Sends the batch in its order, until something is refused. How many are left in it: 0 when all went out. With a token
   * that leads nowhere (-1, -3, -9) nothing is tried and all are kept.
   */
  batchFlush(to: Grant<"endpoint">): number;
  /** Empties the batch. How many it held, or -16. */
  batchDiscard(): number;

  // --- channels ----------------------------------------------------------------------------------------------------
  /** Puts a message into the channel: 0, or -11 channelFull. Never waits. */
  channelSend(to: Grant<"channel:send">, opcode: number, data0?: number, data1?: number, data2?: number, data3?: number): number;
  /** Takes the channel's oldest message to the 48 bytes at `at` in `memory`: 0, or -12 channelEmpty. */
  channelReceive(from: Grant<"channel:receive">, at: Address<"SmallMessage">): number;
  /** From now on each message that comes into the channel raises `bits` as a notification; 0 for no more. */
  channelSubscribe(to: Grant<"channel:receive">, bits: number): number;
}
