/** The system calls that send and answer messages. What each does, and what it answers, is said in service.ts. */

import type { Address } from "../../hal/field.ts";
import { Errno } from "../errno.ts";
import { composeLarge, composeWords, prepareCall, replyToCaller, sendComposed, sendFilled } from "../message-calls.ts";
import type { Grant } from "../service.ts";
import { ArenaCalls } from "./own-arena.ts";

export abstract class MessageCalls extends ArenaCalls {
  send(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return sendComposed(this.kernel, this.process, to, this.outgoing);
  }

  sendMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number {
    return sendFilled(this.kernel, this.process, this.memory, to, at);
  }

  sendLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number, checksum = 0): number {
    const status = composeLarge(this.kernel, this.process, this.memory, this.outgoing, opcode, region, offset, payloadBytes, checksum);
    return status !== Errno.ok ? status : sendComposed(this.kernel, this.process, to, this.outgoing);
  }

  call(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return prepareCall(this.kernel, this.process, to, this.outgoing);
  }

  callLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number, checksum = 0): number {
    const status = composeLarge(this.kernel, this.process, this.memory, this.outgoing, opcode, region, offset, payloadBytes, checksum);
    return status !== Errno.ok ? status : prepareCall(this.kernel, this.process, to, this.outgoing);
  }

  reply(status: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    return replyToCaller(this.kernel, this.process, status, data0, data1, data2, data3);
  }
}
