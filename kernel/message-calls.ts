/** The system calls about messages: what context.ts offers, over the tables of the kernel. */

import type { Address } from "../hal/field.ts";
import type { Memory } from "../hal/memory.ts";
import type { SlotOfCapability } from "./capability.ts";
import { Right, decodeGranted, decodeSent, handOver } from "./capability.ts";
import { compose, writeLargeMessage } from "./compose.ts";
import { Cost } from "./costs.ts";
import { cross, refuse } from "./crossing.ts";
import { copySmall } from "./endpoint.ts";
import { Errno } from "./errno.ts";
import { FaultCode, raise } from "./fault.ts";
import { grantedRegion, isSpan, tokenAt } from "./granted.ts";
import { answer, awaitsReply } from "./ipc/outcome.ts";
import { rateAllows } from "./ipc/rate.ts";
import { deliverWithin, whetherWaiting } from "./ipc/sending.ts";
import { checkFlags, decodeEndpoint, deliver } from "./ipc.ts";
import type { Kernel } from "./kernel.ts";
import { writableRegion } from "./memory/copy-on-write.ts";
import { MessageFlag, SMALL_MESSAGE_BYTES, SmallMessage } from "./message.ts";
import { NONE, Prepared, ProcessRecord } from "./process.ts";
import { RegionKind } from "./region.ts";
import { Delivery } from "./service.ts";

/** Sends the 48 bytes at `at` of the process's memory, which the kernel itself composed. */
export function sendComposed(kernel: Kernel, process: number, to: number, at: number): number {
  const endpoint = decodeEndpoint(kernel, process, tokenAt(kernel, process, to));
  if (endpoint < 0) return refuse(kernel, process, endpoint, to);
  const record = kernel.processes.at(process);
  const message = (ProcessRecord.arenaBase.get(kernel.ram, record) + at) as Address<"SmallMessage">;
  const limited = ProcessRecord.rate.get(kernel.ram, record) !== NONE;
  const status = limited ? deliverWithin(kernel, process, endpoint, message, 0, to) : deliver(kernel, process, endpoint, message, 0, to);
  if (status !== Errno.ok) return refuse(kernel, process, status, endpoint);
  cross(kernel, process, 0);
  return status;
}

/** The same for 48 bytes that the process filled: where they lie and which flags they carry is checked first. */
export function sendFilled(kernel: Kernel, process: number, memory: Memory, to: number, at: Address<"SmallMessage">): number {
  const refused = checkFilled(kernel, process, memory, at);
  return refused !== Errno.ok ? refuse(kernel, process, refused, 0) : sendComposed(kernel, process, to, at);
}

/** 48 bytes that the process filled must lie in its memory, and carry only flags that it may set. 0, or invalidMessage. */
export function checkFilled(kernel: Kernel, process: number, memory: Memory, at: Address<"SmallMessage">): number {
  requireMessage(kernel, process, memory, at);
  const flags = SmallMessage.flags.get(memory, at);
  // Without the flag the word would look like a capability and be none.
  const stray = (flags & MessageFlag.hasCapability) === 0 && (SmallMessage.capability.low(memory, at) | SmallMessage.capability.high(memory, at)) !== 0;
  return stray ? Errno.invalidMessage : checkFlags(flags);
}

/** Room for a message in the process's memory, or a fault. */
export function requireMessage(kernel: Kernel, process: number, memory: Memory, at: number): void {
  if (!isSpan(at, SMALL_MESSAGE_BYTES, memory.bytes) || (at & 7) !== 0) raise(kernel.ram, kernel.processes.at(process), FaultCode.outside, at);
}

/** Sends what the kernel composed at `at` to a receiver that waits for it; or endpointBusy, wouldBlock. */
export function sendToWaiting(kernel: Kernel, process: number, to: number, at: number): number {
  const endpoint = decodeEndpoint(kernel, process, tokenAt(kernel, process, to));
  const status = endpoint < 0 ? endpoint : whetherWaiting(kernel, endpoint);
  return status !== Errno.ok ? refuse(kernel, process, status, to) : sendComposed(kernel, process, to, at);
}

/** Writes the header of a large message into the region and the small message that announces it. 0, or its refusal. */
export function composeLarge(kernel: Kernel, process: number, memory: Memory, at: Address<"SmallMessage">, opcode: number, region: number, offset: number, payloadBytes: number, checksum: number): number {
  const index = writableRegion(kernel, process, grantedRegion(kernel, process, region, Right.write, RegionKind.plain));
  if (index < 0) return refuse(kernel, process, index, 0);
  const status = writeLargeMessage(kernel.ram, kernel.regions.at(index), opcode, offset, payloadBytes, checksum);
  if (checksum !== 0) cross(kernel, process, Cost.checksum + (payloadBytes >> 3));
  if (status !== Errno.ok) return refuse(kernel, process, status, 0);
  compose(memory, at, opcode, MessageFlag.large, index, offset, payloadBytes, 0);
  return status;
}

/** Fills the process's outgoing message; a word that is no whole number below 2^53 is a fault. */
export function composeWords(kernel: Kernel, process: number, memory: Memory, at: Address<"SmallMessage">, opcode: number, data0: number, data1: number, data2: number, data3: number): void {
  requireWords(kernel, process, data0, data1, data2, data3);
  compose(memory, at, opcode, 0, data0, data1, data2, data3);
}

/** Lets the composed message at `at` carry the capability whose token lies at `capability` of the process's memory. */
export function carry(kernel: Kernel, process: number, at: Address<"SmallMessage">, capability: number): void {
  const { ram } = kernel;
  const token = tokenAt(kernel, process, capability) >> 2;
  const message = (ProcessRecord.arenaBase.get(ram, kernel.processes.at(process)) + at) as Address<"SmallMessage">;
  SmallMessage.capability.setWords(ram, message, ram.i32[token], ram.i32[token + 1]);
  SmallMessage.flags.set(ram, message, SmallMessage.flags.get(ram, message) | MessageFlag.hasCapability);
}

function requireWords(kernel: Kernel, process: number, data0: number, data1: number, data2: number, data3: number): void {
  if (!isWord(data0) || !isWord(data1) || !isWord(data2) || !isWord(data3)) raise(kernel.ram, kernel.processes.at(process), FaultCode.wideWord, 0);
}

function isWord(value: number): boolean {
  return value >= 0 && Number.isSafeInteger(value);
}

/** Keeps the composed message at `at` for a call when the handler returns: at most one a handler. */
export function prepareCall(kernel: Kernel, process: number, to: number, at: number): number {
  return prepare(kernel, process, to, at, Prepared.call);
}

/** The same for 48 bytes that the process filled, for a call or a sendWait. */
export function prepareFilled(kernel: Kernel, process: number, memory: Memory, to: number, at: Address<"SmallMessage">, prepared: number): number {
  const refused = checkFilled(kernel, process, memory, at);
  return refused !== Errno.ok ? refuse(kernel, process, refused, 0) : prepare(kernel, process, to, at, prepared);
}

/** Keeps the composed message at `at` for when the handler returns: at most one a handler. `prepared`: one of Prepared. */
export function prepare(kernel: Kernel, process: number, to: number, at: number, prepared: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  if (ProcessRecord.callEndpoint.get(ram, record) !== NONE || ProcessRecord.sleepTicks.get(ram, record) !== 0) return refuse(kernel, process, Errno.resourceBusy, 0);
  const token = tokenAt(kernel, process, to);
  const { callTarget } = kernel.seams;
  const endpoint = callTarget !== null && prepared === Prepared.call ? callTarget(kernel, process, token) : decodeEndpoint(kernel, process, token);
  if (endpoint < 0) return refuse(kernel, process, endpoint, to);
  const message = (ProcessRecord.arenaBase.get(ram, record) + at) as Address<"SmallMessage">;
  const sent = decodeSent(kernel, process, message);
  if (sent < 0) return refuse(kernel, process, sent, to);
  if (!rateAllows(kernel, process, message)) return refuse(kernel, process, Errno.rateLimitExceeded, endpoint);
  copySmall(ram, ProcessRecord.call.at(record), message);
  ProcessRecord.callEndpoint.set(ram, record, endpoint);
  ProcessRecord.prepared.set(ram, record, prepared);
  ProcessRecord.callGrant.set(ram, record, to);
  cross(kernel, process, 0);
  return Errno.ok;
}

/** Answers the call that the handler was run for. An answer to nobody is refused; a second one to the same call is a fault. */
export function replyToCaller(kernel: Kernel, process: number, status: number, data0: number, data1: number, data2: number, data3: number): number {
  return reply(kernel, process, 0, status, data0, data1, data2, data3);
}

/** The same, and the capability whose token lies at `capability` of the process's memory goes with it, minus GRANT. */
export function replyWithCapability(kernel: Kernel, process: number, status: number, capability: number, data0: number, data1: number, data2: number, data3: number): number {
  const sent = decodeGranted(kernel, process, tokenAt(kernel, process, capability));
  return sent < 0 ? refuse(kernel, process, sent, capability) : reply(kernel, process, sent, status, data0, data1, data2, data3);
}

/** `sent`: the address of a capability's slot, or 0. It goes with the answer before time passes: never the one without the other. */
function reply(kernel: Kernel, process: number, sent: number, status: number, data0: number, data1: number, data2: number, data3: number): number {
  const { ram } = kernel;
  const record = kernel.processes.at(process);
  const caller = ProcessRecord.caller.get(ram, record);
  const isMessage = ProcessRecord.delivery.get(ram, record) === Delivery.message;
  if (isMessage && caller === NONE && ProcessRecord.callerSequence.get(ram, record) !== 0) raise(ram, record, FaultCode.doubleReply, 0);
  if (caller === NONE || !isMessage) return refuse(kernel, process, Errno.invalidMessage, 0);
  requireWords(kernel, process, data0, data1, data2, data3);
  ProcessRecord.caller.set(ram, record, NONE);
  if (!awaitsReply(kernel, caller, ProcessRecord.callerSequence.get(ram, record))) return refuse(kernel, process, Errno.invalidMessage, caller);
  if (kernel.seams.answerCall !== null) kernel.seams.answerCall(kernel, caller, status | 0, data0, data1, data2, data3);
  else answer(kernel, caller, status | 0, data0, data1, data2, data3);
  if (sent !== 0) {
    const registers = ProcessRecord.registers.at(kernel.processes.at(caller));
    SmallMessage.flags.set(ram, registers, SmallMessage.flags.get(ram, registers) | MessageFlag.hasCapability);
    handOver(kernel, sent as SlotOfCapability, caller);
  }
  cross(kernel, process, Cost.reply);
  return Errno.ok;
}
