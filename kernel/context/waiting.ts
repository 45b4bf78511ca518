/** The system calls that wait for one thing, or do all but wait. What each does, and what it answers, is said in service.ts. */

import type { Address } from "../../hal/field.ts";
import { Cost } from "../costs.ts";
import { Errno } from "../errno.ts";
import { composeWords, prepare, prepareFilled, sendToWaiting } from "../message-calls.ts";
import { Prepared, ProcessRecord, WaitTimer } from "../process.ts";
import type { Grant } from "../service.ts";
import { MessageCalls } from "./messages.ts";

export abstract class WaitingCalls extends MessageCalls {
  callMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number {
    return prepareFilled(this.kernel, this.process, this.memory, to, at, Prepared.call);
  }

  sendFast(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return sendToWaiting(this.kernel, this.process, to, this.outgoing);
  }

  sendWait(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return prepare(this.kernel, this.process, to, this.outgoing, Prepared.sendWait);
  }

  sendWaitMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number {
    return prepareFilled(this.kernel, this.process, this.memory, to, at, Prepared.sendWait);
  }

  waitAtMost(ticks: number): number {
    this.cross(Cost.waitAtMost);
    // `| 0` keeps whole numbers below 2^31 as they are, and nothing else.
    if (!(ticks >= 1 && (ticks | 0) === ticks)) return this.refuse(Errno.invalidArgument, 0);
    const { ram, board } = this.kernel;
    ProcessRecord.waitTimer.set(ram, this.record, WaitTimer.asked);
    ProcessRecord.waitDeadlineTick.set(ram, this.record, board.tick() + ticks);
    return Errno.ok;
  }
}
