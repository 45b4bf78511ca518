/**
 * Sending: from a token to its endpoint, and a message to whoever takes it.
 *
 * A receiver that waits on this very endpoint takes the message in its registers (the fast path); any other leaves it in
 * the endpoint's queue. Every operation checks first and changes nothing when it refuses.
 */

import type { Address } from "../hal/field.ts";
import type { SlotOfCapability } from "./capability.ts";
import { CapabilitySlot, EndpointRight, ObjectType, canQueue, decodeSent, handOver, lookUp, queueSent, revokeSent } from "./capability.ts";
import { Cost } from "./costs.ts";
import { KernelChoice } from "./crossing.ts";
import { EndpointRecord, NO_NEED, QueueSlot, copySmall, enqueue } from "./endpoint.ts";
import { Errno } from "./errno.ts";
import { needOf } from "./ipc/acknowledgement.ts";
import { findCached, remember } from "./ipc/token-cache.ts";
import type { Kernel } from "./kernel.ts";
import { trace } from "./kernel.ts";
import { checkBufferMove, departBuffer, passBuffer } from "./memory/buffer-moves.ts";
import { MessageFlag, SmallMessage } from "./message.ts";
import { KernelState, Loaded, NONE, ProcessRecord, Wait } from "./process.ts";
import { holdReceivers } from "./process/hold.ts";
import { longestWaiting, makeReady } from "./scheduler.ts";
import { KernelTrace } from "./trace-kinds.ts";

/** Flags that a sender may set. The others are the kernel's: isReply and large. */
const SENDABLE_FLAGS = MessageFlag.urgent | MessageFlag.unordered | MessageFlag.needsAck | MessageFlag.hasCapability | MessageFlag.movesBuffer;
/** Messages with one of these are not only their 48 bytes. */
const LADEN_FLAGS = MessageFlag.hasCapability | MessageFlag.movesBuffer;
const FLAGS = SmallMessage.flags.offset >> 2;
const OPCODE = SmallMessage.opcode.offset >> 2;

/**
 * The endpoint that the token at RAM address `tokenAt` lets `process` send to, or invalidCapability (not held, stale,
 * something else), permissionDenied, endpointNotFound.
 */
export function decodeEndpoint(kernel: Kernel, process: number, tokenAt: number): number {
  const { ram } = kernel;
  if (kernel.seams.sendTarget !== null) return kernel.seams.sendTarget(kernel, process, tokenAt);
  let endpoint = findCached(kernel, process, tokenAt);
  if (endpoint !== NONE) KernelState.cacheHits.add(ram, kernel.state, 1);
  else {
    KernelState.cacheMisses.add(ram, kernel.state, 1);
    endpoint = lookUpEndpoint(kernel, process, tokenAt);
    if (endpoint < 0) return endpoint;
    remember(kernel, process, tokenAt, endpoint);
  }
  if (EndpointRecord.open.get(ram, kernel.endpoints.at(endpoint)) === 0) return Errno.endpointNotFound;
  return endpoint;
}

function lookUpEndpoint(kernel: Kernel, process: number, tokenAt: number): number {
  const { ram } = kernel;
  const slot = lookUp(ram, kernel.spaces, process, tokenAt, ObjectType.endpoint, EndpointRight.send);
  if (slot < 0) return slot;
  const endpoint = CapabilitySlot.object.get(ram, slot as SlotOfCapability);
  // Channels are of this type too, and take no messages to handlers.
  return endpoint < kernel.endpoints.count ? endpoint : Errno.invalidCapability;
}

/** Refuses flags that only the kernel may set, or that mean nothing. */
export function checkFlags(flags: number): number {
  return (flags & ~SENDABLE_FLAGS) === 0 ? Errno.ok : Errno.invalidMessage;
}

/**
 * Delivers the 48 bytes at RAM address `message` to an endpoint that decodeEndpoint answered, for a token at `grant` of
 * the sender's memory. 0, or channelFull; for one that carries a capability also invalidCapability, permissionDenied,
 * resourceExhausted; for one that moves a buffer of which the sender holds no reference invalidCapability.
 * `callSequence` is 0 for a plain message.
 */
export function deliver(kernel: Kernel, sender: number, endpoint: number, message: number, callSequence: number, grant: number): number {
  const { ram, state } = kernel;
  const record = kernel.endpoints.at(endpoint);
  const flags = ram.i32[(message >> 2) + FLAGS];
  const sent = (flags & LADEN_FLAGS) === 0 ? 0 : decodeLoad(kernel, sender, message, flags);
  if (sent < 0) return sent;
  if (kernel.crashes && refusedByChance(kernel, sender, endpoint)) return Errno.channelFull;
  const waiting = EndpointRecord.receivers.get(ram, record) & KernelState.receivingProcesses.get(ram, state);
  const { seams } = kernel;
  const receiver = seams.receiver !== null ? seams.receiver(kernel, endpoint) : waiting === 0 ? NONE : longestWaiting(kernel, waiting);
  if (receiver === NONE) return queue(kernel, sender, endpoint, message, callSequence, grant, sent);
  const opcode = ram.i32[(message >> 2) + OPCODE];
  const registers = ProcessRecord.registers.at(kernel.processes.at(receiver));
  const need = (flags & MessageFlag.needsAck) === 0 ? NO_NEED : needOf(kernel, sender, grant);
  if (seams.give !== null && (flags & LADEN_FLAGS) === 0) seams.give(kernel, receiver, endpoint, sender, message, callSequence, need);
  else give(kernel, receiver, endpoint, sender, message, callSequence, need);
  if (sent > 0) handOver(kernel, sent as SlotOfCapability, receiver);
  if ((flags & MessageFlag.movesBuffer) !== 0) passBuffer(kernel, sender, receiver, registers);
  makeReady(kernel, receiver);
  EndpointRecord.sent.add(ram, record, 1);
  KernelState.ipcFast.add(ram, state, 1);
  kernel.board.advance(Cost.sendFast);
  trace(kernel, KernelTrace.sendFast, endpoint, opcode);
  return Errno.ok;
}

/** The 48 bytes at RAM address `message` go into the registers of `receiver`, who takes them. */
export function give(kernel: Kernel, receiver: number, endpoint: number, sender: number, message: number, callSequence: number, need: number): void {
  const { ram } = kernel;
  copySmall(ram, ProcessRecord.registers.at(kernel.processes.at(receiver)), message);
  EndpointRecord.received.add(ram, kernel.endpoints.at(endpoint), 1);
  load(kernel, receiver, endpoint, sender, callSequence, need);
}

/**
 * Whether chance has the queue full. Never for who waits for room: his message goes in as soon as there is some.
 */
function refusedByChance(kernel: Kernel, sender: number, endpoint: number): boolean {
  const { ram } = kernel;
  if (ProcessRecord.waitsFor.get(ram, kernel.processes.at(sender)) === Wait.room) return false;
  if (kernel.board.choose(KernelChoice.queueFull, endpoint, 2) === 0) return false;
  EndpointRecord.refused.add(ram, kernel.endpoints.at(endpoint), 1);
  return true;
}

/** What the message carries is the sender's to give: the address of the capability's slot, 0 without one, or an errno. */
function decodeLoad(kernel: Kernel, sender: number, message: number, flags: number): number {
  if ((flags & MessageFlag.movesBuffer) !== 0 && checkBufferMove(kernel, sender, message) < 0) return Errno.invalidCapability;
  return decodeSent(kernel, sender, message as Address<"SmallMessage">);
}

/** Leaves the message in the endpoint's queue; the rest as deliver(). */
function queue(kernel: Kernel, sender: number, endpoint: number, message: number, callSequence: number, grant: number, sent: number): number {
  const { ram, state } = kernel;
  const record = kernel.endpoints.at(endpoint);
  if (EndpointRecord.count.get(ram, record) >= EndpointRecord.capacity.get(ram, record)) {
    EndpointRecord.refused.add(ram, record, 1);
    return Errno.channelFull;
  }
  if (sent > 0 && !canQueue(kernel)) return Errno.resourceExhausted;
  // ---- nothing below can fail ----
  const flags = ram.i32[(message >> 2) + FLAGS];
  const first = (flags & MessageFlag.unordered) !== 0 && kernel.board.choose(KernelChoice.unorderedFirst, endpoint, 2) !== 0;
  const need = (flags & MessageFlag.needsAck) === 0 ? NO_NEED : needOf(kernel, sender, grant);
  const queued = enqueue(ram, state, record, 1 << endpoint, message, sender, callSequence, need, first);
  if (sent > 0) {
    queueSent(kernel, sender, sent as SlotOfCapability, QueueSlot.message.at(queued));
    if (kernel.crashes && kernel.board.choose(KernelChoice.capabilityRevoked, endpoint, 2) !== 0) revokeSent(kernel, QueueSlot.message.at(queued));
  }
  if ((flags & MessageFlag.movesBuffer) !== 0) departBuffer(kernel, sender, message);
  EndpointRecord.sent.add(ram, record, 1);
  KernelState.ipcQueued.add(ram, state, 1);
  kernel.board.advance(Cost.sendQueued);
  trace(kernel, KernelTrace.sendQueued, endpoint, ram.i32[(message >> 2) + OPCODE]);
  if (kernel.crashes) holdReceivers(kernel, endpoint);
  return Errno.ok;
}

/** The receiver's registers hold a message that came through `endpoint`. */
export function load(kernel: Kernel, receiver: number, endpoint: number, sender: number, callSequence: number, need: number): void {
  const { ram } = kernel;
  const record = kernel.processes.at(receiver);
  ProcessRecord.loaded.set(ram, record, Loaded.message);
  ProcessRecord.loadedEndpoint.set(ram, record, endpoint);
  ProcessRecord.loadedNeed.set(ram, record, need);
  if (need !== NO_NEED) ProcessRecord.loadedSender.set(ram, record, sender);
  ProcessRecord.caller.set(ram, record, callSequence === 0 ? NONE : sender);
  ProcessRecord.callerSequence.set(ram, record, callSequence);
}
