/**
 * Messages between processes: send, call, reply, and what a receiver gets next.
 *
 * A receiver that waits on this very endpoint takes the message in its registers (the fast path); any other leaves it in
 * the endpoint's queue. Every operation checks first and changes nothing when it refuses.
 */

import type { Address } from "../hal/field.ts";
import type { SlotOfCapability } from "./capability.ts";
import { CapabilitySlot, EndpointRight, ObjectType, canQueue, decodeSent, handOver, lookUp, queueSent, takeQueued } from "./capability.ts";
import { Cost } from "./costs.ts";
import type { EndpointAddress } from "./endpoint.ts";
import { EndpointRecord, QueueSlot, copySmall, dequeue, enqueue, front } from "./endpoint.ts";
import { Errno } from "./errno.ts";
import type { Kernel } from "./kernel.ts";
import { trace } from "./kernel.ts";
import { arriveBuffer, checkBufferMove, departBuffer, movesBuffer, passBuffer } from "./memory/buffer-moves.ts";
import { MessageFlag, SmallMessage } from "./message.ts";
import { KernelState, Loaded, NONE, ProcessRecord, ProcessState, Wait } from "./process.ts";
import { longestWaiting, makeReady } from "./scheduler.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** Flags that a sender may set. The others are the kernel's (isReply, large) or carry what this kernel does not do. */
const SENDABLE_FLAGS = MessageFlag.urgent | MessageFlag.unordered | MessageFlag.hasCapability | MessageFlag.movesBuffer;

/** The endpoint that the token at RAM address `tokenAt` lets `process` send to, or invalidCapability, permissionDenied, endpointNotFound. */
export function decodeEndpoint(kernel: Kernel, process: number, tokenAt: number): number {
  const slot = lookUp(kernel.ram, kernel.spaces, process, tokenAt, ObjectType.endpoint, EndpointRight.send);
  if (slot < 0) return slot;
  const endpoint = CapabilitySlot.object.get(kernel.ram, slot as SlotOfCapability);
  if (EndpointRecord.open.get(kernel.ram, kernel.endpoints.at(endpoint)) === 0) return Errno.endpointNotFound;
  return endpoint;
}

/** Refuses flags that only the kernel may set, or that announce what it does not carry. */
export function checkFlags(flags: number): number {
  return (flags & ~SENDABLE_FLAGS) === 0 ? Errno.ok : Errno.invalidMessage;
}

/**
 * Delivers the 48 bytes at RAM address `message` to an endpoint that decodeEndpoint answered. 0, or channelFull; for one
 * that carries a capability also invalidCapability, permissionDenied, resourceExhausted; for one that moves a buffer of
 * which the sender holds no reference invalidCapability.
 * `callSequence` is 0 for a plain message.
 */
export function deliver(kernel: Kernel, sender: number, endpoint: number, message: number, callSequence: number): number {
  const { ram, state } = kernel;
  const record = kernel.endpoints.at(endpoint);
  const sent = decodeSent(kernel, sender, message as Address<"SmallMessage">);
  if (sent < 0) return sent;
  const moves = movesBuffer(kernel, message);
  if (moves && checkBufferMove(kernel, sender, message) < 0) return Errno.invalidCapability;
  const waiting = EndpointRecord.receivers.get(ram, record) & KernelState.receivingProcesses.get(ram, state);
  const opcode = ram.i32[(message + SmallMessage.opcode.offset) >> 2];
  if (waiting === 0) {
    if (EndpointRecord.count.get(ram, record) >= EndpointRecord.capacity.get(ram, record)) {
      EndpointRecord.refused.add(ram, record, 1);
      return Errno.channelFull;
    }
    if (sent !== 0 && !canQueue(kernel)) return Errno.resourceExhausted;
    // ---- nothing below can fail ----
    const queued = enqueue(ram, state, record, 1 << endpoint, message, sender, callSequence);
    if (sent !== 0) queueSent(kernel, sender, sent as SlotOfCapability, QueueSlot.message.at(queued));
    if (moves) departBuffer(kernel, sender, message);
    EndpointRecord.sent.add(ram, record, 1);
    KernelState.ipcQueued.add(ram, state, 1);
    kernel.board.advance(Cost.sendQueued);
    trace(kernel, KernelTrace.sendQueued, endpoint, opcode);
    return Errno.ok;
  }
  const receiver = longestWaiting(kernel, waiting);
  const registers = kernel.processes.at(receiver);
  copySmall(ram, ProcessRecord.registers.at(registers), message);
  load(kernel, receiver, endpoint, sender, callSequence);
  if (sent !== 0) handOver(kernel, sent as SlotOfCapability, receiver);
  if (moves) passBuffer(kernel, sender, receiver, ProcessRecord.registers.at(registers));
  makeReady(kernel, receiver);
  EndpointRecord.sent.add(ram, record, 1);
  EndpointRecord.received.add(ram, record, 1);
  KernelState.ipcFast.add(ram, state, 1);
  kernel.board.advance(Cost.sendFast);
  trace(kernel, KernelTrace.sendFast, endpoint, opcode);
  return Errno.ok;
}

function load(kernel: Kernel, receiver: number, endpoint: number, sender: number, callSequence: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(receiver);
  ProcessRecord.loaded.set(ram, record, Loaded.message);
  ProcessRecord.loadedEndpoint.set(ram, record, endpoint);
  ProcessRecord.caller.set(ram, record, callSequence === 0 ? NONE : sender);
  ProcessRecord.callerSequence.set(ram, record, callSequence);
}

/** True if one of the process's endpoints holds a message. */
export function hasQueued(kernel: Kernel, process: number): boolean {
  const receives = ProcessRecord.receives.get(kernel.ram, kernel.processes.at(process));
  return (receives & KernelState.queuedEndpoints.get(kernel.ram, kernel.state)) !== 0;
}

/** Loads the registers from the process's queues: the oldest urgent message, else the oldest. One is there. */
export function loadFromQueue(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  const receives = ProcessRecord.receives.get(ram, record);
  const urgent = receives & KernelState.urgentEndpoints.get(ram, state);
  const endpoint = oldestFront(kernel, urgent !== 0 ? urgent : receives & KernelState.queuedEndpoints.get(ram, state));
  const endpointRecord = kernel.endpoints.at(endpoint);
  const slot = dequeue(ram, state, endpointRecord, 1 << endpoint);
  copySmall(ram, ProcessRecord.registers.at(record), QueueSlot.message.at(slot));
  EndpointRecord.received.add(ram, endpointRecord, 1);
  load(kernel, process, endpoint, QueueSlot.sender.get(ram, slot), QueueSlot.callSequence.get(ram, slot));
  takeQueued(kernel, process);
  if (movesBuffer(kernel, ProcessRecord.registers.at(record))) arriveBuffer(kernel, process, ProcessRecord.registers.at(record));
}

function oldestFront(kernel: Kernel, candidates: number): number {
  const { ram } = kernel;
  let best = NONE;
  let bestSequence = 0;
  let rest = candidates;
  while (rest !== 0) {
    const endpoint = 31 - Math.clz32(rest & -rest);
    rest &= rest - 1;
    const sequence = QueueSlot.sequence.get(ram, front(ram, kernel.endpoints.at(endpoint)));
    if (best === NONE || ((sequence - bestSequence) | 0) < 0) {
      best = endpoint;
      bestSequence = sequence;
    }
  }
  return best;
}

/** The process's prepared call leaves, now that its handler has returned; it waits for the answer from here on. */
export function makeCall(kernel: Kernel, process: number): void {
  const { ram, state } = kernel;
  const record = kernel.processes.at(process);
  const endpoint = ProcessRecord.callEndpoint.get(ram, record);
  ProcessRecord.callEndpoint.set(ram, record, NONE);
  const sequence = nextCallSequence(kernel);
  ProcessRecord.callSequence.set(ram, record, sequence);
  ProcessRecord.state.set(ram, record, ProcessState.blocked);
  ProcessRecord.waitsFor.set(ram, record, Wait.reply);
  KernelState.readyProcesses.set(ram, state, KernelState.readyProcesses.get(ram, state) & ~(1 << process));
  const target: EndpointAddress = kernel.endpoints.at(endpoint);
  const open = EndpointRecord.open.get(ram, target) !== 0;
  const status = open ? deliver(kernel, process, endpoint, ProcessRecord.call.at(record), sequence) : Errno.endpointNotFound;
  if (status !== Errno.ok) answer(kernel, process, status, 0, 0, 0, 0);
}

function nextCallSequence(kernel: Kernel): number {
  const sequence = KernelState.nextCallSequence.get(kernel.ram, kernel.state);
  // 0 means "no call" in queue slots.
  const next = sequence === 0x7fff_ffff ? 1 : sequence + 1;
  KernelState.nextCallSequence.set(kernel.ram, kernel.state, next);
  return next;
}

/** True if `caller` still waits for the answer to this call of its. */
export function awaitsReply(kernel: Kernel, caller: number, sequence: number): boolean {
  const { ram } = kernel;
  const record = kernel.processes.at(caller);
  return ProcessRecord.waitsFor.get(ram, record) === Wait.reply && ProcessRecord.callSequence.get(ram, record) === sequence;
}

/** Puts an answer into a waiting caller's registers and makes it ready. */
export function answer(kernel: Kernel, caller: number, status: number, data0: number, data1: number, data2: number, data3: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(caller);
  const registers = ProcessRecord.registers.at(record);
  SmallMessage.capability.setWords(ram, registers, 0, 0);
  SmallMessage.opcode.set(ram, registers, status);
  SmallMessage.flags.set(ram, registers, MessageFlag.isReply);
  SmallMessage.data0.set(ram, registers, data0);
  SmallMessage.data1.set(ram, registers, data1);
  SmallMessage.data2.set(ram, registers, data2);
  SmallMessage.data3.set(ram, registers, data3);
  ProcessRecord.loaded.set(ram, record, Loaded.reply);
  ProcessRecord.callSequence.set(ram, record, 0);
  makeReady(kernel, caller);
  KernelState.replies.add(ram, kernel.state, 1);
  trace(kernel, KernelTrace.reply, caller, status);
}
