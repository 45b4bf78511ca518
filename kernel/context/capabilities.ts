/** The system calls on capabilities. What each does, and what it answers, is said in service.ts. */

import { deleteCapability, deriveCapability, identifyCapability, restrictCapability, revokeCapability, takeCapability } from "../capability-calls.ts";
import { Cost } from "../costs.ts";
import { carry, composeWords, prepareCall, replyWithCapability, sendComposed } from "../message-calls.ts";
import type { Grant } from "../service.ts";
import { TimeCalls } from "./time.ts";

export abstract class CapabilityCalls extends TimeCalls {
  sendCapability(to: Grant<"endpoint">, opcode: number, capability: Grant, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    this.composeCarrier(opcode, capability, data0, data1, data2, data3);
    return sendComposed(this.kernel, this.process, to, this.outgoing);
  }

  callCapability(to: Grant<"endpoint">, opcode: number, capability: Grant, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    this.composeCarrier(opcode, capability, data0, data1, data2, data3);
    return prepareCall(this.kernel, this.process, to, this.outgoing);
  }

  replyCapability(status: number, capability: Grant, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    return replyWithCapability(this.kernel, this.process, status, capability, data0, data1, data2, data3);
  }

  capabilityTake(target: Grant): number {
    this.cross(Cost.capabilityTake);
    return takeCapability(this.kernel, this.process, target);
  }

  capabilityDerive(source: Grant, rights: number, target: Grant): number {
    this.cross(Cost.capabilityDerive);
    return deriveCapability(this.kernel, this.process, source, rights, target);
  }

  capabilityRevoke(token: Grant): number {
    this.cross(Cost.capabilityRevoke);
    return revokeCapability(this.kernel, this.process, token);
  }

  capabilityRestrict(token: Grant, rights: number): number {
    this.cross(Cost.capabilityRestrict);
    return restrictCapability(this.kernel, this.process, token, rights);
  }

  capabilityDelete(token: Grant): number {
    this.cross(Cost.capabilityDelete);
    return deleteCapability(this.kernel, this.process, token);
  }

  capabilityIdentify(token: Grant): number {
    this.cross(Cost.capabilityIdentify);
    return identifyCapability(this.kernel, this.process, token);
  }

  private composeCarrier(opcode: number, capability: Grant, data0: number, data1: number, data2: number, data3: number): void {
    composeWords(this.kernel, this.process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    carry(this.kernel, this.process, this.outgoing, capability);
  }
}
