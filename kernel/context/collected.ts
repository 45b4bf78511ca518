/** The system calls on batches and channels. What each does, and what it answers, is said in service.ts. */

import type { Address } from "../../hal/field.ts";
import { EndpointRight } from "../capability.ts";
import { Cost } from "../costs.ts";
import { refuse } from "../crossing.ts";
import { Errno } from "../errno.ts";
import { tokenAt } from "../granted.ts";
import type { BatchAddress } from "../ipc/batch.ts";
import { BatchRecord, appendBatch, batchOf, emptyBatch } from "../ipc/batch.ts";
import { flush } from "../ipc/batch-flush.ts";
import { channelReceive, channelSend, decodeChannel, subscribe } from "../ipc/channel.ts";
import { chargeRate, rateAllows } from "../ipc/rate.ts";
import { decodeEndpoint } from "../ipc.ts";
import { checkFilled, composeWords, requireMessage } from "../message-calls.ts";
import { ProcessRecord } from "../process.ts";
import type { Grant } from "../service.ts";
import { WaitingCalls } from "./waiting.ts";

export abstract class CollectedCalls extends WaitingCalls {
  batchAdd(opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return this.appended(this.outgoing);
  }

  batchAddMessage(at: Address<"SmallMessage">): number {
    const refused = checkFilled(this.kernel, this.process, this.memory, at);
    return refused !== Errno.ok ? this.refuse(refused, 0) : this.appended(at);
  }

  batchFlush(to: Grant<"endpoint">): number {
    const { kernel, process } = this;
    const batch = batchOf(kernel, process);
    if (batch < 0) return this.refuse(batch, 0);
    const endpoint = decodeEndpoint(kernel, process, tokenAt(kernel, process, to));
    if (endpoint < 0) return this.refuse(endpoint, to);
    const { flushBatch } = kernel.seams;
    const status = flushBatch !== null ? flushBatch(kernel, process, batch as BatchAddress, endpoint, to) : flush(kernel, process, batch as BatchAddress, endpoint, to);
    const left = BatchRecord.count.get(kernel.ram, batch as BatchAddress);
    if (status !== Errno.ok) refuse(kernel, process, status, endpoint);
    else this.cross(0);
    return left;
  }

  batchDiscard(): number {
    this.cross(Cost.batchAdd);
    const batch = batchOf(this.kernel, this.process);
    if (batch < 0) return this.refuse(batch, 0);
    return emptyBatch(this.kernel, batch as BatchAddress);
  }

  channelSend(to: Grant<"channel:send">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    const { kernel, process } = this;
    composeWords(kernel, process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    this.cross(Cost.channelSend);
    const channel = decodeChannel(kernel, process, tokenAt(kernel, process, to), EndpointRight.send);
    if (channel < 0) return this.refuse(channel, to);
    const message = this.inRam(this.outgoing);
    const status = rateAllows(kernel, process, message) ? channelSend(kernel, channel, message) : Errno.rateLimitExceeded;
    if (status !== Errno.ok) return this.refuse(status, channel);
    chargeRate(kernel, process, message);
    return status;
  }

  channelReceive(from: Grant<"channel:receive">, at: Address<"SmallMessage">): number {
    const { kernel, process } = this;
    this.cross(Cost.channelReceive);
    requireMessage(kernel, process, this.memory, at);
    const channel = decodeChannel(kernel, process, tokenAt(kernel, process, from), EndpointRight.receive);
    if (channel < 0) return this.refuse(channel, from);
    const status = channelReceive(kernel, channel, this.inRam(at));
    return status === Errno.ok ? status : this.refuse(status, channel);
  }

  channelSubscribe(to: Grant<"channel:receive">, bits: number): number {
    const { kernel, process } = this;
    this.cross(Cost.channelSubscribe);
    const channel = decodeChannel(kernel, process, tokenAt(kernel, process, to), EndpointRight.bind);
    if (channel < 0) return this.refuse(channel, to);
    subscribe(kernel, channel, process, bits);
    return Errno.ok;
  }

  protected appended(at: number): number {
    this.cross(Cost.batchAdd);
    const batch = batchOf(this.kernel, this.process);
    const status = batch < 0 ? batch : appendBatch(this.kernel, batch as BatchAddress, this.inRam(at));
    return status === Errno.ok ? status : this.refuse(status, 0);
  }

  /** The RAM address of what lies at `at` of the process's memory. */
  protected inRam(at: number): Address<"SmallMessage"> {
    return (ProcessRecord.arenaBase.get(this.kernel.ram, this.record) + at) as Address<"SmallMessage">;
  }
}
