/**
 * The system calls: what a process asks of the kernel while its handler runs. Each call is a crossing: it costs cycles
 * (costs.ts), what is due on the board happens there, and it is where a process that overran its budget is stopped.
 * One frozen object a process, made at boot: it holds addresses, and remembers nothing.
 */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import { arenaAllocate, arenaFree, arenaResize } from "./arena.ts";
import { Arrival } from "./arrival.ts";
import type { SlotOfCapability } from "./capability.ts";
import { CapabilitySlot, EndpointRight, ObjectType, Right, TIMER_OBJECT, lookUp } from "./capability.ts";
import { Cost } from "./costs.ts";
import { BufferRecord, PoolState, allocateBuffer, bufferAddress, findBuffer, releaseBuffer } from "./dma-pool.ts";
import { copySmall } from "./endpoint.ts";
import { Errno } from "./errno.ts";
import { FaultCode, raise } from "./fault.ts";
import { answer, awaitsReply, checkFlags, decodeEndpoint, deliver } from "./ipc.ts";
import type { Kernel } from "./kernel.ts";
import { InterruptBinding, trace } from "./kernel.ts";
import { writeLargeMessage } from "./large-message.ts";
import { MessageFlag, SMALL_MESSAGE_BYTES, SmallMessage } from "./message.ts";
import type { ProcessAddress } from "./process.ts";
import { KernelState, NONE, ProcessRecord } from "./process.ts";
import { RegionKind, RegionRecord } from "./region.ts";
import type { BufferGrant, Context, Grant, Needs, RegionGrant } from "./service.ts";
import { Delivery } from "./service.ts";
import { armTimer, cancelTimer } from "./timer-wheel.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** What boot knows of a process: constants. */
export interface ProcessPlan {
  readonly index: number;
  readonly arenaBase: number;
  readonly arenaBytes: number;
  /** Offsets in the process's memory: tokens lie at 0, then the outgoing message, the state record, the heap. */
  readonly outgoingOffset: number;
  readonly stateOffset: number;
  readonly heapOffset: number;
  readonly needs: Needs;
  readonly receives: readonly string[];
  readonly firstEndpoint: number;
  readonly parameters: unknown;
  readonly view: (memory: Memory, at: Address) => object;
}

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
  readonly #base: number;
  readonly #bytes: number;
  readonly #heap: number;

  constructor(kernel: Kernel, plan: ProcessPlan) {
    this.#kernel = kernel;
    this.#process = plan.index;
    this.#record = kernel.processes.at(plan.index);
    this.#base = plan.arenaBase;
    this.#bytes = plan.arenaBytes;
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
    this.#compose(opcode, 0, data0, data1, data2, data3);
    return this.#sendOutgoing(to);
  }

  sendMessage(to: Grant<"endpoint">, at: Address<"SmallMessage">): number {
    if (!isSpan(at, SMALL_MESSAGE_BYTES, this.#bytes) || (at & 7) !== 0) raise(this.#kernel.ram, this.#record, FaultCode.outside, at);
    const refused = checkFlags(SmallMessage.flags.get(this.memory, at));
    if (refused !== Errno.ok) return this.#refuse(refused, 0);
    return this.#sendFrom(to, at);
  }

  sendLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number): number {
    const status = this.#composeLarge(opcode, region, offset, payloadBytes);
    return status !== Errno.ok ? this.#refuse(status, 0) : this.#sendOutgoing(to);
  }

  call(to: Grant<"endpoint">, opcode: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    this.#compose(opcode, 0, data0, data1, data2, data3);
    return this.#prepareCall(to);
  }

  callLarge(to: Grant<"endpoint">, opcode: number, region: Grant<"region:write">, offset: number, payloadBytes: number): number {
    const status = this.#composeLarge(opcode, region, offset, payloadBytes);
    return status !== Errno.ok ? this.#refuse(status, 0) : this.#prepareCall(to);
  }

  reply(status: number, data0 = 0, data1 = 0, data2 = 0, data3 = 0): number {
    const { ram } = this.#kernel;
    const caller = ProcessRecord.caller.get(ram, this.#record);
    if (caller === NONE || ProcessRecord.delivery.get(ram, this.#record) !== Delivery.message) return this.#refuse(Errno.invalidMessage, 0);
    ProcessRecord.caller.set(ram, this.#record, NONE);
    if (!awaitsReply(this.#kernel, caller, ProcessRecord.callerSequence.get(ram, this.#record))) return this.#refuse(Errno.invalidMessage, caller);
    answer(this.#kernel, caller, status | 0, data0, data1, data2, data3);
    this.#cross(Cost.reply);
    return Errno.ok;
  }

  // --- shared memory -----------------------------------------------------------------------------------------------

  span(region: RegionGrant, offset: number, bytes: number): number {
    return this.#regionSpan(region, offset, bytes, Right.read);
  }

  spanForWriting(region: Grant<"region:write">, offset: number, bytes: number): number {
    return this.#regionSpan(region, offset, bytes, Right.write);
  }

  regionBytes(region: RegionGrant): number {
    this.#cross(Cost.span);
    return RegionRecord.regionBytes.get(this.#kernel.ram, this.#kernel.regions.at(this.#region(region, Right.read, RegionKind.plain)));
  }

  // --- DMA buffers -------------------------------------------------------------------------------------------------

  bufferAllocate(pool: Grant<"buffers:write">): number {
    this.#cross(Cost.bufferAllocate);
    this.#region(pool, Right.write, RegionKind.buffers);
    return allocateBuffer(this.#kernel.ram, this.#kernel.pool, this.#process, this.#record);
  }

  bufferAcquire(pool: BufferGrant, handle: number): number {
    this.#cross(Cost.bufferAcquire);
    this.#region(pool, Right.read, RegionKind.buffers);
    const { ram } = this.#kernel;
    const buffer = findBuffer(ram, this.#kernel.pool, handle);
    if (buffer < 0) return this.#refuse(buffer, handle);
    BufferRecord.references.add(ram, buffer as Address<"BufferRecord">, 1);
    return Errno.ok;
  }

  bufferRelease(pool: BufferGrant, handle: number): number {
    this.#cross(Cost.bufferRelease);
    this.#region(pool, Right.read, RegionKind.buffers);
    const { ram } = this.#kernel;
    const buffer = findBuffer(ram, this.#kernel.pool, handle);
    if (buffer < 0) return this.#refuse(buffer, handle);
    releaseBuffer(ram, this.#kernel.pool, buffer as Address<"BufferRecord">, this.#kernel.processes);
    return Errno.ok;
  }

  buffer(pool: BufferGrant, handle: number, offset: number, bytes: number): number {
    this.#region(pool, Right.read, RegionKind.buffers);
    return this.#bufferSpan(handle, offset, bytes);
  }

  bufferForWriting(pool: Grant<"buffers:write">, handle: number, offset: number, bytes: number): number {
    this.#region(pool, Right.write, RegionKind.buffers);
    const address = this.#bufferSpan(handle, offset, bytes);
    const { ram, pool: buffers } = this.#kernel;
    const record = buffers.buffers.at(handle & 0xffff);
    if (BufferRecord.owner.get(ram, record) !== this.#process) raise(ram, this.#record, FaultCode.readOnly, handle);
    return address;
  }

  // --- devices -----------------------------------------------------------------------------------------------------

  registerRead(device: Grant<"device">, offset: number): number {
    this.#cross(Cost.registerRead);
    return this.#device(device, offset, Right.read).read(offset);
  }

  registerWrite(device: Grant<"device">, offset: number, value: number): void {
    this.#cross(Cost.registerWrite);
    this.#device(device, offset, Right.write).write(offset, value | 0);
  }

  regionDeviceAddress(region: Grant<"region:write">, offset: number): number {
    return this.#regionSpan(region, offset, 0, Right.write);
  }

  bufferDeviceAddress(pool: BufferGrant, handle: number): number {
    this.#region(pool, Right.read, RegionKind.buffers);
    return this.#bufferSpan(handle, 0, 0);
  }

  interruptBind(line: Grant<"interrupt">, bits: number): number {
    this.#cross(Cost.interruptBind);
    const number = this.#interrupt(line);
    const { ram, bindings, board } = this.#kernel;
    const binding = bindings.at(number);
    InterruptBinding.process.set(ram, binding, this.#process);
    InterruptBinding.bits.set(ram, binding, bits);
    board.interrupts.unmask(number);
    return Errno.ok;
  }

  interruptAcknowledge(line: Grant<"interrupt">): number {
    this.#cross(Cost.interruptAcknowledge);
    const number = this.#interrupt(line);
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

  timerStart(timer: Grant<"timer">, delayTicks: number, periodTicks: number, bits: number): number {
    this.#cross(Cost.timerStart);
    this.#timer(timer);
    const { ram, wheel, board } = this.#kernel;
    const id = armTimer(ram, wheel, board.tick(), this.#process, delayTicks, periodTicks, bits);
    return id < 0 ? this.#refuse(id, delayTicks) : id;
  }

  timerCancel(timer: Grant<"timer">, id: number): number {
    this.#cross(Cost.timerCancel);
    this.#timer(timer);
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
    const { board, ram } = this.#kernel;
    board.advance(cycles);
    const over = board.now() - ProcessRecord.budgetEndCycle.get(ram, this.#record);
    if (over > 0) raise(ram, this.#record, FaultCode.cycleBudget, over);
  }

  #refuse(errno: number, about: number): number {
    KernelState.refusals.add(this.#kernel.ram, this.#kernel.state, 1);
    trace(this.#kernel, KernelTrace.refused, errno, about);
    this.#cross(Cost.refused);
    return errno;
  }

  /** A token must lie in the process's own memory; which token it is, is checked by looking it up. */
  #tokenAt(grant: number): number {
    if (!isSpan(grant, 8, this.#bytes) || (grant & 7) !== 0) raise(this.#kernel.ram, this.#record, FaultCode.outside, grant);
    return this.#base + grant;
  }

  #compose(opcode: number, flags: number, data0: number, data1: number, data2: number, data3: number): void {
    const { memory, outgoing } = this;
    SmallMessage.capability.setWords(memory, outgoing, 0, 0);
    SmallMessage.opcode.set(memory, outgoing, opcode);
    SmallMessage.flags.set(memory, outgoing, flags);
    SmallMessage.data0.set(memory, outgoing, data0);
    SmallMessage.data1.set(memory, outgoing, data1);
    SmallMessage.data2.set(memory, outgoing, data2);
    SmallMessage.data3.set(memory, outgoing, data3);
  }

  #composeLarge(opcode: number, region: RegionGrant, offset: number, payloadBytes: number): number {
    const index = this.#region(region, Right.write, RegionKind.plain);
    const status = writeLargeMessage(this.#kernel.ram, this.#kernel.regions.at(index), opcode, offset, payloadBytes);
    if (status === Errno.ok) this.#compose(opcode, MessageFlag.large, index, offset, payloadBytes, 0);
    return status;
  }

  #sendOutgoing(to: Grant): number {
    return this.#sendFrom(to, this.outgoing);
  }

  #sendFrom(to: Grant, at: number): number {
    const endpoint = decodeEndpoint(this.#kernel, this.#process, this.#tokenAt(to));
    if (endpoint < 0) return this.#refuse(endpoint, to);
    const status = deliver(this.#kernel, this.#process, endpoint, this.#base + at, 0);
    if (status !== Errno.ok) return this.#refuse(status, endpoint);
    this.#cross(0);
    return status;
  }

  #prepareCall(to: Grant): number {
    const { ram } = this.#kernel;
    if (ProcessRecord.callEndpoint.get(ram, this.#record) !== NONE) return this.#refuse(Errno.resourceBusy, 0);
    const endpoint = decodeEndpoint(this.#kernel, this.#process, this.#tokenAt(to));
    if (endpoint < 0) return this.#refuse(endpoint, to);
    copySmall(ram, ProcessRecord.call.at(this.#record), this.#base + this.outgoing);
    ProcessRecord.callEndpoint.set(ram, this.#record, endpoint);
    return Errno.ok;
  }

  #region(grant: number, rights: number, kind: number): number {
    const { ram, spaces, regions } = this.#kernel;
    const slot = lookUp(ram, spaces, this.#process, this.#tokenAt(grant), ObjectType.memory, rights);
    if (slot < 0) raise(ram, this.#record, slot === Errno.permissionDenied ? FaultCode.readOnly : FaultCode.forgedToken, grant);
    const index = CapabilitySlot.object.get(ram, slot as SlotOfCapability);
    const region = regions.at(index);
    if (RegionRecord.epoch.get(ram, region) !== CapabilitySlot.epoch.get(ram, slot as SlotOfCapability)) raise(ram, this.#record, FaultCode.forgedToken, grant);
    if (RegionRecord.kind.get(ram, region) !== kind) raise(ram, this.#record, FaultCode.forgedToken, grant);
    return index;
  }

  #regionSpan(grant: number, offset: number, bytes: number, rights: number): number {
    this.#cross(Cost.span);
    const { ram, regions } = this.#kernel;
    const region = regions.at(this.#region(grant, rights, RegionKind.plain));
    if (!isSpan(offset, bytes, RegionRecord.regionBytes.get(ram, region))) raise(ram, this.#record, FaultCode.outside, offset);
    return RegionRecord.base.get(ram, region) + offset;
  }

  #bufferSpan(handle: number, offset: number, bytes: number): number {
    this.#cross(Cost.span);
    const { ram, pool } = this.#kernel;
    if (findBuffer(ram, pool, handle) < 0) raise(ram, this.#record, FaultCode.staleBuffer, handle);
    if (!isSpan(offset, bytes, PoolState.bufferBytes.get(ram, pool.state))) raise(ram, this.#record, FaultCode.outside, offset);
    return bufferAddress(ram, pool, handle) + offset;
  }

  #device(grant: Grant, offset: number, rights: number) {
    const { ram, spaces, board } = this.#kernel;
    const slot = lookUp(ram, spaces, this.#process, this.#tokenAt(grant), ObjectType.device, rights);
    if (slot < 0) raise(ram, this.#record, FaultCode.forgedToken, grant);
    const device = board.devices[CapabilitySlot.object.get(ram, slot as SlotOfCapability)];
    if (device === undefined) raise(ram, this.#record, FaultCode.forgedToken, grant);
    if (!isSpan(offset, 4, device.registerBytes) || (offset & 3) !== 0) raise(ram, this.#record, FaultCode.noRegister, offset);
    return device;
  }

  #interrupt(grant: Grant): number {
    const { ram, spaces } = this.#kernel;
    const slot = lookUp(ram, spaces, this.#process, this.#tokenAt(grant), ObjectType.interrupt, EndpointRight.bind);
    if (slot < 0) raise(ram, this.#record, FaultCode.forgedToken, grant);
    return CapabilitySlot.object.get(ram, slot as SlotOfCapability);
  }

  #timer(grant: Grant): void {
    const { ram, spaces } = this.#kernel;
    const slot = lookUp(ram, spaces, this.#process, this.#tokenAt(grant), ObjectType.device, Right.write);
    if (slot < 0 || CapabilitySlot.object.get(ram, slot as SlotOfCapability) !== TIMER_OBJECT) raise(ram, this.#record, FaultCode.forgedToken, grant);
  }
}

/** Do `bytes` bytes at `offset` lie within `size`? Only whole numbers do: a fraction would be an address between two bytes. */
function isSpan(offset: number, bytes: number, size: number): boolean {
  return offset >= 0 && bytes >= 0 && (offset | 0) === offset && (bytes | 0) === bytes && offset + bytes <= size;
}
