/**
 * The system calls: what a process asks of the kernel while its handler runs. Each call is a crossing: it costs cycles
 * (costs.ts), what is due on the board happens there, and it is where a process that overran its budget is stopped.
 * One frozen object a process, made at boot: it holds addresses, and remembers nothing.
 */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { arenaAllocate, arenaFree, arenaResize } from "./arena.ts";
import { Arrival } from "./arrival.ts";
import { changeReferences, proveBuffer } from "./buffer-calls.ts";
import { Right } from "./capability.ts";
import { Cost } from "./costs.ts";
import { cross, refuse } from "./crossing.ts";
import { allocateBuffer } from "./dma-pool.ts";
import { Errno } from "./errno.ts";
import { grantedDevice, grantedInterrupt, grantedRegion, regionSpan, requireTimer } from "./granted.ts";
import type { Kernel } from "./kernel.ts";
import { InterruptBinding, trace } from "./kernel.ts";
import { composeLarge, composeWords, prepareCall, replyToCaller, sendComposed, sendFilled } from "./message-calls.ts";
import type { ProcessAddress } from "./process.ts";
import { ProcessRecord } from "./process.ts";
import type { ProcessPlan } from "./process-plan.ts";
import { RegionKind, RegionRecord } from "./region.ts";
import type { BufferGrant, Context, Grant, RegionGrant } from "./service.ts";
import { armTimer, cancelTimer } from "./timer-wheel.ts";

export class ProcessContext implements Context {
  readonly memory: Memory;
  readonly shared: Memory;
  readonly state: Context["state"];
  readonly stateAt: Address<never>;
  readonly needs: Context["needs"];
  readonly receives: Context["receives"];
  readonly parameters: unknown;
  readonly outgoing: Address<"SmallMessage">;
  readonly message: Arrival;
  readonly #kernel: Kernel;
  readonly #process: number;
  readonly #record: ProcessAddress;
  readonly #heap: number;

  constructor(kernel: Kernel, plan: ProcessPlan) {
    this.#kernel = kernel;
    this.#process = plan.index;
    this.#record = kernel.processes.at(plan.index);
    this.#heap = plan.heapOffset;
    this.shared = kernel.ram;
    this.memory = kernel.ram.window(plan.arenaBase, plan.arenaBytes);
    this.stateAt = plan.stateOffset as Address<never>;
    this.state = plan.view(this.memory, this.stateAt) as Context["state"];
    this.needs = Object.freeze(Object.fromEntries(Object.keys(plan.needs).map((name, need) => [name, need * 8 as Grant])));
    this.receives = Object.freeze(Object.fromEntries(plan.receives.map((name, position) => [name, position])));
    this.parameters = plan.parameters;
    this.outgoing = plan.outgoingOffset as Address<"SmallMessage">;
    this.message = new Arrival(kernel.ram, this.#record, plan.firstEndpoint);
    Object.freeze(this);
  }

  // --- the process's own arena -------------------------------------------------------------------------------------

  allocate(bytes: number, alignment = 8): number {
    this.#cross(Cost.allocate);
    return arenaAllocate(this.memory, this.#heap, bytes, alignment);
  }

  free(at: number): number {
    this.#cross(Cost.free);
    return arenaFree(this.memory, this.#heap, at);
  }

  resize(at: number, bytes: number): number {
    this.#cross(Cost.resize);
    return arenaResize(this.memory, this.#heap, at, bytes);
  }

  // --- messages ----------------------------------------------------------------------------------------------------

  send(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.#kernel, this.#process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return sendComposed(this.#kernel, this.#process, to, this.outgoing);
  }

  sendMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number {
    return sendFilled(this.#kernel, this.#process, this.memory, to, at);
  }

  sendLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number): number {
    const status = composeLarge(this.#kernel, this.#process, this.memory, this.outgoing, opcode, region, offset, payloadBytes);
    return status !== Errno.ok ? status : sendComposed(this.#kernel, this.#process, to, this.outgoing);
  }

  call(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    composeWords(this.#kernel, this.#process, this.memory, this.outgoing, opcode, data0, data1, data2, data3);
    return prepareCall(this.#kernel, this.#process, to, this.outgoing);
  }

  callLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number): number {
    const status = composeLarge(this.#kernel, this.#process, this.memory, this.outgoing, opcode, region, offset, payloadBytes);
    return status !== Errno.ok ? status : prepareCall(this.#kernel, this.#process, to, this.outgoing);
  }

  reply(status: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    return replyToCaller(this.#kernel, this.#process, status, data0, data1, data2, data3);
  }

  // --- shared memory -----------------------------------------------------------------------------------------------

  span(region: RegionGrant, offset: number, bytes: number): number {
    return this.#span(region, offset, bytes, Right.read);
  }

  spanForWriting(region: Grant<"region:write">, offset: number, bytes: number): number {
    return this.#span(region, offset, bytes, Right.write);
  }

  regionBytes(region: RegionGrant): number {
    this.#cross(Cost.span);
    return RegionRecord.regionBytes.get(this.#kernel.ram, this.#kernel.regions.at(grantedRegion(this.#kernel, this.#process, region, Right.read, RegionKind.plain)));
  }

  // --- DMA buffers -------------------------------------------------------------------------------------------------

  bufferAllocate(pool: Grant<"buffers:write">): number {
    this.#cross(Cost.bufferAllocate);
    grantedRegion(this.#kernel, this.#process, pool, Right.write, RegionKind.buffers);
    return allocateBuffer(this.#kernel.ram, this.#kernel.pool, this.#process, this.#record);
  }

  bufferAcquire(pool: BufferGrant, handle: number): number {
    return changeReferences(this.#kernel, this.#process, pool, handle, true);
  }

  bufferRelease(pool: BufferGrant, handle: number): number {
    return changeReferences(this.#kernel, this.#process, pool, handle, false);
  }

  buffer(pool: BufferGrant, handle: number, offset: number, bytes: number): number {
    return proveBuffer(this.#kernel, this.#process, pool, handle, offset, bytes, Right.read);
  }

  bufferForWriting(pool: Grant<"buffers:write">, handle: number, offset: number, bytes: number): number {
    return proveBuffer(this.#kernel, this.#process, pool, handle, offset, bytes, Right.write);
  }

  // --- devices -----------------------------------------------------------------------------------------------------

  registerRead(device: Grant<"device">, offset: number): number {
    this.#cross(Cost.registerRead);
    return grantedDevice(this.#kernel, this.#process, device, offset, Right.read).read(offset);
  }

  registerWrite(device: Grant<"device">, offset: number, value: number): void {
    this.#cross(Cost.registerWrite);
    grantedDevice(this.#kernel, this.#process, device, offset, Right.write).write(offset, value | 0);
  }

  regionDeviceAddress(region: Grant<"region:write">, offset: number): number {
    return this.#span(region, offset, 0, Right.write);
  }

  bufferDeviceAddress(pool: BufferGrant, handle: number): number {
    return proveBuffer(this.#kernel, this.#process, pool, handle, 0, 0, Right.read);
  }

  interruptBind(line: Grant<"interrupt">, bits: number): number {
    this.#cross(Cost.interruptBind);
    const number = grantedInterrupt(this.#kernel, this.#process, line);
    const { ram, bindings, board } = this.#kernel;
    const binding = bindings.at(number);
    InterruptBinding.process.set(ram, binding, this.#process);
    InterruptBinding.bits.set(ram, binding, bits);
    board.interrupts.unmask(number);
    return Errno.ok;
  }

  interruptAcknowledge(line: Grant<"interrupt">): number {
    this.#cross(Cost.interruptAcknowledge);
    const number = grantedInterrupt(this.#kernel, this.#process, line);
    const { ram, bindings, board } = this.#kernel;
    if (InterruptBinding.process.get(ram, bindings.at(number)) !== this.#process) return this.#refuse(Errno.permissionDenied, number);
    board.interrupts.unmask(number);
    return Errno.ok;
  }

  // --- time --------------------------------------------------------------------------------------------------------

  uptimeTicks(): number {
    this.#cross(Cost.uptime);
    return this.#kernel.board.tick();
  }

  uptimeCycles(): number {
    this.#cross(Cost.uptimeCycles);
    return this.#kernel.board.now();
  }

  timerStart(timer: Grant<"timer">, delayTicks: number, periodTicks: number, bits: number): number {
    this.#cross(Cost.timerStart);
    requireTimer(this.#kernel, this.#process, timer);
    const { ram, wheel, board } = this.#kernel;
    const id = armTimer(ram, wheel, board.tick(), this.#process, delayTicks, periodTicks, bits);
    return id < 0 ? this.#refuse(id, delayTicks) : id;
  }

  timerCancel(timer: Grant<"timer">, id: number): number {
    this.#cross(Cost.timerCancel);
    requireTimer(this.#kernel, this.#process, timer);
    return cancelTimer(this.#kernel.ram, this.#kernel.wheel, this.#process, id);
  }

  // --- other -------------------------------------------------------------------------------------------------------

  notifySelf(bits: number): void {
    this.#cross(Cost.notifySelf);
    const { ram } = this.#kernel;
    ProcessRecord.bits.set(ram, this.#record, ProcessRecord.bits.get(ram, this.#record) | bits);
  }

  trace(kind: number, argument0: number, argument1: number): void {
    this.#cross(Cost.trace);
    trace(this.#kernel, kind, argument0, argument1);
  }

  exit(): void {
    this.#cross(Cost.exit);
    ProcessRecord.exits.set(this.#kernel.ram, this.#record, 1);
  }

  // --- what calls share --------------------------------------------------------------------------------------------

  #cross(cycles: number): void {
    cross(this.#kernel, this.#process, cycles);
  }

  #refuse(errno: number, about: number): number {
    return refuse(this.#kernel, this.#process, errno, about);
  }

  #span(grant: number, offset: number, bytes: number, rights: number): number {
    this.#cross(Cost.span);
    return regionSpan(this.#kernel, this.#process, grant, offset, bytes, rights);
  }
}
