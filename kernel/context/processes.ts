/** The system calls on processes: this one's sleep, another's new beginning. What each does, and what it answers, is said in service.ts. */

import type { SlotOfCapability } from "../capability.ts";
import { CapabilitySlot, ObjectType, Right, lookUp } from "../capability.ts";
import { Cost } from "../costs.ts";
import { Errno } from "../errno.ts";
import { tokenAt } from "../granted.ts";
import { ProcessRecord } from "../process.ts";
import { restartProcess } from "../process/restart.ts";
import { askSleep } from "../process/sleep.ts";
import type { Grant } from "../service.ts";
import { CapabilityCalls } from "./capabilities.ts";

export abstract class ProcessCalls extends CapabilityCalls {
  get generation(): number {
    return ProcessRecord.generation.get(this.kernel.ram, this.record);
  }

  sleep(ticks: number): number {
    this.cross(Cost.sleep);
    const status = askSleep(this.kernel, this.process, ticks);
    return status === Errno.ok ? status : this.refuse(status, 0);
  }

  processRestart(process: Grant<"process">): number {
    this.cross(Cost.processRestart);
    const { ram, spaces } = this.kernel;
    const slot = lookUp(ram, spaces, this.process, tokenAt(this.kernel, this.process, process), ObjectType.process, Right.create);
    if (slot < 0) return this.refuse(slot === Errno.permissionDenied ? slot : Errno.processNotFound, process);
    const other = CapabilitySlot.object.get(ram, slot as SlotOfCapability);
    const status = restartProcess(this.kernel, other);
    return status === Errno.ok ? status : this.refuse(status, other);
  }
}
