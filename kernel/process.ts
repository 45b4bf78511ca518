/**
 * Processes: what the kernel remembers of each, and the few words by which all are scheduled. States and priorities are
 * VeridianOS's (upstream `process`, `sched`). Waiting is data: a blocked process is a record that says what it waits
 * for, never a suspended function.
 */

import type { Address } from "../hal/field.ts";
import { i32, nested, u64 } from "../hal/field.ts";
import { layout } from "../hal/layout.ts";
import { SmallMessage } from "./message.ts";
import { SeamRecord } from "./seams.ts";

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
export const Wait = Object.freeze({ nothing: 0, receive: 1, reply: 2, /** Room in a queue for its `call` message. */ room: 3 });

/** What lies in a process's IPC registers, still to be handled. */
export const Loaded = Object.freeze({ nothing: 0, message: 1, reply: 2, timeout: 3, sent: 4 });

/** The limit of a process's next or present wait: it has none, its handler asked for one, it is on the wheel. */
export const WaitTimer = Object.freeze({ none: 0, asked: 1, armed: 2 });

/** What happens to a prepared message (ProcessRecord.call) when the handler returns. */
export const Prepared = Object.freeze({ call: 0, sendWait: 1 });

/** Ticks that VeridianOS lets a process run before others of its priority. Here a turn is one handler run: see scheduler.ts. */
export const TIME_SLICE_TICKS = 10;

export const NONE = -1;

export const ProcessRecord = layout("ProcessRecord", {
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
  /** One of Prepared, and the grant that the message of callEndpoint goes by. */
  prepared: i32,
  callGrant: i32,
  /** The endpoint of the call whose answer, or the message for which room, it waits for; NONE if it waits for neither. */
  waitEndpoint: i32,
  /** One of WaitTimer. */
  waitTimer: i32,
  /** Sender of the message in `registers` and, if it is to be acknowledged, the sender's need that it went by. */
  loadedSender: i32,
  loadedNeed: i32,
  /** Needs (by number) with acknowledgements to deliver, and where their counts lie among all. */
  acknowledgedNeeds: i32,
  firstAcknowledgement: i32,
  /** Index of its RateRecord and of its BatchRecord; NONE if the manifest gives it none. */
  rate: i32,
  batch: i32,
  /** Endpoints this process may receive from: one bit each. */
  receives: i32,
  /** 1 once the running handler asked to exit. */
  exits: i32,
  /** Restarts so far: 0 in the process that boot made. */
  generation: i32,
  arenaBase: i32,
  arenaBytes: i32,
  /** Where the allocator's arena begins in the process's memory, counted from arenaBase. */
  heapOffset: i32,
  stateOffset: i32,
  needCount: i32,
  /** One of FaultCode, and its argument, of the last fault. A restart leaves them. */
  faultCode: i32,
  faultArgument: i32,
  buffersHeld: i32("statistic"),
  buffersPeak: i32("statistic"),
  /** Handler runs of all generations. */
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
  /** Of Delivery.ended: how the process ended. */
  deliveredDetail: i32("scratch"),
  /** Ticks that the running handler asked to sleep for; 0 if it did not. */
  sleepTicks: i32,
  /** Tick at which a sleeping process wakes. */
  deadlineTick: u64("time"),
  /** Until when the next wait may last, if a WaitTimer is asked for or armed. */
  waitDeadlineTick: u64("time"),
  /** Needs (by number) whose peer is back, and whose process has ended, not yet delivered. */
  reopenedNeeds: i32,
  endedNeeds: i32,
  /** How the last run ended: 0 by exit, else one of FaultCode. */
  endedCode: i32,
  /** What it is scheduled by: `priority`, less a level for each hundred ticks that it has been ready in vain. */
  rank: i32,
  /** Ticks that it has been ready and has not run. */
  waitedTicks: i32,
  /** Handler runs that took longer than the time slice. */
  longTurns: i32("statistic"),
  /** Other processes' endpoints that it receives from and that closed, not yet delivered: one bit each. */
  closedReceives: i32,
  /** Tick at which a process that chance holds (KernelState.heldProcesses) may run again; else 0. */
  heldUntilTick: i32("time"),
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
  /** Processes that sleep until a tick. */
  sleepingProcesses: i32,
  ipcFast: i32("statistic"),
  ipcQueued: i32("statistic"),
  refusals: i32("statistic"),
  /** Sends whose token was found in the cache, and those that were looked up. */
  cacheHits: i32("statistic"),
  cacheMisses: i32("statistic"),
  /** Waits that ended by time. */
  timeouts: i32("statistic"),
  /** Acknowledgements delivered. */
  acknowledged: i32("statistic"),
  replies: i32("statistic"),
  faults: i32("statistic"),
  /** Processes with a notice to take: one of closedReceives, closedNeeds, reopenedNeeds, endedNeeds. */
  noticedProcesses: i32,
  /** Which of the kernel's small parts are not its own: written at boot. */
  seams: nested(SeamRecord),
  /** Processes that do not run, whatever there is for them: chance holds them for a time (process/hold.ts). */
  heldProcesses: i32,
});

export type ProcessAddress = Address<"ProcessRecord">;
