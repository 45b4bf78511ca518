/**
 * Processes: what the kernel remembers of each, and the few words by which all are scheduled. States and priorities are
 * VeridianOS's (upstream `process`, `sched`). Waiting is data: a blocked process is a record that says what it waits
 * for, never a suspended function.
 */

import type { Address } from "../hal/field.ts";
import { i32, nested, u64 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import { SmallMessage } from "./message.ts";

export const ProcessState = Object.freeze({ creating: 0, ready: 1, running: 2, blocked: 3, sleeping: 4, zombie: 5, dead: 6 });
export const PROCESS_STATE_NAMES = Object.freeze(["creating", "ready", "running", "blocked", "sleeping", "zombie", "dead"] as const);

/** A lower number runs first. */
export const Priority = Object.freeze({
  realTimeHigh: 0,
  realTimeNormal: 10,
  realTimeLow: 20,
  systemHigh: 30,
  systemNormal: 40,
  userHigh: 50,
  userNormal: 60,
  userLow: 70,
  idle: 99,
});
export type PriorityName = keyof typeof Priority;

/** What a blocked process waits for. */
export const Wait = Object.freeze({ nothing: 0, receive: 1, reply: 2 });

/** What lies in a process's IPC registers, still to be handled. */
export const Loaded = Object.freeze({ nothing: 0, message: 1, reply: 2 });

export const NONE = -1;

export const ProcessRecord = layout("ProcessRecord", 232, {
  state: i32,
  priority: i32,
  /** One of Wait. */
  waitsFor: i32,
  /** Order in which processes began to wait or became ready: first in, first out. */
  sequence: i32("identity"),
  /** Notification bits raised and not yet delivered. */
  bits: i32,
  /** Needs (by number) whose peer closed, not yet delivered. */
  closedNeeds: i32,
  /** 1 until the start handler has run. */
  starts: i32,
  /** One of Loaded: what `registers` holds. */
  loaded: i32,
  /** Endpoint that `registers` came through. */
  loadedEndpoint: i32,
  /** The caller that `registers` is a call of, and which of its calls; NONE if it was a plain message. */
  caller: i32,
  callerSequence: i32("identity"),
  /** Number of the call this process waits for the answer of. */
  callSequence: i32("identity"),
  /** The endpoint of a call that is made when the handler returns; NONE if there is none. */
  callEndpoint: i32,
  /** Endpoints this process may receive from: one bit each. */
  receives: i32,
  /** 1 once the running handler asked to exit. */
  exits: i32,
  /** Counts restarts. */
  generation: i32,
  arenaBase: i32,
  arenaBytes: i32,
  /** Where the allocator's arena begins in the process's memory, counted from arenaBase. */
  heapOffset: i32,
  stateOffset: i32,
  needCount: i32,
  /** One of FaultCode, and its argument, when a fault stopped the process. */
  faultCode: i32,
  faultArgument: i32,
  buffersHeld: i32("statistic"),
  buffersPeak: i32("statistic"),
  handled: i32("statistic"),
  cyclesUsed: u64("statistic"),
  /** Cycle at which the running handler exceeds its budget. */
  budgetEndCycle: u64("time"),
  /** The seven IPC registers. */
  registers: nested(SmallMessage),
  /** The message of the call that is made when the handler returns. */
  call: nested(SmallMessage),
  /** What the running handler was given: one of Delivery, and its bits or the number of a need. */
  delivery: i32("scratch"),
  deliveredBits: i32("scratch"),
  reserved: u64("scratch"),
});

/** Words about all processes and endpoints together. Masks have one bit per process or endpoint. */
export const KernelState = layout("KernelState", {
  readyProcesses: i32,
  /** Processes blocked in receive: these take messages in registers. */
  receivingProcesses: i32,
  /** Endpoints with something queued, and those with something urgent queued. */
  queuedEndpoints: i32,
  urgentEndpoints: i32,
  /** Next value of ProcessRecord.sequence and of queue slots. */
  nextSequence: i32("identity"),
  nextCallSequence: i32("identity"),
  running: i32,
  reserved1: i32("scratch"),
  /** Unique part of the next capability's id: 40 bits in two words. */
  nextCapabilityLow: i32("identity"),
  nextCapabilityHigh: i32("identity"),
  ipcFast: i32("statistic"),
  ipcQueued: i32("statistic"),
  refusals: i32("statistic"),
  replies: i32("statistic"),
  faults: i32("statistic"),
  reserved: i32("scratch"),
});

export type ProcessAddress = Address<"ProcessRecord">;
