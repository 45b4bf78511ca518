/** The system calls on device registers, device addresses and interrupts. What each does, and what it answers, is said in service.ts. */

import { proveBuffer } from "../buffer-calls.ts";
import { Right } from "../capability.ts";
import { Cost } from "../costs.ts";
import { Errno } from "../errno.ts";
import { grantedDevice, grantedInterrupt } from "../granted.ts";
import { InterruptBinding } from "../kernel.ts";
import type { BufferGrant, Grant } from "../service.ts";
import { MemoryCalls } from "./shared-memory.ts";

export abstract class DeviceCalls extends MemoryCalls {
  registerRead(device: Grant<"device">, offset: number): number {
    this.cross(Cost.registerRead);
    return grantedDevice(this.kernel, this.process, device, offset, Right.read).read(offset);
  }

  registerWrite(device: Grant<"device">, offset: number, value: number): void {
    this.cross(Cost.registerWrite);
    grantedDevice(this.kernel, this.process, device, offset, Right.write).write(offset, value | 0);
  }

  regionDeviceAddress(region: Grant<"region:write">, offset: number): number {
    return this.proven(region, offset, 0, Right.write);
  }

  bufferDeviceAddress(pool: BufferGrant, handle: number): number {
    return proveBuffer(this.kernel, this.process, pool, handle, 0, 0, Right.read);
  }

  interruptBind(line: Grant<"interrupt">, bits: number): number {
    this.cross(Cost.interruptBind);
    const number = grantedInterrupt(this.kernel, this.process, line);
    const { ram, bindings, board } = this.kernel;
    const binding = bindings.at(number);
    InterruptBinding.process.set(ram, binding, this.process);
    InterruptBinding.bits.set(ram, binding, bits);
    board.interrupts.unmask(number);
    return Errno.ok;
  }

  interruptAcknowledge(line: Grant<"interrupt">): number {
    this.cross(Cost.interruptAcknowledge);
    const number = grantedInterrupt(this.kernel, this.process, line);
    const { ram, bindings, board } = this.kernel;
    if (InterruptBinding.process.get(ram, bindings.at(number)) !== this.process) return this.refuse(Errno.permissionDenied, number);
    board.interrupts.unmask(number);
    return Errno.ok;
  }
}
