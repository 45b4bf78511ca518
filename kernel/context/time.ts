/** The system calls on clocks and timers, and those on nothing but the process itself. What each does, and what it answers, is said in service.ts. */

import { Cost } from "../costs.ts";
import { KernelChoice } from "../crossing.ts";
import { Errno } from "../errno.ts";
import { requireTimer } from "../granted.ts";
import { trace } from "../kernel.ts";
import { ProcessRecord } from "../process.ts";
import type { Grant } from "../service.ts";
import { armTimer, cancelTimer } from "../timer-wheel.ts";
import { DeviceCalls } from "./devices.ts";

export abstract class TimeCalls extends DeviceCalls {
  uptimeTicks(): number {
    this.cross(Cost.uptime);
    return this.kernel.board.tick();
  }

  uptimeCycles(): number {
    this.cross(Cost.uptimeCycles);
    return this.kernel.board.now();
  }

  timerStart(timer: Grant<"timer">, delayTicks: number, periodTicks: number, bits: number): number {
    this.cross(Cost.timerStart);
    requireTimer(this.kernel, this.process, timer);
    const { ram, wheel, board, crashes } = this.kernel;
    if (crashes && board.choose(KernelChoice.timersArmed, this.process, 2) !== 0) return this.refuse(Errno.resourceExhausted, delayTicks);
    const id = armTimer(ram, wheel, board.tick(), this.process, delayTicks, periodTicks, bits);
    return id < 0 ? this.refuse(id, delayTicks) : id;
  }

  timerCancel(timer: Grant<"timer">, id: number): number {
    this.cross(Cost.timerCancel);
    requireTimer(this.kernel, this.process, timer);
    return cancelTimer(this.kernel.ram, this.kernel.wheel, this.process, id);
  }

  notifySelf(bits: number): void {
    this.cross(Cost.notifySelf);
    const { ram } = this.kernel;
    ProcessRecord.bits.set(ram, this.record, ProcessRecord.bits.get(ram, this.record) | bits);
  }

  trace(kind: number, argument0: number, argument1: number): void {
    this.cross(Cost.trace);
    trace(this.kernel, kind, argument0, argument1);
  }

  exit(): void {
    this.cross(Cost.exit);
    ProcessRecord.exits.set(this.kernel.ram, this.record, 1);
  }
}
